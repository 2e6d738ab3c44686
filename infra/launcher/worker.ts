/**
 * One worker of the mesh, kept running: started, restarted with back-off when it ends by itself, stopped when asked.
 * It does not decide how many there are, nor is it told what they do.
 * 1. A worker that ends without being asked is started again, whatever its exit code, and the end is said.
 * 2. After stop() nothing of it runs and nothing starts it again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { OwnedProcess } from '../embedded/owned-process.ts';
import type { ProcessGuard } from '../embedded/process-guard.ts';
import { backoffMs, WELL_AFTER_MS } from './backoff.ts';
import type { WorkerCommand } from './worker-command.ts';

export interface WorkerOptions {
  readonly name: string;
  readonly group: string;
  readonly command: WorkerCommand;
  readonly cwd: string;
  /** Asked before every start: the port of its health server may differ. */
  environment(): Promise<{ readonly env: Readonly<Record<string, string>>; readonly health: string }>;
  onLine(line: string): void;
  say(line: string): void;
  readonly guard: ProcessGuard;
}

export type WorkerState = 'running' | 'waiting' | 'stopped';

const STOP_MS = 15_000;

export class Worker {
  readonly name: string;
  readonly group: string;
  readonly #options: WorkerOptions;
  readonly #stopping = new AbortController();
  readonly #loop: Promise<void>;
  #process: OwnedProcess | undefined;
  #health: string | undefined;
  #startedAt = 0;
  #restarts = 0;
  #failures = 0;
  #patience = new AbortController();
  #lastEnd = '';
  /** The next end of the process was asked for. */
  #expected = false;

  constructor(options: WorkerOptions) {
    this.name = options.name;
    this.group = options.group;
    this.#options = options;
    this.#loop = this.#keepRunning();
  }

  get state(): WorkerState {
    if (this.#stopping.signal.aborted) return 'stopped';
    return this.#process?.running ? 'running' : 'waiting';
  }

  get pid(): number | undefined {
    return this.#process?.running ? this.#process.pid : undefined;
  }

  /** Base URL of its health server. */
  get health(): string | undefined {
    return this.#health;
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** ms */
  get startedAt(): number {
    return this.#startedAt;
  }

  /** Ends the process, or the wait for the next one; invariant 1 starts the next. */
  async restart(): Promise<void> {
    this.#patience.abort();
    if (!this.#process?.running) return;
    this.#expected = true;
    await this.#process.stop(STOP_MS);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#process?.stop(STOP_MS);
    await this.#loop;
  }

  async #keepRunning(): Promise<void> {
    const stopping = this.#stopping.signal;
    while (!stopping.aborted) {
      const lasted = await this.#runOnce();
      if (stopping.aborted) return;
      this.#restarts++;
      if (this.#expected) {
        this.#expected = false;
        this.#failures = 0;
        continue;
      }
      this.#failures = lasted >= WELL_AFTER_MS ? 1 : this.#failures + 1;
      const wait = backoffMs(this.#failures);
      this.#options.say(`${this.name} ${this.#lastEnd}; starting it again in ${wait / 1000} s`);
      this.#patience = new AbortController();
      const signal = AbortSignal.any([stopping, this.#patience.signal]);
      await sleep(wait, undefined, { signal }).catch(() => undefined);
    }
  }

  /** How long it ran, ms. */
  async #runOnce(): Promise<number> {
    const { command, cwd, guard, onLine } = this.#options;
    const { env, health } = await this.#options.environment();
    if (this.#stopping.signal.aborted) return 0;
    const child = new OwnedProcess({ ...command, cwd, env, onLine });
    this.#process = child;
    this.#health = health;
    this.#startedAt = Date.now();
    guard.watch('worker', this.name, child);
    const end = await child.ended;
    if (end.error) this.#lastEnd = `cannot be started (${end.error.message})`;
    else this.#lastEnd = end.signal ? `was ended by ${end.signal}` : `ended with code ${end.code}`;
    return Date.now() - this.#startedAt;
  }
}
