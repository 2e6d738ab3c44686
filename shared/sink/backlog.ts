/**
 * All that was read of a bucket and is not in the store: a lane for each mesh partition, and a bound on memory.
 *
 * Invariants (tested in backlog.test.ts):
 * 1. A key is in one lane: the one of its first token, so no two writes have the same key.
 * 2. `position(n)` is the last sequence up to which all is written, when all up to n was read.
 * 3. `room` holds back who reads while there is too much, and nobody else.
 */
import { ALL, PARTITIONS } from '../events/partition.ts';
import { bytesOf, Lane } from './lane.ts';
import type { WaitingEntry } from './waiting-entry.ts';

export interface BacklogBounds {
  readonly maxWaiting: number;
  readonly maxWaitingBytes: number;
}

export class Backlog {
  readonly #bounds: BacklogBounds;
  readonly #byPartition = new Map([...PARTITIONS, ALL].map((name) => [name, new Lane()]));
  readonly #rest = new Lane();
  readonly lanes: readonly Lane[] = [...this.#byPartition.values(), this.#rest];
  readonly #watched = new Set<string>();
  #size = 0;
  #bytes = 0;
  #room: PromiseWithResolvers<void> | undefined;
  #waiters: { holds(): boolean; resolve(): void }[] = [];

  constructor(bounds: BacklogBounds) {
    this.#bounds = bounds;
  }

  /** Keys that wait or are being written. */
  get size(): number {
    return this.#size;
  }

  has(key: string): boolean {
    return this.#laneOf(key).has(key);
  }

  /** Returns the lane that has it now. */
  put(entry: WaitingEntry): Lane {
    const lane = this.#laneOf(entry.key);
    const before = lane.size;
    this.#bytes += lane.put(entry);
    this.#size += lane.size - before;
    return lane;
  }

  /** As `put`, and `watchedWritten` waits for it. */
  putWatched(entry: WaitingEntry): Lane {
    this.#watched.add(entry.key);
    return this.put(entry);
  }

  written(lane: Lane): void {
    const batch = lane.written();
    this.#size -= batch.length;
    for (const entry of batch) {
      this.#bytes -= bytesOf(entry);
      this.#watched.delete(entry.key);
    }
    this.#settle();
  }

  restore(lane: Lane): void {
    const before = lane.size;
    this.#bytes -= lane.restore();
    this.#size += lane.size - before;
    this.#settle();
  }

  /** undefined: there is. */
  room(): Promise<void> | undefined {
    if (!this.#isFull()) return undefined;
    this.#room ??= Promise.withResolvers<void>();
    return this.#room.promise;
  }

  /** What began to wait first, of what a position waits for. */
  oldest(): WaitingEntry | undefined {
    let oldest: WaitingEntry | undefined;
    for (const lane of this.lanes) {
      const entry = lane.oldest();
      if (entry && (oldest === undefined || entry.sinceSeq < oldest.sinceSeq)) oldest = entry;
    }
    return oldest;
  }

  position(readUpTo: number): number {
    return Math.min(readUpTo, (this.oldest()?.sinceSeq ?? Number.POSITIVE_INFINITY) - 1);
  }

  emptied(): Promise<void> {
    return this.#until(() => this.#size === 0);
  }

  watchedWritten(): Promise<void> {
    return this.#until(() => this.#watched.size === 0);
  }

  #until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ holds, resolve }));
  }

  /** The lane of the first token: `p07`, `all`. */
  #laneOf(key: string): Lane {
    return this.#byPartition.get(key.slice(0, Math.max(0, key.indexOf('.')))) ?? this.#rest;
  }

  #isFull(): boolean {
    return this.#bytes >= this.#bounds.maxWaitingBytes || this.#size >= this.#bounds.maxWaiting;
  }

  #settle(): void {
    if (this.#waiters.length > 0)
      this.#waiters = this.#waiters.filter(({ holds, resolve }) => !holds() || void resolve());
    if (this.#room === undefined || this.#isFull()) return;
    this.#room.resolve();
    this.#room = undefined;
  }
}
