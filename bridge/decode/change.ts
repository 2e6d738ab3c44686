/**
 * A Debezium record as plain values, whatever the format it came in: what kind of record it is, and its rows.
 *
 * Owns: telling envelopes, flattened rows (ExtractNewRecordState), and control records apart; filling in what a change
 * left out; when and where it was made. Does not own: bytes (debezium-json.ts, debezium-avro.ts), what the columns mean
 * (models/), what a change amounts to (changes.ts).
 *
 * Invariants (tested in change.test.ts):
 * 1. What connectors send beside changes (transactions, heartbeats, schema changes) is `control`, and never refused.
 * 2. A flattened row says by `__op` and `__deleted` what it is; one that says neither may be an update.
 */
import type { RowTypes } from './connect-schema.ts';
import { DataError, quoted } from './data-error.ts';
import { isObject, type JsonObject, type MutableRow } from './json-text.ts';
import { type Place, readFlatSource, readSource, type Source } from './place.ts';
import { convertRow, type RowShape } from './row-shape.ts';
import { fillUnavailable, type Lacking, type Members } from './unavailable.ts';

export interface RowChange {
  readonly kind: 'change';
  /** `c` create, `r` read by a snapshot, `u` update, `d` delete. */
  readonly op: 'c' | 'r' | 'u' | 'd';
  readonly before: JsonObject | null;
  readonly after: JsonObject | null;
  readonly types: RowTypes | undefined;
  /** When the database made the change, ms. */
  readonly writtenMs: number | undefined;
  readonly place: Place | undefined;
  readonly lacking: Lacking | undefined;
}

export type Change =
  | RowChange
  | { readonly kind: 'truncate'; readonly place: Place | undefined }
  | { readonly kind: 'tombstone' }
  /** A logical decoding message (`m`): no row. */
  | { readonly kind: 'message' }
  /** What a connector says of itself: transaction boundaries, heartbeats, schema changes. */
  | { readonly kind: 'control' }
  /** A message that is no change of a row: it stands for itself. */
  | { readonly kind: 'plain'; readonly values: JsonObject; readonly types: RowTypes | undefined };

export interface Envelope {
  readonly op: string;
  readonly before: MutableRow | null;
  readonly after: MutableRow | null;
  readonly source: Source | undefined;
}

/** What the readers of a topic's records know of it. */
export interface Reading {
  readonly members: Members;
  readonly shape: RowShape;
  /** False: there is no placeholder in the rows. */
  readonly mayLack: boolean;
}

/** A whole record without its `{schema, payload}` wrapper. */
export function changeIn(document: unknown, reading: Reading): Change {
  if (document === null) return { kind: 'tombstone' };
  if (!isObject(document)) throw new DataError('malformed', `Cannot read ${quoted(document)}: not a change event`);
  if (isEnvelope(document)) return changeOf(envelopeIn(document), reading);
  if (isControl(document)) return { kind: 'control' };
  if (isObject(document.after) || isObject(document.before))
    throw new DataError('malformed', 'Cannot read the change event: it has no "op"; check the connector\'s transforms');
  return flatChange(document, reading);
}

function isEnvelope(document: JsonObject): boolean {
  return typeof document.op === 'string' && ('after' in document || 'before' in document || isObject(document.source));
}

function envelopeIn(document: JsonObject): Envelope {
  const op = String(document.op);
  const [before, after] = [rowIn(document, 'before'), rowIn(document, 'after')];
  return { op, before, after, source: readSource(document.source, op, [before, after]) };
}

function rowIn(envelope: JsonObject, side: 'before' | 'after'): MutableRow | null {
  const value = envelope[side] ?? null;
  if (value === null || isObject(value)) return value;
  const hint = typeof value === 'string' ? '; MongoDB documents come as text, and are not supported' : '';
  throw new DataError('malformed', `Cannot read "${side}" ${quoted(value)}: expected a row or null${hint}`);
}

/** Hot path. */
export function changeOf({ op, before, after, source }: Envelope, { members, shape, mayLack }: Reading): Change {
  const place = source?.place;
  switch (op) {
    case 'c':
    case 'r':
    case 'u':
      if (after === null) throw new DataError('malformed', `Cannot read the change event: op "${op}" without "after"`);
      break;
    case 'd':
      break;
    case 't':
      return { kind: 'truncate', place };
    case 'm':
      return { kind: 'message' };
    default:
      throw new DataError('malformed', `Cannot read the change event: op ${quoted(op)} is none of c, r, u, d, t, m`);
  }
  const lacking = mayLack ? fillUnavailable(members, before, after) : undefined;
  convertRow(shape, before);
  convertRow(shape, after);
  const { types } = shape;
  return { kind: 'change', op, before, after, types, writtenMs: source?.writtenMs, place, lacking };
}

/** A row that is deleted keeps its last values (`delete.tombstone.handling.mode=rewrite`): they are what it was. */
function flatChange(row: MutableRow, reading: Reading): Change {
  const isDeleted = row.__deleted === 'true' || row.__deleted === true;
  const op = isDeleted ? 'd' : (row.__op ?? 'u');
  if (typeof op !== 'string' || !['c', 'r', 'u', 'd'].includes(op))
    throw new DataError('malformed', `Cannot read the flattened row: __op ${quoted(op)} is none of c, r, u, d`);
  const source = readFlatSource(row, op);
  const [before, after] = op === 'd' ? [row, null] : [null, row];
  return changeOf({ op, before, after, source }, reading);
}

const TRANSACTION = new Set(['status', 'id', 'event_count', 'data_collections', 'ts_ms', 'ts_us', 'ts_ns']);
const HEARTBEAT = new Set(['ts_ms', 'ts_us', 'ts_ns']);

function isControl(document: JsonObject): boolean {
  const names = Object.keys(document);
  if (document.status === 'BEGIN' || document.status === 'END')
    return 'event_count' in document && names.every((name) => TRANSACTION.has(name));
  if ('ts_ms' in document && names.every((name) => HEARTBEAT.has(name))) return true;
  return isObject(document.source) && 'ddl' in document && ('tableChanges' in document || 'databaseName' in document);
}
