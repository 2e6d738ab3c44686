/** A migrated database of its own on a test server, and targets on it. */
import type { DatabaseAddress } from '../../shared/config/database-address.ts';
import type { Database } from '../../shared/postgres/database.ts';
import { migrateDatabase } from '../../shared/postgres/migrate.ts';
import { testSettings } from '../../shared/postgres/_test-settings.ts';
import type { PostgresSettings } from '../../shared/postgres/settings.ts';
import { kindOf } from './results.ts';
import { nameOf, ofBucket } from './statements.ts';

export async function migrated(address: DatabaseAddress): Promise<PostgresSettings> {
  const settings = testSettings(address);
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
