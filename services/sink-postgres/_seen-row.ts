/**
 * Whether the rows of a key are its value, by the members themselves: it does not go through the code that makes rows.
 */
import type { Database } from '../../shared/postgres/database.ts';
import { isDeepStrictEqual } from 'node:util';
import { kindOf } from './results.ts';
import { nameOf, ofBucket } from './statements.ts';

type Members = Readonly<Record<string, unknown>>;

const OF_THE_SINK = new Set(['kv_key', 'kv_life', 'kv_revision', 'expires_at', 'updated_at', 'bucket', 'window_type']);
/** Members that have other names in the table. */
const HOURLY = { revenue: 'total_sales', avg_order_value: 'average_order_value' } as const;
const SEGMENT = { window_start: 'windowStart', window_end: 'windowEnd', rule_id: 'ruleId' } as const;

export interface SeenRow extends Members {
  readonly kv_key: string;
}

/** All rows of a bucket, by key. */
export async function seenRows(
  database: Database,
  bucket: string,
  keys: readonly string[],
): Promise<Map<string, SeenRow[]>> {
  const tables = new Map(keys.map((key) => [kindOf(bucket, key)?.table, key]));
  const found = new Map<string, SeenRow[]>();
  for (const [table] of tables) {
    if (!table) continue;
    const rows = await database.run<SeenRow>(
      `SELECT * FROM "${nameOf(table)}" WHERE $1::text IS NOT NULL${ofBucket(table, '', '$1::text')}`,
      [bucket],
    );
    for (const row of rows) {
      const ofKey = found.get(row.kv_key);
      if (ofKey) ofKey.push(row);
      else found.set(row.kv_key, [row]);
    }
  }
  return found;
}

/** Why they are not; undefined: they are. */
export function differenceOf(key: string, value: Members, rows: readonly SeenRow[]): string | undefined {
  if (key.includes('.user.')) return differenceOfUser(value, rows);
  const [row] = rows;
  if (!row || rows.length > 1) return `there are ${rows.length} rows`;
  if (key.endsWith('.rules')) {
    const ids = (of: unknown, name: string) => (Array.isArray(of) ? of.map((one) => one[name]) : of);
    const isSame = Number(row.version) === value.version;
    return isSame && isDeepStrictEqual(ids(row.document, 'segment_id'), ids(value.segments, 'id'))
      ? undefined
      : `version ${row.version}, not ${value.version}`;
  }
  return differenceOfMembers(row, value, key.includes('.hourly.') ? HOURLY : {});
}

function differenceOfUser({ user_id, segments }: Members, rows: readonly SeenRow[]): string | undefined {
  const wanted = Object(segments) as Record<string, Members>;
  const ids = rows.map((row) => String(row.segment_id)).toSorted();
  if (!isDeepStrictEqual(ids, Object.keys(wanted).toSorted())) return `segments ${ids}, not ${Object.keys(wanted)}`;
  for (const row of rows) {
    const result = { ...wanted[String(row.segment_id)], segment_id: row.segment_id, user_id };
    const difference = differenceOfMembers(row, result, SEGMENT);
    if (difference) return `segment ${row.segment_id}: ${difference}`;
  }
  return undefined;
}

function differenceOfMembers(
  row: SeenRow,
  value: Members,
  names: Readonly<Record<string, string>>,
): string | undefined {
  for (const [column, seen] of Object.entries(row)) {
    if (OF_THE_SINK.has(column)) continue;
    const wanted = value[names[column] ?? column] ?? null;
    if (!isSame(seen, wanted)) return `${column} is ${JSON.stringify(seen)}, not ${JSON.stringify(wanted)}`;
  }
  return undefined;
}

/** numeric and bigint come as text, with the very digits; times as dates. */
function isSame(seen: unknown, wanted: unknown): boolean {
  if (seen instanceof Date) return typeof wanted === 'string' && seen.getTime() === Date.parse(wanted);
  if (typeof wanted === 'number') return seen === String(wanted) || seen === wanted;
  return isDeepStrictEqual(seen, wanted);
}
