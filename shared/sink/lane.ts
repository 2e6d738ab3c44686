/**
 * What waits for the store in one lane, in the order in which keys began to wait, and the batch that is being written.
 *
 * Invariants (tested in lane.test.ts):
 * 1. Of a key one value waits at most: the newest.
 * 2. A key keeps its place, and `sinceSeq`, when a newer value replaces the one that waits.
 * 3. A batch that was not written comes back to the front; a value that came meanwhile stands in its place.
 */
import type { WaitingEntry } from './waiting-entry.ts';

export class Lane {
  #waiting = new Map<string, WaitingEntry>();
  #flying: readonly WaitingEntry[] = [];
  #flyingKeys: ReadonlySet<string> = new Set();
  /** Some loop writes it. */
  isBusy = false;

  /** Keys that wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Keys that wait or are being written. */
  get size(): number {
    return this.#waiting.size + this.#flying.length;
  }

  has(key: string): boolean {
    return this.#waiting.has(key) || this.#flyingKeys.has(key);
  }

  /** Returns by how many bytes the lane has grown. */
  put(entry: WaitingEntry): number {
    const former = this.#waiting.get(entry.key);
    if (former === undefined) {
      this.#waiting.set(entry.key, entry);
      return bytesOf(entry);
    }
    if (former.revision >= entry.revision) return 0;
    this.#waiting.set(entry.key, since(entry, former));
    return bytesOf(entry) - bytesOf(former);
  }

  /** The batch to write next; [] when nothing waits. */
  take(most: number): readonly WaitingEntry[] {
    const batch: WaitingEntry[] = [];
    for (const entry of this.#waiting.values()) {
      if (batch.length >= most) break;
      batch.push(entry);
    }
    for (const { key } of batch) this.#waiting.delete(key);
    this.#flying = batch;
    this.#flyingKeys = new Set(batch.map(({ key }) => key));
    return batch;
  }

  /** The batch is written. Returns it. */
  written(): readonly WaitingEntry[] {
    const batch = this.#flying;
    this.#land();
    return batch;
  }

  /** The batch is not written. Returns the bytes of values that are not needed any more. */
  restore(): number {
    let bytes = 0;
    const front = new Map<string, WaitingEntry>();
    for (const entry of this.#flying) {
      const newer = this.#waiting.get(entry.key);
      front.set(entry.key, newer ? since(newer, entry) : entry);
      if (!newer) continue;
      bytes += bytesOf(entry);
      this.#waiting.delete(entry.key);
    }
    for (const [key, entry] of this.#waiting) front.set(key, entry);
    this.#waiting = front;
    this.#land();
    return bytes;
  }

  /** What began to wait first. */
  oldest(): WaitingEntry | undefined {
    return this.#flying[0] ?? this.#waiting.values().next().value;
  }

  #land(): void {
    this.#flying = [];
    this.#flyingKeys = new Set();
  }
}

/** A newer value, waiting for as long as the one before it. */
function since(entry: WaitingEntry, { sinceSeq, sinceMs }: WaitingEntry): WaitingEntry {
  return sinceSeq < entry.sinceSeq ? { ...entry, sinceSeq, sinceMs } : entry;
}

/** Of a Map's entry and an object with eight members, measured. */
const ENTRY_BYTES = 200;

/** About what an entry takes in memory. */
export function bytesOf({ key, text }: WaitingEntry): number {
  return ENTRY_BYTES + key.length + (text?.length ?? 0);
}
