/**
 * The statements that write, one a kind of result and direction. Each is a transaction of its own: one round trip.
 *
 *     $1 bucket   $2 claim   $3 life   $4 the rows, as one JSON text
 *
 * Why JSON: to build, send and take apart one text costs the least in our process (infra/bench, row postgres-write), and
 * every number keeps its digits.
 *
 * Invariants (postgres-target.int.test.ts):
 * 1. Nothing is written unless the claim is held while it is: `fence` keeps the row of the position locked (KEY SHARE, so
 *    lanes do not wait for one another, nor for `save`) until the end; a claim waits for that.
 *    It answers `own`: 0 when the claim is not held.
 * 2. A row is replaced by a later version only, and deleted by the same version or a later one.
 * 3. A user's rows are replaced as one: those of segments that the document has not are gone.
 */
import { getTableConfig, type PgTable } from 'drizzle-orm/pg-core';
import { userSegments } from '../../shared/postgres/schema.ts';
import { columnsOf, primaryKeyOf, valueColumns } from './table-columns.ts';

/** Begins every statement that writes for a bucket. */
export const FENCE = `fence AS MATERIALIZED (
  SELECT bucket FROM weir_sink_positions WHERE bucket = $1::text AND claim = $2::bigint FOR KEY SHARE)`;
const OWN = 'SELECT count(*)::int AS own FROM fence';
const LATER = '(excluded.kv_life, excluded.kv_revision) > (t.kv_life, t.kv_revision)';

export interface Statements {
  readonly put: string;
  readonly remove: string;
}

const cache = new Map<PgTable, Statements>();

export function statementsOf(table: PgTable): Statements {
  let found = cache.get(table);
  if (!found) {
    found = { put: table === userSegments ? putUsers() : putRows(table), remove: removeRows(table) };
    cache.set(table, found);
  }
  return found;
}

function putRows(table: PgTable): string {
  const columns = columnsOf(table).filter(({ name }) => name !== 'kv_life' && name !== 'updated_at');
  const names = columns.map(({ name }) => quote(name));
  return `WITH ${FENCE}, put AS (
  INSERT INTO ${quote(nameOf(table))} AS t (${names.join(', ')}, kv_life, updated_at)
  SELECT ${names.map((name) => `i.${name}`).join(', ')}, $3::bigint, now()
  FROM fence, json_to_recordset($4::text::json) AS i(${columns.map(({ name, type }) => `${quote(name)} ${type}`).join(', ')})
  ${onConflict(table)})
${OWN}`;
}

function putUsers(): string {
  const own = valueColumns(userSegments).filter((name) => name !== 'user_id');
  const types = new Map(columnsOf(userSegments).map(({ name, type }) => [name, type]));
  return `WITH ${FENCE}, documents AS MATERIALIZED (
  SELECT d.* FROM fence, json_to_recordset($4::text::json)
    AS d(kv_key text, kv_revision bigint, expires_at timestamptz, user_id text, segment_ids text[], rows json)
  WHERE NOT EXISTS (SELECT FROM user_segments AS u
    WHERE u.kv_key = d.kv_key AND (u.kv_life, u.kv_revision) >= ($3::bigint, d.kv_revision))
), gone AS (
  DELETE FROM user_segments AS u USING documents AS d
  WHERE u.kv_key = d.kv_key AND u.segment_id <> ALL (d.segment_ids)
), put AS (
  INSERT INTO user_segments AS t (kv_key, kv_revision, expires_at, user_id, ${own.map(quote).join(', ')}, kv_life, updated_at)
  SELECT d.kv_key, d.kv_revision, d.expires_at, d.user_id, ${own.map((name) => `r.${quote(name)}`).join(', ')}, $3::bigint, now()
  FROM documents AS d, json_to_recordset(d.rows) AS r(${own.map((name) => `${quote(name)} ${types.get(name)}`).join(', ')})
  ${onConflict(userSegments)})
${OWN}`;
}

function onConflict(table: PgTable): string {
  const key = primaryKeyOf(table);
  const others = columnsOf(table).filter(({ name }) => !key.includes(name));
  const changes = others.map(({ name }) => `${quote(name)} = excluded.${quote(name)}`);
  return `ON CONFLICT (${key.map(quote).join(', ')}) DO UPDATE SET ${changes.join(', ')} WHERE ${LATER}`;
}

function removeRows(table: PgTable): string {
  return `WITH ${FENCE}, gone AS (
  DELETE FROM ${quote(nameOf(table))} AS t
  USING fence, json_to_recordset($4::text::json) AS d(kv_key text, kv_revision bigint)
  WHERE t.kv_key = d.kv_key${ofBucket(table, 't.', '$1::text')} AND ($3::bigint, d.kv_revision) >= (t.kv_life, t.kv_revision))
${OWN}`;
}

/** Where rows of several buckets share a table. */
export function ofBucket(table: PgTable, prefix: string, bucket: string): string {
  return columnsOf(table).some(({ name }) => name === 'bucket') ? ` AND ${prefix}bucket = ${bucket}` : '';
}

export function nameOf(table: PgTable): string {
  return getTableConfig(table).name;
}

function quote(name: string): string {
  return `"${name}"`;
}
