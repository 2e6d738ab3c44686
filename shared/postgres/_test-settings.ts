/** To reach a test server. */
import type { DatabaseAddress } from '../config/database-address.ts';
import type { PostgresSettings } from './settings.ts';

export function testSettings(address: DatabaseAddress, more: Partial<PostgresSettings> = {}): PostgresSettings {
  const { host, port, database, user, password } = address;
  return {
    ...{ host, port, database, user, password },
    ...{ sslMode: 'disable', sslCa: undefined, statementTimeoutMs: 10_000, pool: 4 },
    ...more,
  };
}
