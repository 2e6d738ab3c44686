/**
 * Event-time timers: values that come due when the watermark passes their time.
 *
 * Does not own: state. Timers are derived from a service's tables and rebuilt in `open`, never stored.
 * There is no cancel: when a timer fires, look whether it still means anything. A key whose due time moves with every
 * event keeps one timer and, when that fires too early, schedules it again; so the heap holds one entry a key.
 *
 * Invariants (tested in timers.test.ts):
 * 1. Timers fire in the order of (time, id), ids compared by UTF-16 code units. The order of scheduling does not
 *    matter, so rebuilt timers fire as the old ones would have. (Two timers of the same time and id: any order.)
 * 2. Each fires once, in the first `advance` with watermark >= time; also when scheduled by a timer of that `advance`.
 * 3. Advancing in many steps fires the same timers in the same order as advancing at once.
 */
import { Heap } from './_heap.ts';

interface Timer<T> {
  readonly time: number;
  readonly id: string;
  readonly value: T;
}

export class Timers<T> {
  readonly #heap = new Heap<Timer<T>>(isBefore);

  get size(): number {
    return this.#heap.size;
  }

  /** Time of the next timer. */
  get next(): number | undefined {
    return this.#heap.peek()?.time;
  }

  schedule(time: number, id: string, value: T): void {
    if (!Number.isSafeInteger(time)) throw new RangeError(`Cannot schedule "${id}" at "${time}": expected whole ms`);
    this.#heap.push({ time, id, value });
  }

  /** Fires what is due. `fire` may schedule; what it schedules at or before the watermark fires too. */
  advance(watermark: number, fire: (value: T, time: number, id: string) => void): void {
    for (let next = this.#heap.peek(); next && next.time <= watermark; next = this.#heap.peek()) {
      this.#heap.pop();
      fire(next.value, next.time, next.id);
    }
  }

  clear(): void {
    this.#heap.clear();
  }
}

function isBefore<T>(a: Timer<T>, b: Timer<T>): boolean {
  return a.time < b.time || (a.time === b.time && a.id < b.id);
}
