/**
 * Where the mirror of a Kafka partition stands: what a bridge that takes it over needs to know.
 *
 * The mirror itself is the offset store: everything up to the record of its last message is stored, as a message or as a
 * dead letter. A copy in bucket `mesh` goes beyond it where nothing but dead letters and gaps came last, and stands in
 * when retention has emptied the mirror.
 */
import type { Progress } from '../../shared/log/frame.ts';
import type { Log } from '../../shared/log/log.ts';
import { bucketStream, keySubject, MESH, mirrorSubject, streamOf, topicTokens } from '../../shared/log/names.ts';
import { parseProgress } from '../partition/position.ts';
import type { Source } from '../../shared/kafka/source.ts';
import { BEFORE_FIRST } from '../../shared/kafka/record.ts';
import { markOf } from '../record/record-mark.ts';
import { mirrorOffset, mirrorRecord } from './mirror-record.ts';

/** The end of a mirror. */
export interface MirrorTail {
  /** The stream's last sequence, also if its message is gone. */
  readonly seq: number;
  /** Kafka offset of its last message; BEFORE_FIRST: there is none. */
  readonly offset: number;
}

export interface MirrorPosition {
  readonly tail: MirrorTail;
  readonly progress: Progress;
}

/** The key in bucket `mesh` that holds a copy of the progress. */
export function mirrorCopyKey({ topic, partition }: Source): string {
  return `mirror.${topicTokens(topic)}.k${partition}`;
}

export async function loadMirrorPosition(log: Log, source: Source): Promise<MirrorPosition> {
  const subject = mirrorSubject(source.topic, source.partition);
  const copy = await readCopy(log, source);
  const { seq, last } = await readEnd(log, subject);
  if (!last || mirrorOffset(last) <= (copy.offset ?? BEFORE_FIRST))
    return { tail: { seq, offset: last ? mirrorOffset(last) : BEFORE_FIRST }, progress: copy };
  const record = mirrorRecord(last);
  const { offset } = record;
  return { tail: { seq, offset }, progress: { ...copy, offset, mark: markOf(record) } };
}

export async function loadMirrorTail(log: Log, { topic, partition }: Source): Promise<MirrorTail> {
  const { seq, last } = await readEnd(log, mirrorSubject(topic, partition));
  return { seq, offset: last ? mirrorOffset(last) : BEFORE_FIRST };
}

/** Copies the progress beside the mirror, unless a newer copy is there. A lost race leaves the other's copy: as good. */
export async function writeMirrorCopy(log: Log, source: Source, progress: Progress): Promise<void> {
  const subject = keySubject(MESH, mirrorCopyKey(source));
  const last = await log.last(bucketStream(MESH), subject);
  if (last && (parseProgress(last).offset ?? BEFORE_FIRST) >= (progress.offset ?? BEFORE_FIRST)) return;
  await log.append(subject, JSON.stringify(progress), { expectedLast: last?.seq ?? 0 });
}

/** The sequence first: a message that comes in between is then behind it, and never passed over. */
async function readEnd(log: Log, subject: string) {
  const { lastSeq } = await log.state(streamOf(subject));
  const last = await log.last(streamOf(subject), subject);
  return { seq: Math.max(lastSeq, last?.seq ?? 0), last };
}

async function readCopy(log: Log, source: Source): Promise<Progress> {
  const stored = await log.last(bucketStream(MESH), keySubject(MESH, mirrorCopyKey(source)));
  return stored ? parseProgress(stored) : {};
}
