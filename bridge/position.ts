/**
 * Where a Kafka partition stands in the log: what a bridge that takes it over needs to know.
 *
 * The log itself is the offset store. Every data frame says which Kafka offsets it holds, and every progress frame
 * up to which offset everything is in the log; so what is already there is skipped, and nothing is kept beside it
 * but a copy for the day when retention has emptied the progress subject.
 */
import { z } from 'zod';
import { PARTITIONS } from '../shared/events/partition.ts';
import type { Progress } from '../shared/log/frame.ts';
import { type Log, OFFSETS_HEADER, type StoredMessage } from '../shared/log/log.ts';
import {
  bucketStream,
  dataSubject,
  EVENTS,
  keySubject,
  MESH,
  progressSubject,
  topicTokens,
} from '../shared/log/names.ts';
import { readEntry } from '../shared/store/entry.ts';
import { BEFORE_FIRST } from './record.ts';

/** A Kafka partition. */
export interface Source {
  readonly topic: string;
  readonly partition: number;
}

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

const progressShape = z.object({
  offset: z.int().optional(),
  watermark: z.int().optional(),
  idle: z.boolean().optional(),
  dlq: z.int().optional(),
  counts: z.record(z.string(), z.int()).optional(),
});

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
  return dropUndefined(progressShape.parse(JSON.parse(new TextDecoder().decode(message.payload))));
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
  return copy === undefined ? {} : dropUndefined(progressShape.parse(copy));
}

function dropUndefined({ offset, watermark, idle, dlq, counts }: z.infer<typeof progressShape>): Progress {
  return {
    ...(offset !== undefined && { offset }),
    ...(watermark !== undefined && { watermark }),
    ...(idle !== undefined && { idle }),
    ...(dlq !== undefined && { dlq }),
    ...(counts !== undefined && { counts }),
  };
}
