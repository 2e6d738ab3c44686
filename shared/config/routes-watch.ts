/**
 * Watches the routes file: what it says is handed on when it changes, and what is wrong with it is an alarm while the
 * former routes stay in force. It looks rather than listens, for a file that a container mounts changes by a link.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Route } from './routes.ts';

const LOOK_MS = 2_000;

export class RoutesWatch {
  readonly #file: string;
  readonly #onRoutes: (routes: readonly Route[]) => Promise<void>;
  #known: string | undefined;
  #problem: string | undefined;

  /** `onRoutes`: new routes, valid ones. */
  constructor(file: string, onRoutes: (routes: readonly Route[]) => Promise<void>) {
    this.#file = file;
    this.#onRoutes = onRoutes;
  }

  /** Why the file's routes are not in force; undefined: they are. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Looks again and again until the signal aborts. What is in the file at the start is in force already. */
  async run(stop: AbortSignal, everyMs = LOOK_MS): Promise<void> {
    this.#known = await readFile(this.#file, 'utf8').catch(() => undefined);
    while (!stop.aborted) {
      await delay(everyMs, undefined, { signal: stop }).catch(() => undefined);
      if (!stop.aborted) await this.look();
    }
  }

  async look(): Promise<void> {
    try {
      const text = await readFile(this.#file, 'utf8');
      if (text === this.#known) return;
      this.#known = text;
      const { parseRoutes } = await import('./routes-file.ts');
      await this.#onRoutes(parseRoutes(text, this.#file));
      this.#problem = undefined;
    } catch (error) {
      this.#problem = `The former routes stay in force. ${error instanceof Error ? error.message : String(error)}`;
    }
  }
}
