/**
 * Puts events into event-time order (design 6, S8): holds them until the watermark says that nothing earlier will come.
 *
 * For folds that depend on order (rolling counts, running statistics, CEP), so that results do not depend on how Kafka
 * partitions interleaved. What is held is state: store `entries` in a table, and `restore` them in `open`.
 *
 * Invariants (tested in event-time-order.test.ts):
 * 1. Events are released in the order of (t, source, sequence), each once, when watermark >= t (or a call or more later,
 *    when it is told to release so many at most).
 * 2. An event with t <= watermark is late: it is not held, `add` returns false, the caller reports it.
 * 3. The order of adding changes nothing but what is late, as long as sequences are given. Without them, events of one
 *    source with equal t keep the order they came in.
 */
import { BEFORE_ALL_TIME } from '../events/stage.ts';
import { Heap } from './_heap.ts';

export interface HeldEvent<E> {
  readonly t: number;
  readonly source: string;
  /** Place of the event in its source (an offset), or the order of coming. */
  readonly sequence: number;
  readonly event: E;
}

export class EventTimeBuffer<E> {
  readonly #heap = new Heap<HeldEvent<E>>(isBefore);
  #watermark = BEFORE_ALL_TIME;
  #nextSequence = 0;

  get size(): number {
    return this.#heap.size;
  }

  /** False: the event is late and was not taken. */
  add(event: E, t: number, source: string, sequence: number = this.#nextSequence): boolean {
    if (t <= this.#watermark) return false;
    this.#hold({ t, source, sequence, event });
    return true;
  }

  /**
   * Releases every event with t <= watermark, or, when these are more than `atMost`, the first of them and those of equal
   * time. Returns up to what time it has. A watermark lower than before releases nothing.
   */
  release(watermark: number, each: (held: HeldEvent<E>) => void, atMost = Number.POSITIVE_INFINITY): number {
    if (watermark <= this.#watermark) return this.#watermark;
    let [left, last] = [atMost, this.#watermark];
    this.#watermark = watermark;
    for (let next = this.#heap.peek(); next && next.t <= watermark; next = this.#heap.peek()) {
      if (left-- <= 0 && next.t > last) {
        this.#watermark = last;
        break;
      }
      last = next.t;
      this.#heap.pop();
      each(next);
    }
    return this.#watermark;
  }

  /** What is held, in the order it will be released. */
  entries(): HeldEvent<E>[] {
    return Array.from(this.#heap.values()).sort((a, b) => (isBefore(a, b) ? -1 : 1));
  }

  /** Forgets everything and takes up what `entries` gave at that watermark. */
  restore(entries: Iterable<HeldEvent<E>>, watermark: number): void {
    this.#heap.clear();
    this.#watermark = watermark;
    this.#nextSequence = 0;
    for (const held of entries) this.#hold(held);
  }

  #hold(held: HeldEvent<E>): void {
    if (held.sequence >= this.#nextSequence) this.#nextSequence = held.sequence + 1;
    this.#heap.push(held);
  }
}

function isBefore<E>(a: HeldEvent<E>, b: HeldEvent<E>): boolean {
  if (a.t !== b.t) return a.t < b.t;
  if (a.source !== b.source) return a.source < b.source;
  return a.sequence < b.sequence;
}
