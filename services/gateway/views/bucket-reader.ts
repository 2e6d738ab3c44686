/**
 * Follows the live values of a bucket: first what is stored, then every change, for as long as it takes.
 * Owns the reading. Does not own what is kept of it: a view gives it two functions.
 *
 * Invariants (sales-view.test.ts):
 * 1. The bucket may come later than the gateway, and the reader may fail: it starts again, after `reset`.
 * 2. `current` only after everything that was stored at the start has been applied.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { z } from '@hono/zod-openapi';
import type { Log, StoredMessage } from '../../../shared/log/log.ts';
import { bucketStream, keySubject, subjectKey } from '../../../shared/log/names.ts';
import { entryText, isDeleteMarker } from '../../../shared/store/entry.ts';
import type { Logger } from '../../../shared/telemetry/logger.ts';

const RETRY_MS = 1_000;

/** `waiting`: nothing seen yet. `loading`: reading what is stored. `current`: up to date. */
export type ViewState = 'waiting' | 'loading' | 'current';

export interface ViewOptions {
  readonly log: Log;
  readonly logger: Logger;
  /** Values kept of each kind. */
  readonly capacity?: number;
  readonly now?: () => number;
  /** Pause before the reader starts again. */
  readonly retryMs?: number;
}

export interface BucketSink {
  /** Everything is read again: what was deleted while nobody read is not said again. */
  reset(): void;
  apply(key: string, message: StoredMessage): void;
}

export class BucketReader implements AsyncDisposable {
  readonly #options: ViewOptions;
  readonly #bucket: string;
  /** Of keys, with wildcards: `*.alert.>`. */
  readonly #filters: readonly string[];
  readonly #sink: BucketSink;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #state: ViewState = 'waiting';

  constructor(options: ViewOptions, bucket: string, filters: readonly string[], sink: BucketSink) {
    this.#options = options;
    this.#bucket = bucket;
    this.#filters = filters;
    this.#sink = sink;
    this.#running = this.#follow();
  }

  get state(): ViewState {
    return this.#state;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    const { logger, retryMs = RETRY_MS } = this.#options;
    while (!signal.aborted) {
      try {
        await this.#read(signal);
      } catch (error) {
        logger.debug(`Bucket ${this.#bucket} is not readable yet`, { because: error });
      }
      if (!signal.aborted) await pause(retryMs, undefined, { signal }).catch(() => {});
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    const subjects = this.#filters.map((filter) => keySubject(this.#bucket, filter));
    const stream = bucketStream(this.#bucket);
    this.#state = 'waiting';
    this.#sink.reset();
    for await (const message of this.#options.log.read({ stream, subjects, lastPerSubject: true, signal })) {
      this.#sink.apply(subjectKey(this.#bucket, message.subject), message);
      if (this.#state !== 'current') this.#state = message.pending === 0 ? 'current' : 'loading';
    }
  }
}

export interface Kept<V> {
  readonly value: V;
  /** ms; Infinity when the entry has no lifetime. The server tells nobody when an entry expires. */
  readonly expiresMs: number;
}

/** The value of an entry; undefined: it is deleted, or not what the schema says, which is reported. */
export function keptValue<V>(schema: z.ZodType<V>, message: StoredMessage, logger: Logger): Kept<V> | undefined {
  if (isDeleteMarker(message)) return undefined;
  const parsed = schema.safeParse(parseJson(entryText(message)));
  if (parsed.success) return { value: parsed.data, expiresMs: expiryOf(message) };
  logger.warn('Left out an entry that is not as expected', { subject: message.subject });
  return undefined;
}

function expiryOf(message: StoredMessage): number {
  const seconds = /^(\d+)s$/.exec(message.header('Nats-TTL') ?? '')?.[1];
  return seconds === undefined ? Number.POSITIVE_INFINITY : message.timeMs + Number(seconds) * 1000;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
