/**
 * Windows of one subject (a region, a content, a customer), newest first, read from the store page by page: there are
 * too many of them to be kept in memory.
 *
 * The keys of one subject differ in the start of the window only. Where windows are dense, the ones below a given start
 * are asked for by their keys, a few hundred at a time. Where that does not fill a page, all of the subject are read:
 * then they are few, or far back.
 *
 * Invariants (stored-windows.test.ts):
 * 1. A page holds the newest windows of the range, whichever way they were read, and whether there are more.
 * 2. `isKnown` is false only if the store has no window of the subject at all.
 */
import { compactTime, parseCompactTime } from '../../../shared/event-time/time-text.ts';
import type { Log, StoredMessage } from '../../../shared/log/log.ts';
import { bucketStream, keySubject, subjectKey } from '../../../shared/log/names.ts';
import { entryText, isDeleteMarker } from '../../../shared/store/entry.ts';
import { FIRST_KEY, type KeyRange } from '../http/paging.ts';
import { unavailable } from '../http/problem.ts';
import { NewestList, type Page } from './newest-list.ts';
import { storedEntries } from './stored-entries.ts';

export interface WindowsOf {
  readonly bucket: string;
  /** Up to the start of the window: `p07.window.5m.42`. */
  readonly prefix: string;
}

export interface DenseWindows extends WindowsOf {
  readonly sizeMs: number;
  /** Start of the newest window, ms; undefined: not known. */
  readonly newest: number | undefined;
}

export interface WindowPage extends Page<string> {
  readonly isKnown: boolean;
}

/** Keys asked for at a time: the server answers at most 1,024, and takes 1 MiB of keys. */
const KEYS_AT_A_TIME = 256;
/** Then the rest is not dense. */
const MOST_TIMES = 4;

/** JSON texts of the windows in the range. */
export async function newestWindows(log: Log, of: WindowsOf, range: KeyRange): Promise<WindowPage> {
  const kept = new NewestList<string>(range.limit + 1);
  let isKnown = false;
  const reading = storedEntries(log, { bucket: of.bucket, keys: [`${of.prefix}.*`], bulk: true });
  for (;;) {
    const { done, value } = await reading.next();
    if (done) {
      if (!value) throw unavailable(`The store ${of.bucket} did not answer in time: try again`);
      return { ...kept.page({ limit: range.limit, accept: () => true }), isKnown };
    }
    isKnown = true;
    const start = value.key.slice(of.prefix.length + 1);
    if (isInRange(start, range)) kept.put(start, value.text);
  }
}

/** The same, and cheap where there is a window of the subject in most of the time. */
export async function newestDenseWindows(log: Log, of: DenseWindows, range: KeyRange): Promise<WindowPage> {
  const found: [start: string, text: string][] = [];
  let at = firstStart(of, range);
  for (let times = 0; times < MOST_TIMES && at !== undefined && found.length <= range.limit; times++) {
    const starts = startsDownFrom(at, of.sizeMs, range);
    if (starts.length === 0) break;
    found.push(...(await readStarts(log, of, starts)));
    at -= starts.length * of.sizeMs;
  }
  if (found.length <= range.limit) return newestWindows(log, of, range);
  const items = found.slice(0, range.limit).map(([, text]) => text);
  return { items, next: found[range.limit - 1]?.[0] ?? '', isKnown: true };
}

function isInRange(start: string, { from, to, after }: KeyRange): boolean {
  return (
    (from === undefined || start >= from) && (to === undefined || start < to) && (after === undefined || start < after)
  );
}

/** The newest start that the range allows, ms. */
function firstStart({ newest, sizeMs }: DenseWindows, { to, after }: KeyRange): number | undefined {
  const bounds = [to, after].flatMap((key) => (key === undefined ? [] : [parseCompactTime(key) - 1]));
  if (newest === undefined) return undefined;
  return Math.floor(Math.min(newest, ...bounds) / sizeMs) * sizeMs;
}

function startsDownFrom(at: number, sizeMs: number, { from }: KeyRange): string[] {
  const least = parseCompactTime(from ?? FIRST_KEY);
  const starts: string[] = [];
  for (let start = at; start >= least && starts.length < KEYS_AT_A_TIME; start -= sizeMs)
    starts.push(compactTime(start));
  return starts;
}

async function readStarts(
  log: Log,
  { bucket, prefix }: WindowsOf,
  starts: readonly string[],
): Promise<[string, string][]> {
  const subjects = starts.map((start) => keySubject(bucket, `${prefix}.${start}`));
  const messages = await log.lastOfEach(bucketStream(bucket), subjects);
  const startOf = ({ subject }: StoredMessage) => subjectKey(bucket, subject).slice(prefix.length + 1);
  return messages
    .filter((message) => !isDeleteMarker(message))
    .map((message): [string, string] => [startOf(message), entryText(message)])
    .sort(([a], [b]) => (a < b ? 1 : -1));
}
