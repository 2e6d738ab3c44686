/**
 * Debezium change events as JSON, with and without the `{schema, payload}` wrapper.
 *
 * Owns: finding op, before and after. Does not own: what the columns mean (models/).
 *
 * Invariants (tested in debezium-json.test.ts):
 * 1. A value decodes the same by the short way (`scanEnvelope`) and by parsing all of it; what is not JSON as a whole
 *    is refused by both.
 * 2. null, an empty value, the text `null` and a null payload are tombstones.
 */
import { type RowTypes, rowTypes } from './connect-schema.ts';
import { DataError, quoted } from './data-error.ts';
import { isObject, type JsonObject, parseText } from './json-text.ts';
import { type Envelope, scanEnvelope } from './scan-envelope.ts';

export interface RowChange {
  readonly kind: 'change';
  /** `c` create, `r` read by a snapshot, `u` update, `d` delete. */
  readonly op: 'c' | 'r' | 'u' | 'd';
  readonly before: JsonObject | null;
  readonly after: JsonObject | null;
  readonly types: RowTypes | undefined;
}

export type Change =
  | RowChange
  | { readonly kind: 'tombstone' }
  | { readonly kind: 'truncate' }
  /** A logical decoding message (`m`): no row. */
  | { readonly kind: 'message' };

/** `exact`: integers beyond 2^53 as bigint (slower). Throws DataError. */
export function decodeDebezium(text: string, exact: boolean): Change {
  if (text === '' || text === 'null') return { kind: 'tombstone' };
  const wrapped = text.startsWith('{"schema":{') ? unwrap(text) : undefined;
  const payload = wrapped?.payload ?? text;
  if (payload === 'null') return { kind: 'tombstone' };
  const scanned = exact ? undefined : scanEnvelope(payload);
  if (scanned) return change(scanned, wrapped?.types);
  return fromDocument(parseText(text, exact));
}

function fromDocument(document: unknown): Change {
  if (document === null) return { kind: 'tombstone' };
  if (!isObject(document)) throw new DataError('malformed', `Cannot read ${quoted(document)}: not a change event`);
  if (document.payload === undefined || document.op !== undefined) return fromEnvelope(document, undefined);
  if (document.payload === null) return { kind: 'tombstone' };
  if (!isObject(document.payload))
    throw new DataError('malformed', `Cannot read payload ${quoted(document.payload)}: not a change event`);
  return fromEnvelope(document.payload, rowTypes(document.schema));
}

function fromEnvelope(envelope: JsonObject, types: RowTypes | undefined): Change {
  const { op } = envelope;
  if (typeof op !== 'string')
    throw new DataError(
      'malformed',
      'Cannot read the change event: it has no "op"; if the connector flattens rows, use decoder "json" for this topic',
    );
  return change({ op, before: row(envelope, 'before'), after: row(envelope, 'after') }, types);
}

function row(envelope: JsonObject, side: 'before' | 'after'): JsonObject | null {
  const value = envelope[side] ?? null;
  if (value !== null && !isObject(value))
    throw new DataError('malformed', `Cannot read "${side}" ${quoted(value)}: expected a row or null`);
  return value;
}

function change({ op, before, after }: Envelope, types: RowTypes | undefined): Change {
  switch (op) {
    case 'c':
    case 'r':
    case 'u':
      if (after === null) throw new DataError('malformed', `Cannot read the change event: op "${op}" without "after"`);
      return { kind: 'change', op, before, after, types };
    case 'd':
      return { kind: 'change', op, before, after, types };
    case 't':
      return { kind: 'truncate' };
    case 'm':
      return { kind: 'message' };
    default:
      throw new DataError('malformed', `Cannot read the change event: op ${quoted(op)} is none of c, r, u, d, t, m`);
  }
}

/** The last schema seen: a topic's records all embed the same one, and parsing it costs more than the row. */
let known: { readonly text: string; readonly types: RowTypes | undefined } = { text: '', types: undefined };

/**
 * Splits `{"schema":{...},"payload":...}` without parsing the payload. undefined: it is laid out otherwise.
 * The cut is right when what lies before it parses: one whole object, so its last brace closes the schema.
 */
function unwrap(text: string): { types: RowTypes | undefined; payload: string } | undefined {
  const end = text.indexOf('},"payload":');
  if (end < 0 || !text.endsWith('}')) return undefined;
  const schema = text.slice('{"schema":'.length, end + 1);
  if (schema !== known.text) {
    try {
      known = { text: schema, types: rowTypes(JSON.parse(schema)) };
    } catch {
      return undefined;
    }
  }
  return { types: known.types, payload: text.slice(end + '},"payload":'.length, -1) };
}
