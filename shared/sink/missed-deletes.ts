/**
 * Finds the keys that a store holds and a bucket does not: they were deleted while nobody looked, and the markers that
 * said so are gone. Which keys are asked about is the store's to say: those of the same stream (sink-target.ts).
 *
 * Invariants (tested in missed-deletes.test.ts):
 * 1. A key that the bucket's leader has is never reported, also if a replica does not have it yet.
 * 2. The revision of a delete is below that of every value stored after the key was looked for.
 * 3. A few hundred keys are in memory at once, however many there are.
 */
import type { Log } from '../log/log.ts';
import { bucketStream, keySubject, subjectKey } from '../log/names.ts';
import { isDeleteMarker } from '../store/entry.ts';
import type { SinkTarget } from './sink-target.ts';

export interface MissedDeletesQuery {
  readonly log: Log;
  readonly target: Pick<SinkTarget, 'storedKeys'>;
  readonly bucket: string;
  /** Its newest value is on its way to the store: what becomes of it follows by itself. */
  isUnderWay(key: string): boolean;
  readonly signal: AbortSignal;
}

/** Keys asked for at once: the server answers for 1,024 subjects at most. */
const CHUNK = 500;

export async function* missedDeletes(
  query: MissedDeletesQuery,
): AsyncGenerator<{ readonly key: string; readonly revision: number }> {
  const { target, bucket, signal } = query;
  let chunk: string[] = [];
  for await (const key of target.storedKeys(bucket, signal)) {
    if (chunk.push(key) < CHUNK) continue;
    yield* deletedOf(query, chunk);
    chunk = [];
  }
  if (chunk.length > 0) yield* deletedOf(query, chunk);
}

async function* deletedOf({ log, bucket, isUnderWay, signal }: MissedDeletesQuery, keys: readonly string[]) {
  const stream = bucketStream(bucket);
  const subjects = keys.map((key) => keySubject(bucket, key));
  const found = (await log.lastOfEach(stream, subjects)).filter((message) => !isDeleteMarker(message));
  const there = new Set(found.map(({ subject }) => subjectKey(bucket, subject)));
  const absent = keys.filter((key) => !there.has(key));
  if (absent.length === 0) return;
  const { lastSeq: revision } = await log.state(stream); // before the leader is asked: what it does not have now comes later
  for (const key of absent) {
    signal.throwIfAborted();
    const last = await log.last(stream, keySubject(bucket, key));
    if ((last === undefined || isDeleteMarker(last)) && !isUnderWay(key)) yield { key, revision };
  }
}
