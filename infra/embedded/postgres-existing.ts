/** Checks the PostgreSQL that DATABASE_URL names: that it is there and that its changes can be captured. Starts nothing. */
import postgres from 'postgres';
import {
  clientOptions,
  type DatabaseAddress,
  databaseUrl,
  parseDatabaseUrl,
} from '../../shared/config/database-address.ts';
import { isAtLeast } from './semantic-version.ts';
import { never, type RunningServer } from './server-source.ts';
import { POSTGRES } from './versions.ts';

export interface ExistingPostgres extends RunningServer {
  readonly address: DatabaseAddress;
}

export async function usePostgres(url: string): Promise<ExistingPostgres> {
  const address = parseDatabaseUrl(url);
  const shown = databaseUrl(address);
  const { version, level } = await inspect(address).catch((cause: unknown) => {
    throw new Error(`Cannot reach DATABASE_URL="${shown}": start that server, or unset DATABASE_URL`, { cause });
  });
  if (!isAtLeast(version, POSTGRES.oldest))
    throw new Error(`Cannot use DATABASE_URL: PostgreSQL is "${version}", and "${POSTGRES.oldest}" or newer is needed`);
  if (level !== 'logical')
    throw new Error(
      `Cannot capture changes of DATABASE_URL="${shown}": its wal_level is "${level}"; set wal_level=logical there and restart it`,
    );
  const source = 'environment DATABASE_URL';
  return { url: shown, source, version, address, ended: never, close: async () => undefined };
}

async function inspect(address: DatabaseAddress): Promise<{ version: string; level: string }> {
  const sql = postgres({ ...clientOptions(address), max: 1, connect_timeout: 5 });
  try {
    const [row] = await sql<{ version: string; level: string }[]>`
      SELECT current_setting('server_version') AS version, current_setting('wal_level') AS level`;
    return row ?? { version: '0', level: 'unknown' };
  } finally {
    await sql.end();
  }
}
