/**
 * The short way through a Debezium envelope in the layout the connectors write:
 *
 *   {"before":ROW,"after":ROW,"source":{...},...,"op":"u",...}
 *
 * Parsing all of an envelope is most of the bridge's cost, and most of an envelope is `source`, which nobody reads.
 * So the rows are cut out and parsed, and the rest is only checked: by a regular expression for flat JSON.
 *
 * Why the cuts are right: a row is cut at the first `}` that stands before `,"after":` or `,"source":{`. If the piece
 * parses, it is one whole object, so that brace closes the row. If a nested object or a string contains the mark,
 * the piece does not parse, and the caller takes the long way. What follows the rows must be JSON to the end and may
 * not name before, after or payload again.
 */
import type { JsonObject } from './json-text.ts';

export interface Envelope {
  readonly op: string;
  readonly before: JsonObject | null;
  readonly after: JsonObject | null;
}

const STRING = String.raw`"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"`;
const SCALAR = String.raw`(?:${STRING}|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|null|true|false)`;
const FLAT = String.raw`\{(?:${STRING}:${SCALAR}(?:,${STRING}:${SCALAR})*)?\}`;
const TAIL = new RegExp(
  String.raw`,"source":${FLAT}(?:,"transaction":null)?(?:,"ts_[mun]s":-?\d{1,19})*,"op":"([a-z])"` +
    String.raw`(?:,"ts_[mun]s":-?\d{1,19})*(?:,"transaction":(?:null|${FLAT}))?(?:,"ts_[mun]s":-?\d{1,19})*\}$`,
  'y',
);

/** undefined: not this layout, or not JSON; the caller parses all of it to learn which. */
export function scanEnvelope(text: string): Envelope | undefined {
  if (!text.startsWith('{"before":')) return undefined;
  try {
    const beforeAt = '{"before":'.length;
    const beforeEnd = rowEnd(text, beforeAt, '},"after":');
    if (beforeEnd < 0 || !text.startsWith(',"after":', beforeEnd)) return undefined;
    const afterAt = beforeEnd + ',"after":'.length;
    const afterEnd = rowEnd(text, afterAt, '},"source":{');
    if (afterEnd < 0) return undefined;
    TAIL.lastIndex = afterEnd;
    const op = TAIL.exec(text)?.[1];
    if (op === undefined) return undefined;
    return { op, before: parseRow(text, beforeAt, beforeEnd), after: parseRow(text, afterAt, afterEnd) };
  } catch {
    return undefined;
  }
}

/** Just behind the row that starts here (`null` or an object that ends where the mark begins); negative: neither. */
function rowEnd(text: string, at: number, mark: string): number {
  if (text.startsWith('null', at)) return at + 'null'.length;
  if (text[at] !== '{') return -1;
  const brace = text.indexOf(mark, at);
  return brace < 0 ? -1 : brace + 1;
}

function parseRow(text: string, at: number, end: number): JsonObject | null {
  return JSON.parse(text.slice(at, end)) as JsonObject | null; // it starts with `{` or is `null`
}
