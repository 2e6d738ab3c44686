/**
 * The port of a sink: a store outside the mesh that is kept equal to what buckets hold.
 *
 * Adapters: services/sink-postgres, services/sink-dynamodb, and a memory twin for tests (_memory-target.ts).
 * sink-target.contract.ts holds all of them to the same behaviour; sink-worker.ts drives them.
 *
 * Invariants:
 * 1. An entry never replaces one of the same key with a higher revision (of the same life of the bucket).
 * 2. When `write` resolves, its entries are durable, but for those it returns as refused.
 * 3. `write` may be repeated with the same entries, by anybody, any number of times.
 * 4. Entries of one call have different keys; calls may overlap, but never two with the same key from one process.
 * 5. What a bucket lacks since it was made anew is not deleted for that: `storedKeys` does not list it.
 */

/** The newest value of one key of a bucket. */
export interface SinkEntry {
  /** Without the bucket: `p07.customer.42`. */
  readonly key: string;
  /** Sequence in the bucket's stream. */
  readonly revision: number;
  /** When NATS stored it, ms. */
  readonly storedAtMs: number;
  /** When its lifetime (`Nats-TTL`) ends, ms; absent: it stays. */
  readonly expiresAtMs?: number;
  /** Parsed JSON; undefined: the key is deleted. */
  readonly value: unknown;
}

/** Everything of a bucket's stream up to `seq` is in the store. */
export interface SinkPosition {
  /** Tells streams apart that had the same name one after the other, where revisions count from 1 again: life.ts. */
  readonly life: number;
  readonly seq: number;
  /** Wall clock when it was saved, ms: deletes of long ago can no longer be read from the bucket. */
  readonly savedAtMs: number;
}

/** An entry that the store will never take; the others were taken. */
export interface RefusedEntry {
  readonly key: string;
  readonly revision: number;
  /** A sentence for people. */
  readonly reason: string;
}

/** The part of a bucket that the store wants. */
export interface SinkSource {
  readonly bucket: string;
  /** Patterns of keys, as in subjects: `*.customer.>`. */
  readonly keys: readonly string[];
}

export interface SinkTarget {
  /** `postgres`: in metrics, logs, and the name of the service `sink-postgres`. */
  readonly name: string;
  readonly sources: readonly SinkSource[];
  /** Entries of one `write` at most. */
  readonly batchSize: number;
  /**
   * Claims a bucket for this process: from here on, writes of former claimants fail with SinkFencedError, where the
   * store can tell. Undefined: nothing was ever saved of this life of the bucket: a position is saved before the first
   * write. What was saved of a later life of the same stream is the answer, too, and that life goes on.
   */
  claim(bucket: string, life: number): Promise<SinkPosition | undefined>;
  write(bucket: string, entries: readonly SinkEntry[], signal: AbortSignal): Promise<readonly RefusedEntry[]>;
  save(bucket: string, position: SinkPosition): Promise<void>;
  /**
   * Keys of the claimed bucket that the store holds and that have not expired, in no order: to find those that were
   * deleted while nobody looked. Only keys whose row is of the claimed stream, in whichever of its lives: what the store
   * has from before the bucket was made anew is history that the mesh may have lost. It is replaced when its key comes
   * again, deleted by a delete that is read, pruned as the store prunes, and nothing else takes it away.
   */
  storedKeys(bucket: string, signal: AbortSignal): AsyncIterable<string>;
}

/** The store is away, overloaded or full: the same call may succeed later. */
export class SinkUnavailableError extends Error {
  readonly code = 'sink-unavailable';
  /** `throttled`: it answers, and wants less. */
  readonly kind: 'away' | 'throttled' | 'full';

  constructor(message: string, kind: SinkUnavailableError['kind'], options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** Another process has claimed the bucket. */
export class SinkFencedError extends Error {
  readonly code = 'sink-fenced';
}
