/** A migrated database of its own on a test server, and targets on it. */
import type { DatabaseAddress } from '../../shared/config/database-address.ts';
import type { Database } from '../../shared/postgres/database.ts';
import { migrateDatabase } from '../../shared/postgres/migrate.ts';
import type { PostgresSettings } from '../../shared/postgres/settings.ts';
import { kindOf } from './results.ts';
import { nameOf, ofBucket } from './statements.ts';

export function settingsOf(address: DatabaseAddress, more: Partial<PostgresSettings> = {}): PostgresSettings {
  return { ...address, sslMode: 'disable', sslCa: undefined, statementTimeoutMs: 10_000, pool: 4, ...more };
}

export async function migrated(address: DatabaseAddress): Promise<PostgresSettings> {
  const settings = settingsOf(address);
  await migrateDatabase(settings);
  return settings;
}

/** The rows that a key has, but for what tells nothing of the value; undefined: none. */
export async function readRows(database: Database, bucket: string, key: string): Promise<unknown> {
  const table = kindOf(bucket, key)?.table;
  if (!table) throw new Error(`Cannot read "${key}" of "${bucket}": no table has it`);
  const rows = await database.run<{ row: Record<string, unknown> }>(
    `SELECT to_jsonb(t) - 'updated_at' AS row FROM "${nameOf(table)}" AS t
     WHERE kv_key = $1::text AND $2::text IS NOT NULL${ofBucket(table, '', '$2::text')} ORDER BY t`,
    [key, bucket],
  );
  return rows.length === 0 ? undefined : rows.map(({ row }) => row);
}
