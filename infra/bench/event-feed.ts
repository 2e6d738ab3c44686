/**
 * Orders straight into EVENTS at a steady pace, as the bridge would write them: what flows while something else is
 * measured. In the benchmark's own process: a frame costs it a few microseconds.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { MeshEvent } from '../../shared/events/event.ts';
import type { JetStreamLog } from '../../shared/log/jetstream-log.ts';
import { Lane } from './event-frames.ts';
import type { EventSource } from './service-inputs.ts';

const TICK_MS = 50;

export interface EventFeedOptions {
  readonly source: EventSource;
  readonly event: (number: number, t: number) => MeshEvent;
  readonly perSecond: number;
  /** Numbers and offsets go on from here. */
  readonly from: number;
}

export class EventFeed implements AsyncDisposable {
  readonly #options: EventFeedOptions;
  readonly #lane: Lane;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #written = 0;

  constructor(log: JetStreamLog, options: EventFeedOptions) {
    this.#options = options;
    this.#lane = new Lane(log, options.source);
    this.#running = this.#run();
    this.#running.catch(() => {}); // told by dispose
  }

  /** Events that are in the log. */
  get written(): number {
    return this.#written;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { event, perSecond, from } = this.#options;
    const { signal } = this.#stop;
    const startedMs = performance.now();
    while (!signal.aborted) {
      const due = Math.floor(((performance.now() - startedMs) * perSecond) / 1_000);
      const t = Date.now();
      for (let number = this.#written; number < due; number++) this.#lane.add(from + number, event(from + number, t));
      if (due > this.#written) await this.#lane.flush(from + due - 1, t);
      this.#written = due;
      await sleep(TICK_MS, undefined, { signal }).catch(() => {});
    }
  }
}
