/**
 * The short way through a Debezium envelope in the layout the connectors write:
 *
 *   {"before":ROW,"after":ROW,"source":{"version":...,"connector":...,...},...,"op":"u",...}
 *
 * Parsing all of an envelope is most of the bridge's cost, and most of an envelope is `source`. So the rows are cut out
 * and parsed, and the rest is only checked, by a regular expression for flat JSON, which also takes what is needed of
 * `source` when that begins as every connector's does.
 *
 * Why the cuts are right: a row is cut at the first `}` that stands before `,"after":` or `,"source":{`. If the piece
 * parses, it is one whole object, so that brace closes the row. If a nested object or a string contains the mark,
 * the piece does not parse, and the caller takes the long way. What follows the rows must be JSON to the end and may
 * not name before, after or payload again.
 */
import type { Envelope } from './change.ts';
import type { MutableRow } from './json-text.ts';
import { NO_COMMIT, type Place, readSource, type Source } from './place.ts';
import { mayLack } from './unavailable.ts';

export interface ScannedEnvelope extends Envelope {
  /** False: there is no placeholder in the rows. */
  readonly mayLack: boolean;
}

const STRING = String.raw`"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"`;
const SCALAR = String.raw`(?:${STRING}|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|null|true|false)`;
const FLAT = String.raw`\{(?:${STRING}:${SCALAR}(?:,${STRING}:${SCALAR})*)?\}`;
const SEQUENCE = String.raw`"\[(?:\\"(\d{1,15})\\"|null),\\"(\d{1,15})\\"\]"`;
/** Fields of a connector's own: none of those that come first, which JSON.parse would take instead of them. */
const OWN_FIELD = String.raw`"(?!(?:connector|name|ts_ms|snapshot|sequence|ts_us)")\w+":${SCALAR}`;
const SOURCE =
  String.raw`\{"version":${STRING},"connector":(?:"(postgresql)"|${STRING})` +
  String.raw`,"name":"([^"\\\u0000-\u001f]*)","ts_ms":([1-9]\d{0,14})` +
  `,"snapshot":(?:"(false)"|${SCALAR}),"db":${SCALAR},"sequence":(?:${SEQUENCE}|${SCALAR})` +
  String.raw`(?:,"ts_us":([1-9]\d{0,15}))?(?:,${OWN_FIELD})*\}`;
const TIMES = String.raw`(?:,"ts_[mun]s":(?:0|-?[1-9]\d{0,18}))*`;
/** Groups: 1 postgresql, 2 name, 3 ts_ms, 4 false, 5 commit, 6 lsn, 7 ts_us, 8 a source of another layout, 9 op. */
const TAIL = new RegExp(
  `,"source":(?:${SOURCE}|(${FLAT}))(?:,"transaction":null)?${TIMES},"op":"([a-z])"` +
    String.raw`${TIMES}(?:,"transaction":(?:null|${FLAT}))?${TIMES}\}$`,
  'y',
);

/** undefined: not this layout, or not JSON; the caller parses all of it to learn which. */
export function scanEnvelope(text: string): ScannedEnvelope | undefined {
  if (!text.startsWith('{"before":')) return undefined;
  try {
    const beforeAt = '{"before":'.length;
    const beforeEnd = rowEnd(text, beforeAt, '},"after":');
    if (beforeEnd < 0 || !text.startsWith(',"after":', beforeEnd)) return undefined;
    const afterAt = beforeEnd + ',"after":'.length;
    const afterEnd = rowEnd(text, afterAt, '},"source":{');
    if (afterEnd < 0) return undefined;
    TAIL.lastIndex = afterEnd;
    const tail = TAIL.exec(text);
    if (!tail) return undefined;
    const op = tail[9] ?? '';
    const rows = text.slice(beforeAt, afterEnd);
    return {
      op,
      before: parseRow(text, beforeAt, beforeEnd),
      after: parseRow(text, afterAt, afterEnd),
      source: sourceIn(tail, op, rows),
      mayLack: mayLack(rows),
    };
  } catch {
    return undefined;
  }
}

/** What readSource makes of the same source (debezium-json.test.ts). */
function sourceIn(tail: RegExpExecArray, op: string, rows: string): Source | undefined {
  const [, postgres, origin, ms, streamed, commit, lsn, us, other] = tail;
  if (other !== undefined) return readSource(JSON.parse(other), op, rows);
  const writtenMs = Number(ms);
  const isPlaced = postgres !== undefined && streamed !== undefined && lsn !== undefined && origin !== undefined;
  const place: Place | undefined = isPlaced
    ? {
        origin,
        commit: commit === undefined ? NO_COMMIT : Number(commit),
        lsn: Number(lsn),
        us: us === undefined ? writtenMs * 1000 : Number(us),
        op,
        rows,
      }
    : undefined;
  return { writtenMs, place };
}

/** Just behind the row that starts here (`null` or an object that ends where the mark begins); negative: neither. */
function rowEnd(text: string, at: number, mark: string): number {
  if (text.startsWith('null', at)) return at + 'null'.length;
  if (text[at] !== '{') return -1;
  const brace = text.indexOf(mark, at);
  return brace < 0 ? -1 : brace + 1;
}

function parseRow(text: string, at: number, end: number): MutableRow | null {
  return JSON.parse(text.slice(at, end)) as MutableRow | null; // it starts with `{` or is `null`
}
