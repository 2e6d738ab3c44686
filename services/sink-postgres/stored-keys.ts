/**
 * The keys that a table holds of a bucket's stream and that the bucket has not forgotten, page by page in the order of the
 * keys.
 *
 * Rows of the bucket from before it was made anew are history, and not among them. They are left out of what a page was
 * read for, not of its reading: however many there are, a statement reads no more than a page.
 */
import type { PgTable } from 'drizzle-orm/pg-core';
import type { Database } from '../../shared/postgres/database.ts';
import { nameOf, ofBucket } from './statements.ts';

const PAGE = 5_000;

/** A table may have several rows of a key: of users, a row a segment. `since`: the first life of the stream. */
export async function* storedKeys(
  database: Database,
  table: PgTable,
  bucket: string,
  since: number,
  signal: AbortSignal,
): AsyncGenerator<string[]> {
  const text = `SELECT kv_key, bool_or(kv_life >= $4::bigint
  AND (expires_at IS NULL OR expires_at > to_timestamp($3::bigint / 1000.0))) AS is_there
FROM "${nameOf(table)}" WHERE kv_key > $2::text AND $1::text IS NOT NULL${ofBucket(table, '', '$1::text')}
GROUP BY kv_key ORDER BY kv_key LIMIT ${PAGE}`;
  for (let after = ''; ; ) {
    signal.throwIfAborted();
    const parameters = [bucket, after, String(Date.now()), String(since)];
    const rows = await database.run<{ kv_key: string; is_there: boolean }>(text, parameters, signal);
    const last = rows.at(-1);
    if (!last) return;
    yield rows.filter(({ is_there }) => is_there).map(({ kv_key }) => kv_key);
    if (rows.length < PAGE) return;
    after = last.kv_key;
  }
}
