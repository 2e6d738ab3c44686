/** What a mesh has written, read back whole: for comparison with what it should have. Reads only; decodes NDJSON itself. */
import type { Log, StoredMessage } from '../../shared/log/log.ts';
import {
  bucketStream,
  DLQ,
  EVENTS,
  keySubject,
  LATE,
  logStream,
  logSubject,
  subjectKey,
  topicTokens,
} from '../../shared/log/names.ts';
import { type CommitHead, parseCommitHead } from '../../shared/runtime/commit.ts';
import { entryText, isDeleteMarker } from '../../shared/store/entry.ts';

/** Keys that belong to the store itself: where recovery starts, and its marker. */
const BOOKKEEPING = /^[^.]+\.(applied|marker)$/;

/** Live keys of a service's bucket and their JSON texts. */
export async function readBucket(log: Log, bucket: string): Promise<Map<string, string>> {
  const entries = new Map<string, string>();
  // Our own last key ends the reading: markers of deleted keys may expire meanwhile, so no count can tell.
  const end = await log.append(keySubject(bucket, 'reader.marker'), '{}');
  if (end.kind !== 'stored') throw new Error(`Cannot read bucket "${bucket}": its marker was refused`);
  const stop = new AbortController();
  const stream = bucketStream(bucket);
  const subjects = [keySubject(bucket, '>')];
  for await (const message of log.read({ stream, subjects, fromSeq: 1, signal: stop.signal })) {
    const key = subjectKey(bucket, message.subject);
    if (!BOOKKEEPING.test(key) && !isDeleteMarker(message)) entries.set(key, entryText(message));
    if (message.seq >= end.seq) stop.abort();
  }
  return entries;
}

/** The lines of every data subject of a topic, in stream order. */
export async function readEvents(log: Log, topic: string): Promise<Map<string, string[]>> {
  const lines = new Map<string, string[]>();
  for await (const message of stored(log, EVENTS, `kafka.${topicTokens(topic)}.>`)) {
    if (message.subject.includes('.progress.')) continue;
    lines.set(message.subject, [...(lines.get(message.subject) ?? []), ...entryText(message).split('\n')]);
  }
  return lines;
}

export interface DeadLetter {
  readonly reason: string;
  readonly text: string;
  readonly partition: number;
  readonly offset: number;
  readonly payload: Uint8Array;
}

export async function readDeadLetters(log: Log, topic: string): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for await (const message of stored(log, DLQ, `dlq.${topicTokens(topic)}.*`))
    letters.push({
      reason: message.subject.split('.').at(-1) ?? '',
      text: message.header('Mesh-Reason') ?? '',
      partition: Number(message.header('Mesh-Partition')),
      offset: Number(message.header('Mesh-Offset')),
      payload: message.payload,
    });
  return letters;
}

/** Reason and event of every late record of a service, as JSON texts, sorted. */
export async function readLate(log: Log, service: string): Promise<string[]> {
  const texts: string[] = [];
  for await (const message of stored(log, LATE, `late.${service}.*`)) texts.push(...entryText(message).split('\n'));
  return texts.map(lateText).sort();
}

/** A late record without the watermark at which it was met, which depends on timing. */
export function lateText(text: string): string {
  const { reason, event } = JSON.parse(text) as { reason: string; event: unknown };
  return JSON.stringify({ reason, event });
}

/** The newest commit of each partition of a service (`p07`, `all`); undefined while the log is away. */
export async function readHeads(log: Log, service: string): Promise<Map<string, CommitHead> | undefined> {
  try {
    const last = await log.lastOfEach(logStream(service), [logSubject(service, '*')]);
    return new Map(last.map(({ subject, payload }) => [subject.split('.').at(-1) ?? '', parseCommitHead(payload)]));
  } catch {
    return undefined;
  }
}

export async function* stored(log: Log, stream: string, subject: string): AsyncGenerator<StoredMessage> {
  if ((await log.lastOfEach(stream, [subject])).length === 0) return;
  const stop = new AbortController();
  for await (const message of log.read({ stream, subjects: [subject], fromSeq: 1, signal: stop.signal })) {
    yield message;
    if (message.pending === 0) stop.abort();
  }
}
