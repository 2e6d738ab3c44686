/** The keys that a table holds of a bucket and that the bucket has not forgotten, page by page in the order of the keys. */
import type { PgTable } from 'drizzle-orm/pg-core';
import type { Database } from '../../shared/postgres/database.ts';
import { nameOf, ofBucket } from './statements.ts';

const PAGE = 5_000;

/** A table may have several rows of a key: of users, a row a segment. */
export async function* storedKeys(
  database: Database,
  table: PgTable,
  bucket: string,
  signal: AbortSignal,
): AsyncGenerator<string[]> {
  const text = `SELECT DISTINCT kv_key FROM "${nameOf(table)}"
WHERE kv_key > $2::text AND (expires_at IS NULL OR expires_at > to_timestamp($3::bigint / 1000.0))
  AND $1::text IS NOT NULL${ofBucket(table, '', '$1::text')}
ORDER BY kv_key LIMIT ${PAGE}`;
  for (let after = ''; ; ) {
    signal.throwIfAborted();
    const rows = await database.run<{ kv_key: string }>(text, [bucket, after, String(Date.now())], signal);
    const last = rows.at(-1);
    if (!last) return;
    yield rows.map(({ kv_key }) => kv_key);
    if (rows.length < PAGE) return;
    after = last.kv_key;
  }
}
