/**
 * When a feed's records fall due, at a steady rate. Owns the count; the n-th record (from 0) is due n / rate seconds
 * after the start, however often what it goes to was away, so that a run can be repeated.
 */
import { setTimeout as delay } from 'node:timers/promises';

const TICK_MS = 100;
const MOST_AT_ONCE = 1_000;
/** What is further behind (the computer slept) is left out. */
const MOST_BEHIND_MS = 300_000;

export interface PaceOptions {
  /** Records a second. */
  readonly rate: number;
  /** The time of the first record, ms since the epoch; now by default. */
  readonly startMs?: number | undefined;
  readonly tickMs?: number;
  /** ms since the pace was made. */
  readonly elapsedMs?: () => number;
}

export class Pace {
  readonly #rate: number;
  readonly #startMs: number;
  readonly #tickMs: number;
  readonly #elapsedMs: () => number;
  #made = 0;

  constructor({ rate, startMs = Date.now(), tickMs = TICK_MS, elapsedMs = stopwatch() }: PaceOptions) {
    this.#rate = rate;
    this.#startMs = startMs;
    this.#tickMs = tickMs;
    this.#elapsedMs = elapsedMs;
  }

  /** The times (ms since the epoch) of records to make, as they fall due, until the signal aborts. */
  async *due(stop: AbortSignal): AsyncGenerator<readonly number[]> {
    while (!stop.aborted) {
      const times = this.take();
      if (times.length > 0) yield times;
      await delay(this.#tickMs, undefined, { signal: stop }).catch(() => {});
    }
  }

  /** What is due and was not taken yet. */
  take(): number[] {
    const elapsed = this.#elapsedMs();
    this.#made = Math.max(this.#made, Math.floor(((elapsed - MOST_BEHIND_MS) * this.#rate) / 1_000));
    const count = Math.min(Math.floor((elapsed * this.#rate) / 1_000) - this.#made, MOST_AT_ONCE);
    const times = Array.from({ length: Math.max(count, 0) }, (_, at) => this.#timeOf(this.#made + at));
    this.#made += times.length;
    return times;
  }

  #timeOf(n: number): number {
    return this.#startMs + Math.floor((n * 1_000) / this.#rate);
  }
}

function stopwatch(): () => number {
  const start = performance.now();
  return () => performance.now() - start;
}
