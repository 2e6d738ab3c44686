/**
 * A server of ours kept running: when it ends by itself it is started again, on the same ports and data, with back-off.
 * 1. Its URL never changes. 2. After close() nothing of it runs.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningServer } from '../embedded/server-source.ts';
import { backoffMs, WELL_AFTER_MS } from './backoff.ts';

export interface KeptServer extends AsyncDisposable {
  readonly name: string;
  /** The one that runs now, or ran last. */
  readonly current: RunningServer;
}

export interface KeepOptions {
  readonly name: string;
  start(): Promise<RunningServer>;
  say(line: string): void;
}

export async function keepServer(options: KeepOptions): Promise<KeptServer> {
  const closing = new AbortController();
  let current = await options.start();
  const again = async () => {
    for (let failures = 1; !closing.signal.aborted; failures++) {
      await sleep(backoffMs(failures), undefined, { signal: closing.signal }).catch(() => undefined);
      if (closing.signal.aborted) return;
      try {
        current = await options.start();
        return options.say(`${options.name} runs again`);
      } catch (error) {
        options.say(error instanceof Error ? error.message : String(error));
      }
    }
  };
  const keep = async () => {
    while (!closing.signal.aborted) {
      const began = Date.now();
      const lastLine = await current.ended;
      if (closing.signal.aborted) return;
      options.say(`${options.name} ended by itself; starting it again. Its last line: ${lastLine}`);
      if (Date.now() - began < WELL_AFTER_MS) await sleep(500);
      await again();
    }
  };
  const kept = current.pid === undefined ? Promise.resolve() : keep();
  return {
    name: options.name,
    get current() {
      return current;
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await current.close();
      await kept;
      await current.close();
    },
  };
}
