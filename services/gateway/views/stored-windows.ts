/**
 * Windows of one subject (a region, a content, a customer), newest first, read from the store page by page: there are
 * too many of them to be kept in memory.
 *
 * The keys of one subject differ in the start of the window only. Where windows are dense, those below a given start
 * are asked for by their keys, a few hundred at a time. Where that does not fill a page, all of the subject are asked
 * for at once: then they are few, or far back. Only if they are more than the server answers at once, a reader is
 * opened: that costs the server a consumer for half a minute, of which a stream may have a thousand.
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
import { readIfThere } from './optional-bucket.ts';
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
  /** That there are windows of the subject. */
  readonly isKnown?: boolean;
}

export interface WindowPage extends Page<string> {
  readonly isKnown: boolean;
}

type Window = readonly [start: string, text: string];

/** Keys asked for at a time: the server answers at most 1,024, and takes 1 MiB of keys. */
const KEYS_AT_A_TIME = 256;
/** Then the rest is not dense. */
const MOST_TIMES = 4;

/** JSON texts of the windows in the range. */
export async function newestWindows(log: Log, of: WindowsOf, range: KeyRange): Promise<WindowPage> {
  const kept = new NewestList<string>(range.limit + 1);
  let isKnown = false;
  for await (const [start, text] of allWindows(log, of)) {
    isKnown = true;
    if (isInRange(start, range)) kept.put(start, text);
  }
  return { ...kept.page({ limit: range.limit, accept: () => true }), isKnown };
}

/** The same, and cheap where there is a window of the subject in most of the time. */
export async function newestDenseWindows(log: Log, of: DenseWindows, range: KeyRange): Promise<WindowPage> {
  const found: Window[] = [];
  let at = firstStart(of, range);
  for (let times = 0; times < MOST_TIMES && at !== undefined && found.length <= range.limit; times++) {
    const starts = startsDownFrom(at, of.sizeMs, range);
    if (starts.length > 0) found.push(...(await readStarts(log, of, starts)));
    if (starts.length < KEYS_AT_A_TIME && (found.length > 0 || of.isKnown)) return pageOf(found, range.limit);
    at -= starts.length * of.sizeMs;
  }
  return found.length > range.limit ? pageOf(found, range.limit) : newestWindows(log, of, range);
}

function pageOf(found: readonly Window[], limit: number): WindowPage {
  const items = found.slice(0, limit).map(([, text]) => text);
  const next = found.length > limit ? found[limit - 1]?.[0] : undefined;
  return { items, isKnown: true, ...(next !== undefined && { next }) };
}

/** In no order. */
async function* allWindows(log: Log, { bucket, prefix }: WindowsOf): AsyncGenerator<Window> {
  try {
    yield* await readLast(log, { bucket, prefix }, [`${prefix}.*`]);
    return;
  } catch (error) {
    if (!isTooMany(error)) throw error;
  }
  const reading = storedEntries(log, { bucket, keys: [`${prefix}.*`], bulk: true });
  for (;;) {
    const { done, value } = await reading.next();
    if (!done) yield [value.key.slice(prefix.length + 1), value.text];
    else if (value) return;
    else throw unavailable(`The store ${bucket} did not answer in time: try again`);
  }
}

/** The server's answer to a question for more than 1,024 messages. */
export function isTooMany(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 413;
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

async function readStarts(log: Log, of: WindowsOf, starts: readonly string[]): Promise<Window[]> {
  const windows = await readLast(
    log,
    of,
    starts.map((start) => `${of.prefix}.${start}`),
  );
  return windows.sort(([a], [b]) => (a < b ? 1 : -1));
}

async function readLast(log: Log, { bucket, prefix }: WindowsOf, keys: readonly string[]): Promise<Window[]> {
  const subjects = keys.map((key) => keySubject(bucket, key));
  const read = await readIfThere(log, bucket, () => log.lastOfEach(bucketStream(bucket), subjects));
  if (read.kind === 'no-bucket') throw unavailable(`The ${bucket} service has not been started on this mesh yet`);
  const startOf = ({ subject }: StoredMessage) => subjectKey(bucket, subject).slice(prefix.length + 1);
  return read.value
    .filter((message) => !isDeleteMarker(message))
    .map((message): Window => [startOf(message), entryText(message)]);
}
