/**
 * When to stop: the first SIGINT, SIGTERM or SIGHUP, a request, or the end of the process that started us.
 * 1. `stop` aborts once. 2. A second signal, later than the echo of the first through npm and the terminal, calls `onImpatience`.
 */

export interface StopSignal {
  readonly stop: AbortSignal;
  /** As the first signal does. */
  request(reason: string): void;
}

const ECHO_MS = 1_000;

export function listenForStop(onStop: (reason: string) => void, onImpatience: () => void): StopSignal {
  const controller = new AbortController();
  let first = 0;
  const request = (reason: string) => {
    if (first === 0) {
      first = Date.now();
      onStop(reason);
      controller.abort(new Error(`Stopped by ${reason}`));
    } else if (Date.now() - first > ECHO_MS) onImpatience();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => request(signal));
  process.once('disconnect', () => request('the end of the process that started it'));
  return { stop: controller.signal, request: (reason) => first === 0 && request(reason) };
}
