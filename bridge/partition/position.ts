/**
 * Where a Kafka partition stands in the log: what a bridge that takes it over needs to know.
 *
 * The log itself is the offset store. Every data frame says which Kafka offsets it holds, and every progress frame
 * up to which offset everything is in the log; so what is already there is skipped, and nothing is kept beside it
 * but a copy for the day when retention has emptied the progress subject.
 */
import { PARTITIONS } from '../../shared/events/partition.ts';
import type { Progress } from '../../shared/log/frame.ts';
import { type Log, OFFSETS_HEADER, type StoredMessage } from '../../shared/log/log.ts';
import {
  bucketStream,
  dataSubject,
  EVENTS,
  keySubject,
  MESH,
  progressSubject,
  topicTokens,
} from '../../shared/log/names.ts';
import { readEntry } from '../../shared/store/entry.ts';
import { quoted } from '../decode/data-error.ts';
import { isObject } from '../decode/json-text.ts';
import { BEFORE_FIRST } from '../../shared/kafka/record.ts';
import type { RecordMark } from '../record/record-mark.ts';
import type { Source } from '../../shared/kafka/source.ts';

/** The end of one data subject. */
export interface Tail {
  /** Sequence of its last frame; 0: there is none. */
  readonly seq: number;
  /** Kafka offset of the last record in it. */
  readonly to: number;
}

export interface Position {
  /** By mesh partition. */
  readonly tails: readonly Tail[];
  /** Sequence of the last progress frame; 0: there is none. */
  readonly progressSeq: number;
  readonly progress: Progress;
}

export async function loadPosition(log: Log, source: Source): Promise<Position> {
  const { topic, partition } = source;
  const progressAt = progressSubject(topic, partition);
  const subjects = PARTITIONS.map((name) => dataSubject(topic, name, partition));
  const last = new Map<string, StoredMessage>();
  for (const message of await log.lastOfEach(EVENTS, [...subjects, progressAt])) last.set(message.subject, message);
  const stored = last.get(progressAt);
  const progress = stored ? parseProgress(stored) : {};
  return {
    tails: subjects.map((subject) => tailOf(last.get(subject))),
    progressSeq: stored?.seq ?? 0,
    progress: progress.offset === undefined ? { ...(await readFallback(log, source)), ...progress } : progress,
  };
}

/** The end of a data subject by its last frame. */
export function tailOf(message: StoredMessage | undefined): Tail {
  if (!message) return { seq: 0, to: BEFORE_FIRST };
  const header = message.header(OFFSETS_HEADER);
  const to = /^\d+-(\d+)$/.exec(header ?? '')?.[1];
  if (to === undefined)
    throw new Error(`Cannot continue "${message.subject}": its last frame has ${OFFSETS_HEADER} "${header}"`);
  return { seq: message.seq, to: Number(to) };
}

export function parseProgress(message: StoredMessage): Progress {
  return readProgress(JSON.parse(new TextDecoder().decode(message.payload)), message.subject);
}

/** The key in bucket `mesh` that holds a copy of the progress. */
export function fallbackKey({ topic, partition }: Source): string {
  return `bridge.${topicTokens(topic)}.k${partition}`;
}

/** Copies the progress beside the log, unless a newer copy is there. A lost race leaves the other's copy: as good. */
export async function writeFallback(log: Log, source: Source, progress: Progress): Promise<void> {
  const subject = keySubject(MESH, fallbackKey(source));
  const last = await log.last(bucketStream(MESH), subject);
  if (last && (parseProgress(last).offset ?? BEFORE_FIRST) >= (progress.offset ?? BEFORE_FIRST)) return;
  await log.append(subject, JSON.stringify(progress), { expectedLast: last?.seq ?? 0 });
}

async function readFallback(log: Log, source: Source): Promise<Progress> {
  const copy = await readEntry<unknown>(log, MESH, fallbackKey(source));
  return copy === undefined ? {} : readProgress(copy, fallbackKey(source));
}

/** Checks what a progress frame says; `where` is for the error. */
function readProgress(value: unknown, where: string): Progress {
  if (!isObject(value)) throw badProgress(where, value);
  const { idle, kind } = value;
  if (idle !== undefined && typeof idle !== 'boolean') throw badProgress(where, idle);
  if (kind !== undefined && typeof kind !== 'string') throw badProgress(where, kind);
  const offset = wholeNumber(value.offset, where);
  const watermark = wholeNumber(value.watermark, where);
  const dlq = wholeNumber(value.dlq, where);
  const mark = value.mark === undefined ? undefined : readMark(value.mark, where);
  const missing = value.missing === undefined ? undefined : readRanges(value.missing, where);
  const counts = value.counts === undefined ? undefined : readCounts(value.counts, where);
  return {
    ...(offset !== undefined && { offset }),
    ...(watermark !== undefined && { watermark }),
    ...(idle !== undefined && { idle }),
    ...(dlq !== undefined && { dlq }),
    ...(kind !== undefined && { kind }),
    ...(mark !== undefined && { mark }),
    ...(missing !== undefined && { missing }),
    ...(value.replays !== undefined && { replays: value.replays }),
    ...(counts !== undefined && { counts }),
  };
}

function readMark(value: unknown, where: string): RecordMark {
  if (!isObject(value)) throw badProgress(where, value);
  const [offset, ms, crc] = [value.offset, value.ms, value.crc].map((part) => wholeNumber(part, where));
  if (offset === undefined || ms === undefined || crc === undefined) throw badProgress(where, value);
  return { offset, ms, crc };
}

function readRanges(value: unknown, where: string): [number, number][] {
  if (!Array.isArray(value)) throw badProgress(where, value);
  return value.map((range: unknown) => {
    const [from, to] = Array.isArray(range) ? range.map((end: unknown) => wholeNumber(end, where)) : [];
    if (from === undefined || to === undefined) throw badProgress(where, range);
    return [from, to];
  });
}

function readCounts(value: unknown, where: string): Record<string, number> {
  if (!isObject(value)) throw badProgress(where, value);
  return Object.fromEntries(Object.entries(value).map(([name, count]) => [name, wholeNumber(count, where) ?? 0]));
}

function wholeNumber(value: unknown, where: string): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw badProgress(where, value);
  return value;
}

function badProgress(where: string, value: unknown): Error {
  return new Error(`Cannot read the progress in "${where}": found ${quoted(value)}; only bridges may write there`);
}
