/** How many of a steady number a second are due now. Owns nothing but its clock. */
import { setTimeout as delay } from 'node:timers/promises';

const TICK_MS = 100;
const MOST_AT_ONCE = 1_000;

/** Counts to make, as they fall due, until the signal aborts; what was not made in time is made later. */
export async function* pace(rate: number, stop: AbortSignal, tickMs = TICK_MS): AsyncGenerator<number> {
  const start = performance.now();
  for (let made = 0; !stop.aborted; ) {
    const due = Math.min(Math.floor(((performance.now() - start) * rate) / 1000) - made, MOST_AT_ONCE);
    if (due > 0) {
      yield due;
      made += due;
    }
    await delay(tickMs, undefined, { signal: stop }).catch(() => {});
  }
}
