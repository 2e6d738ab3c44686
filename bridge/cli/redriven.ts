/**
 * What was put back: Kafka offsets whose dead letters are in DLQ no more, in bucket `mesh`, so that `verify` does not
 * miss them. One entry for each batch and Kafka partition, kept for longer than DLQ keeps letters.
 */
import type { Log } from '../../shared/log/log.ts';
import { bucketStream, keySubject, MESH, topicTokens } from '../../shared/log/names.ts';
import { isObject } from '../decode/json-text.ts';
import type { Source } from '../position.ts';

export interface Redriven extends Source {
  /** Of a letter of the batch: names the entry. */
  readonly seq: number;
  readonly offsets: readonly number[];
}

const KEEP_MS = 60 * 24 * 3_600_000;
const decoder = new TextDecoder();

/** Writing it again changes nothing. */
export async function noteRedriven(log: Log, { topic, partition, seq, offsets }: Redriven): Promise<void> {
  await log.append(keySubject(MESH, `${keyStart(topic)}.k${partition}.${seq}`), JSON.stringify({ offsets }), {
    ttlMs: KEEP_MS,
  });
}

/** Kafka partition to offsets. */
export async function loadRedriven(log: Log, topic: string): Promise<Map<number, Set<number>>> {
  const found = new Map<number, Set<number>>();
  for (const { subject, payload } of await log.lastOfEach(bucketStream(MESH), [
    keySubject(MESH, `${keyStart(topic)}.*.*`),
  ])) {
    const partition = Number(subject.split('.').at(-2)?.slice(1));
    const entry: unknown = JSON.parse(decoder.decode(payload) || 'null');
    if (!isObject(entry) || !Array.isArray(entry.offsets)) continue;
    const offsets = found.get(partition) ?? new Set<number>();
    for (const offset of entry.offsets) if (typeof offset === 'number') offsets.add(offset);
    found.set(partition, offsets);
  }
  return found;
}

function keyStart(topic: string): string {
  return `redriven.${topicTokens(topic)}`;
}
