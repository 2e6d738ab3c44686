/**
 * Debezium records as JSON, with and without the `{schema, payload}` wrapper.
 *
 * Owns: finding the record in its wrapper, by the short way where there is one. Does not own: what kind of record it is
 * (change.ts).
 *
 * Invariants (tested in debezium-json.test.ts):
 * 1. A value decodes the same by the short way (`scanEnvelope`) and by parsing all of it; what is not JSON as a whole
 *    is refused by both.
 * 2. null, an empty value, the text `null` and a null payload are tombstones.
 */
import { type Change, changeIn, changeOf } from './change.ts';
import { rowTypes } from './connect-schema.ts';
import { DataError, quoted } from './data-error.ts';
import { isObject, type JsonObject, parseText } from './json-text.ts';
import { NO_SHAPE, type RowShape, rowShape } from './row-shape.ts';
import { scanEnvelope } from './scan-envelope.ts';
import { type Members, mayLack } from './unavailable.ts';

const SCHEMA = '{"schema":';
const PAYLOAD = ',"payload":';

export class DebeziumJson {
  readonly #members: Members;
  /** The last schema: a topic's records all embed the same one, and parsing it costs more than the row. */
  #known: { readonly head: string; readonly shape: RowShape } = { head: '', shape: NO_SHAPE };

  /** `members`: the names of the columns that are read. */
  constructor(members: Members) {
    this.#members = members;
  }

  /** `exact`: integers beyond 2^53 as bigint (slower). Throws DataError. Hot path. */
  read(text: string, exact: boolean): Change {
    if (text === '' || text === 'null') return { kind: 'tombstone' };
    const at = exact ? -1 : this.#payloadAt(text);
    if (at < 0) return this.#readAll(text, exact);
    const payload = at === 0 ? text : text.slice(at, -1);
    if (payload === 'null') return { kind: 'tombstone' };
    const shape = at === 0 ? NO_SHAPE : this.#known.shape;
    const scanned = scanEnvelope(payload);
    if (scanned) return changeOf(scanned, { members: this.#members, shape, mayLack: scanned.mayLack });
    const document = at === 0 ? undefined : parsed(payload);
    if (document === undefined) return this.#readAll(text, exact);
    return changeIn(document, { members: this.#members, shape, mayLack: mayLack(payload) });
  }

  #readAll(text: string, exact: boolean): Change {
    const { payload, schema } = unwrapped(parseText(text, exact));
    const shape = rowShape(rowTypes(schema), this.#members);
    return changeIn(payload, { members: this.#members, shape, mayLack: mayLack(text) });
  }

  /**
   * Where the payload of `{"schema":{...},"payload":...}` begins; 0 without a wrapper, negative when laid out otherwise.
   * The cut is right when what lies before it parses: one whole object, so its last brace closes the schema.
   */
  #payloadAt(text: string): number {
    if (!text.startsWith('{"schema":{')) return 0;
    if (!text.endsWith('}')) return -1;
    const { head } = this.#known;
    if (head !== '' && text.slice(0, head.length) === head) return head.length; // startsWith goes character by character
    const end = text.indexOf(`}${PAYLOAD}`);
    if (end < 0) return -1;
    const shape = shapeOf(text.slice(SCHEMA.length, end + 1), this.#members);
    if (!shape) return -1;
    const at = end + 1 + PAYLOAD.length;
    this.#known = { head: text.slice(0, at), shape };
    return at;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function shapeOf(schema: string, members: Members): RowShape | undefined {
  try {
    return rowShape(rowTypes(JSON.parse(schema)), members);
  } catch {
    return undefined;
  }
}

/** A record without its wrapper: an object that has `payload`, and at most `schema` beside it. */
export function unwrapped(document: unknown): { readonly payload: unknown; readonly schema: unknown } {
  if (!isObject(document) || !isWrapper(document)) return { payload: document, schema: undefined };
  const { payload, schema } = document;
  if (payload === null || isObject(payload)) return { payload, schema };
  throw new DataError('malformed', `Cannot read payload ${quoted(payload)}: not a change event`);
}

function isWrapper(document: JsonObject): boolean {
  return 'payload' in document && Object.keys(document).every((name) => name === 'payload' || name === 'schema');
}
