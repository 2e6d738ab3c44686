/** When a call to a store is repeated, and after how long. */
import { setTimeout as sleep } from 'node:timers/promises';
import { LogUnavailableError } from '../log/log.ts';
import type { SinkPace } from './sink-pace.ts';
import { SinkUnavailableError } from './sink-target.ts';
import type { Stall } from './stall.ts';

/** The same call may succeed later. */
export function isUnavailable(error: unknown): error is SinkUnavailableError | LogUnavailableError {
  return error instanceof SinkUnavailableError || error instanceof LogUnavailableError;
}

/** Exponential, with "equal jitter": half of it is chance, so that lanes and processes do not come back together. */
export function backOffMs(attempt: number, { retryMinMs, retryMaxMs }: SinkPace): number {
  const ms = Math.min(retryMaxMs, retryMinMs * 2 ** Math.min(attempt, 30));
  return ms / 2 + (Math.random() * ms) / 2;
}

/** Resolves early when the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}

export interface Patience {
  readonly pace: SinkPace;
  readonly stall: Stall;
  readonly signal: AbortSignal;
  onRetry(error: Error): void;
}

/** Repeats the work until it is done; throws its other errors, and the signal's reason. */
export async function patiently<T>(
  what: string,
  { pace, stall, signal, onRetry }: Patience,
  work: () => Promise<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    signal.throwIfAborted();
    try {
      const result = await work();
      stall.succeeded(what);
      return result;
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      stall.failed(what, error);
      onRetry(error);
      await pause(backOffMs(attempt, pace), signal);
    }
  }
}
