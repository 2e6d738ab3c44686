/**
 * As of when nothing of a bucket has been missed, deletes included. Markers of deletes live for an hour: after a longer
 * time of not reading them the keys themselves must be compared (`isDue`).
 *
 * Invariants (tested in freshness.test.ts):
 * 1. `asOfMs` never falls, and stands still while keys must be compared: who goes on later learns that they must be.
 */
export class Freshness {
  readonly #missedMs: number;
  #asOfMs: number;
  #isDue: boolean;

  /** `savedAtMs`: of the position. */
  constructor(savedAtMs: number, nowMs: number, missedMs: number) {
    this.#missedMs = missedMs;
    this.#asOfMs = savedAtMs;
    this.#isDue = nowMs - this.#asOfMs > missedMs;
  }

  get asOfMs(): number {
    return this.#asOfMs;
  }

  get isDue(): boolean {
    return this.#isDue;
  }

  /** All that was stored before `asOfMs` is written. */
  advance(asOfMs: number, nowMs: number): void {
    if (this.#isDue) return;
    this.#asOfMs = Math.max(this.#asOfMs, asOfMs);
    this.#isDue = nowMs - this.#asOfMs > this.#missedMs;
  }

  /** Keys were compared, from this time on, and what was found is written. */
  compared(sinceMs: number): void {
    this.#isDue = false;
    this.#asOfMs = Math.max(this.#asOfMs, sinceMs);
  }
}
