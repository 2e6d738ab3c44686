/** Asks again and again until the answer is yes; gives up when it takes too long, and at once when the bench stops. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Waiting {
  /** For the error: `Cannot go on: <what> took longer than ...`. */
  readonly what: string;
  readonly signal: AbortSignal;
  readonly everyMs?: number;
  readonly atMostMs?: number;
  /** Throws when it makes no sense to wait on: a process has ended. */
  check?(): void;
}

export async function waitUntil(isTrue: () => boolean | Promise<boolean>, waiting: Waiting): Promise<void> {
  const { what, signal, everyMs = 50, atMostMs = 600_000, check } = waiting;
  const deadline = performance.now() + atMostMs;
  for (;;) {
    signal.throwIfAborted();
    check?.();
    if (await isTrue()) return;
    if (performance.now() > deadline)
      throw new Error(`Cannot go on: ${what} took longer than "${atMostMs / 1000}" seconds`);
    await sleep(everyMs, undefined, { signal });
  }
}
