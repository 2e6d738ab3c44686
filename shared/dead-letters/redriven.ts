/**
 * What was put back: Kafka offsets whose dead letters are in DLQ no more, in bucket `mesh`, so that `verify` does not
 * miss them. One entry for a range of offsets of a Kafka partition, kept for longer than DLQ keeps letters.
 */
import type { Log } from '../log/log.ts';
import { bucketStream, keySubject, MESH, topicTokens } from '../log/names.ts';
import { isObject } from './is-object.ts';
import type { Source } from '../kafka/source.ts';

/** A letter that was put back. */
export interface RedrivenLetter extends Source {
  readonly offset: number;
  /** What its row counted before was taken back when it became a letter. */
  readonly isRetracted: boolean;
}

/** By offset: whether its letter was `isRetracted`. */
export type RedrivenOffsets = ReadonlyMap<number, boolean>;

/** Offsets of one entry: small enough for a message if all of them were put back. */
const RANGE = 50_000;
const KEEP_MS = 60 * 24 * 3_600_000;
const decoder = new TextDecoder();

/** Writing them again changes nothing. */
export async function noteRedriven(log: Log, letters: readonly RedrivenLetter[]): Promise<void> {
  for (const [subject, some] of Map.groupBy(letters, subjectOf))
    for (;;) {
      const last = await log.last(bucketStream(MESH), subject);
      const offsets = new Map(last ? readOffsets(last.payload) : []);
      for (const { offset, isRetracted } of some) offsets.set(offset, isRetracted);
      const entry = {
        offsets: [...offsets.keys()].sort((a, b) => a - b),
        retracted: [...offsets].flatMap(([offset, isRetracted]) => (isRetracted ? offset : [])),
      };
      const options = { expectedLast: last?.seq ?? 0, ttlMs: KEEP_MS };
      if ((await log.append(subject, JSON.stringify(entry), options)).kind === 'stored') break;
    }
}

/** By Kafka partition. */
export async function loadRedriven(log: Log, topic: string): Promise<ReadonlyMap<number, RedrivenOffsets>> {
  const found = new Map<number, Map<number, boolean>>();
  const subjects = [keySubject(MESH, `${keyStart(topic)}.*.*`)];
  for (const { subject, payload } of await log.lastOfEach(bucketStream(MESH), subjects)) {
    const partition = Number(subject.split('.').at(-2)?.slice(1));
    const offsets = found.get(partition) ?? new Map<number, boolean>();
    for (const [offset, isRetracted] of readOffsets(payload)) offsets.set(offset, isRetracted);
    found.set(partition, offsets);
  }
  return found;
}

function readOffsets(payload: Uint8Array): RedrivenOffsets {
  const entry: unknown = JSON.parse(decoder.decode(payload) || 'null');
  if (!isObject(entry)) return new Map(); // an operator has deleted it
  const [offsets, retracted] = [entry.offsets, entry.retracted].map((list) => (Array.isArray(list) ? list : []));
  const isRetracted = new Set<unknown>(retracted);
  return new Map(
    (offsets ?? []).flatMap((offset: unknown) =>
      typeof offset === 'number' ? [[offset, isRetracted.has(offset)] as const] : [],
    ),
  );
}

function subjectOf({ topic, partition, offset }: RedrivenLetter): string {
  return keySubject(MESH, `${keyStart(topic)}.k${partition}.${Math.floor(offset / RANGE)}`);
}

function keyStart(topic: string): string {
  return `redriven.${topicTokens(topic)}`;
}
