/** Waits for a condition that other processes bring about: asks again and again, up to a deadline. */
import { setTimeout as pause } from 'node:timers/promises';

const ASK_EVERY_MS = 15;
export const PATIENCE_MS = 60_000;

/** Resolves with the first answer that is not undefined or false. `what` completes "Waited in vain until". */
export async function until<T>(
  what: string | (() => string),
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) {
      const text = typeof what === 'string' ? what : what();
      throw new Error(`Waited in vain until ${text} (${patienceMs / 1000} s)`);
    }
    await pause(ASK_EVERY_MS);
  }
}
