/** Asks a worker's health server whether it is ready, and if not, why. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from './worker.ts';

export interface Readiness {
  readonly ready: boolean;
  /** One sentence each. */
  readonly reasons: readonly string[];
}

const POLL_MS = 200;
const TIMEOUT_MS = 2_000;

export async function askReadiness(worker: Worker): Promise<Readiness> {
  if (worker.state !== 'running' || worker.health === undefined) return { ready: false, reasons: ['not running'] };
  try {
    const response = await fetch(`${worker.health}/readyz`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const body: unknown = await response.json().catch(() => undefined);
    return { ready: response.ok, reasons: response.ok ? [] : reasonsOf(body) };
  } catch {
    return { ready: false, reasons: ['does not answer yet'] };
  }
}

/** True when it became ready in time; false after `withinMs` or when `stop` aborts. */
export async function untilReady(worker: Worker, withinMs: number, stop: AbortSignal): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (!stop.aborted && Date.now() < deadline) {
    if ((await askReadiness(worker)).ready) return true;
    await sleep(POLL_MS, undefined, { signal: stop }).catch(() => undefined);
  }
  return false;
}

function reasonsOf(body: unknown): string[] {
  if (typeof body !== 'object' || body === null || !('reasons' in body) || !Array.isArray(body.reasons)) return [];
  return body.reasons.filter((reason) => typeof reason === 'string');
}
