/**
 * How far the log of a service has been sent: one record of a compacted topic, written in the same transaction as the
 * results. Its key names the mesh (the Kafka group) and the service.
 */
import type { CommitHead } from '../../shared/runtime/commit.ts';
import type { Offsets } from './sent-results.ts';

/** The last commit seen of one partition of the service. */
export type SeenCommit = readonly [epoch: number, n: number, watermark: number];

export interface EgressPosition {
  /** Everything of the log up to this sequence is in Kafka. */
  readonly seq: number;
  /** When the log was made, ms: in one made anew, sequences begin at 1 again. */
  readonly life: number;
  /** By partition of the service. */
  readonly seen: Readonly<Record<string, SeenCommit>>;
  /** Where in `analytics` that stands which may come again, by Kafka partition. */
  readonly recall: Offsets;
}

export function positionKey(group: string, service: string): string {
  return `${group}/${service}`;
}

export function encodePosition(service: string, position: EgressPosition): string {
  return JSON.stringify({ service, ...position });
}

/** Throws on a record that no egress wrote. */
export function parsePosition(text: string): EgressPosition {
  const value: unknown = JSON.parse(text);
  if (!isPosition(value)) throw new Error(`Cannot read ${text.slice(0, 120)} as a position of the egress`);
  return value;
}

function isPosition(value: unknown): value is EgressPosition {
  return (
    typeof value === 'object' &&
    value !== null &&
    'seq' in value &&
    Number.isSafeInteger(value.seq) &&
    'life' in value &&
    Number.isSafeInteger(value.life) &&
    'seen' in value &&
    typeof value.seen === 'object' &&
    'recall' in value &&
    typeof value.recall === 'object'
  );
}

/** The newest of one life; of several lives, that of the log as it is now. */
export function chooseCurrent(found: readonly EgressPosition[], life: number): EgressPosition | undefined {
  return found.filter((position) => position.life === life).reduce<EgressPosition | undefined>(later, undefined);
}

function later(a: EgressPosition | undefined, b: EgressPosition): EgressPosition {
  return a && a.seq > b.seq ? a : b;
}

/** Commits of a partition that are missing between two; of former owners only that there were some is known. */
export function missedCommits(seen: SeenCommit | undefined, { epoch, n }: CommitHead): number {
  if (!seen) return 0; // the first one that is seen
  const [lastEpoch, lastN] = seen;
  return epoch === lastEpoch ? n - lastN - 1 : n;
}
