/**
 * Remembers what was sent of each result for as long as its service may tell it again, so that a final value that a
 * commit only repeats is not sent twice; and from which offsets on Kafka has it, so that a successor can read it back.
 *
 * Bounded: a window is forgotten when the watermark is `KEPT_MS` past its start, and the oldest ones when there are too
 * many results; then a repetition is sent again, with the same values.
 *
 * Invariants (sent-results.test.ts):
 * 1. `isNews` is false exactly when the last thing told under this name in this window was the same.
 * 2. What is read back from `recallFrom` on, to the end, is all that is remembered.
 */
import type { ResultIdentity } from './result-message.ts';

/** An hour, the lateness of sales, and the hour in which a late order still counts in sliding windows; and one more. */
const KEPT_MS = 4 * 3_600_000;
const MAX_RESULTS = 1_000_000;

/** Offsets by partition. */
export type Offsets = Readonly<Record<string, number>>;

interface SentWindow {
  readonly contents: Map<string, string>;
  /** The first offset by partition. */
  readonly from: Map<number, number>;
}

export class SentResults {
  readonly #windows = new Map<string, SentWindow>();
  readonly #maxResults: number;
  #size = 0;

  constructor(maxResults = MAX_RESULTS) {
    this.#maxResults = maxResults;
  }

  get size(): number {
    return this.#size;
  }

  /** And remembers it. */
  isNews({ start, name, content, isNothing }: ResultIdentity): boolean {
    const contents = this.#windows.get(start)?.contents;
    const before = contents?.get(name);
    if (before === content || (before === undefined && isNothing)) return false;
    this.#remember(start, name, content);
    return true;
  }

  /** It stands in Kafka there. Of one partition, offsets come in order. */
  placed(start: string, partition: number, offset: number): void {
    const from = this.#windows.get(start)?.from;
    if (from && !from.has(partition)) from.set(partition, offset);
  }

  /** What a predecessor sent, in the order of its offsets. */
  recall({ start, name, content }: ResultIdentity, partition: number, offset: number): void {
    this.#remember(start, name, content);
    this.placed(start, partition, offset);
  }

  /** The first offset of each partition at which something stands that is remembered. */
  recallFrom(): Offsets {
    const first: Record<string, number> = {};
    for (const { from } of this.#windows.values())
      for (const [partition, offset] of from) first[partition] = Math.min(first[partition] ?? offset, offset);
    return first;
  }

  /** No partition of the service is behind this watermark, ms. */
  forget(watermark: number): void {
    for (const start of this.#windows.keys()) if (Date.parse(`${start}Z`) + KEPT_MS <= watermark) this.#drop(start);
  }

  #remember(start: string, name: string, content: string): void {
    let window = this.#windows.get(start);
    if (!window) {
      window = { contents: new Map(), from: new Map() };
      this.#windows.set(start, window);
    }
    if (!window.contents.has(name)) this.#size++;
    window.contents.set(name, content);
    while (this.#size > this.#maxResults && this.#windows.size > 1) this.#drop(this.#oldest());
  }

  #oldest(): string {
    return [...this.#windows.keys()].sort()[0] ?? '';
  }

  #drop(start: string): void {
    this.#size -= this.#windows.get(start)?.contents.size ?? 0;
    this.#windows.delete(start);
  }
}
