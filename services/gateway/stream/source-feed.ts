/**
 * Reads one source for all clients: one reader, whose newest events everybody takes from the same ring.
 *
 * Owns the reader, the ring and the life of the bucket. Does not own clients: they are told that there is something,
 * and come for it when they can, so none of them is waited for.
 *
 * Invariants (stream-client.test.ts, live-streams.test.ts):
 * 1. From its start on, the ring gets every change of the source, once and in order, across reconnects.
 * 2. The bucket may come later, and may be made anew: then the ring is a new one, of a new life.
 * 3. Ended, it has no reader, timer or consumer.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '../../../shared/log/log.ts';
import { bucketStream } from '../../../shared/log/names.ts';
import type { Logger } from '../../../shared/telemetry/logger.ts';
import { isNoStream } from '../views/optional-bucket.ts';
import { EventRing } from './event-ring.ts';
import { lifeOf, type Place } from './resume-point.ts';
import type { ResultPart } from './result-types.ts';
import { readEvent, subjectsOf } from './stream-event.ts';

export interface FeedOptions {
  readonly log: Log;
  readonly logger: Logger;
  /** Of one source. */
  readonly ringBytes: number;
  /** Pause before a failed reader starts again. */
  readonly retryMs: number;
  /** How often it is asked whether the bucket is still the same. */
  readonly lifeCheckMs: number;
}

/** Somebody who takes events: called when there may be some. */
export interface Watcher {
  notice(): void;
}

export class SourceFeed implements AsyncDisposable {
  readonly stream: string;
  readonly #options: FeedOptions;
  readonly #parts: readonly ResultPart[];
  readonly #stop = new AbortController();
  readonly #started = Promise.withResolvers<void>();
  readonly #running: Promise<void>;
  readonly watchers = new Set<Watcher>();
  #ring: EventRing;
  #place: Place = { seq: 0, life: undefined };

  /** `parts`: all of one source. */
  constructor(parts: readonly ResultPart[], options: FeedOptions) {
    this.#parts = parts;
    this.#options = options;
    this.stream = bucketStream(parts[0]?.bucket ?? '');
    this.#ring = new EventRing(1, options.ringBytes);
    this.#running = this.#follow();
  }

  /** Resolves when it is known where the source is, or that it is not there; never rejects. */
  get started(): Promise<void> {
    return this.#started.promise;
  }

  get ring(): EventRing {
    return this.#ring;
  }

  /** All up to here is in the ring, or was there before it. */
  get place(): Place {
    return this.#place;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#started.resolve();
    await this.#running;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    const { logger, retryMs } = this.#options;
    while (!signal.aborted) {
      try {
        await this.#read(signal);
      } catch (error) {
        if (isNoStream(error)) this.#started.resolve();
        logger.debug(`Cannot stream from ${this.stream} yet`, { because: error });
      }
      if (!signal.aborted) await pause(retryMs, undefined, { signal }).catch(() => {});
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { log, logger, lifeCheckMs } = this.#options;
    await this.#settle();
    const attempt = new AbortController();
    const end = () => attempt.abort();
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    const check = setInterval(() => void this.#isSame().then((same) => same || end()), lifeCheckMs);
    const wanted = { stream: this.stream, subjects: subjectsOf(this.#parts), fromSeq: this.#place.seq + 1 };
    try {
      for await (const message of log.read({ ...wanted, signal: attempt.signal })) {
        const event = readEvent(this.#parts, message, logger);
        this.#place = { ...this.#place, seq: message.seq };
        if (event) this.#ring.push(event);
        for (const watcher of this.watchers) watcher.notice();
      }
    } finally {
      clearInterval(check);
      signal.removeEventListener('abort', end);
    }
  }

  /** Finds out where the bucket is, and whether it is the one that was read before. */
  async #settle(): Promise<void> {
    const { lastSeq, createdMs } = await this.#options.log.state(this.stream);
    const life = lifeOf(createdMs);
    if (life === this.#place.life && lastSeq >= this.#place.seq) return;
    this.#place = { seq: lastSeq, life };
    this.#ring = new EventRing(this.#place.seq + 1, this.#options.ringBytes);
    this.#started.resolve();
    for (const watcher of this.watchers) watcher.notice();
  }

  /** True also when the log does not say: its reader then waits, too. */
  async #isSame(): Promise<boolean> {
    const { seq, life } = this.#place; // before the answer: events go on meanwhile
    try {
      const { lastSeq, createdMs } = await this.#options.log.state(this.stream);
      return lifeOf(createdMs) === life && lastSeq >= seq;
    } catch (error) {
      return !isNoStream(error);
    }
  }
}
