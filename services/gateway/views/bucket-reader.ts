/**
 * Follows the live values of a bucket: first what is stored, then every change, for as long as it takes.
 * Owns the reading. Does not own what is kept of it: a view gives it two functions.
 *
 * Invariants (sales-view.test.ts, region-health-view.test.ts):
 * 1. The bucket may come later than the gateway, and the reader may fail: it starts again, after `reset`.
 * 2. `current` only after everything that was stored at the start has been applied.
 * 3. Of a bucket that is too large to be read whole, the part that was written last is read, and `reset` is told.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { z } from '@hono/zod-openapi';
import type { Log, StoredMessage } from '../../../shared/log/log.ts';
import { bucketStream, keySubject, subjectKey } from '../../../shared/log/names.ts';
import { entryText, isDeleteMarker } from '../../../shared/store/entry.ts';
import type { Logger } from '../../../shared/telemetry/logger.ts';
import { isNoStream } from './optional-bucket.ts';

const RETRY_MS = 1_000;
/**
 * Every owner of a partition writes one when it loads it (shared/store/image.ts). A reader is told nothing while there
 * is nothing to read, so a view that reads them too can tell an empty bucket from one that nobody writes.
 */
export const MARKERS = '*.marker';

/**
 * `waiting`: nothing seen yet. `absent`: there is no such bucket. `loading`: reading what is stored.
 * `current`: up to date.
 */
export type ViewState = 'waiting' | 'absent' | 'loading' | 'current';

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
  /**
   * Everything is read again: what was deleted while nobody read is not said again.
   * `isWhole` false: what was written longest ago is not read.
   */
  reset(isWhole: boolean): void;
  apply(key: string, message: StoredMessage): void;
}

export interface BucketPart {
  readonly bucket: string;
  /** Of keys, with wildcards: `*.alert.>`. */
  readonly keys: readonly string[];
  /** Only keys among this many last writes to the bucket; absent: all. */
  readonly newest?: number;
}

export class BucketReader implements AsyncDisposable {
  readonly #options: ViewOptions;
  readonly #part: BucketPart;
  readonly #sink: BucketSink;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #state: ViewState = 'waiting';

  constructor(options: ViewOptions, part: BucketPart, sink: BucketSink) {
    this.#options = options;
    this.#part = part;
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
        if (isNoStream(error)) this.#state = 'absent';
        logger.debug(`Bucket ${this.#part.bucket} is not readable yet`, { because: error });
      }
      if (!signal.aborted) await pause(retryMs, undefined, { signal }).catch(() => {});
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { bucket, keys } = this.#part;
    const subjects = keys.map((key) => keySubject(bucket, key));
    const stream = bucketStream(bucket);
    if (this.#state !== 'absent') this.#state = 'waiting';
    const { isWhole, ...from } = await this.#start(stream);
    this.#sink.reset(isWhole);
    for await (const message of this.#options.log.read({ stream, subjects, ...from, signal })) {
      this.#sink.apply(subjectKey(bucket, message.subject), message);
      if (this.#state !== 'current') this.#state = message.pending === 0 ? 'current' : 'loading';
    }
  }

  async #start(stream: string): Promise<{ isWhole: boolean; lastPerSubject?: true; fromSeq?: number }> {
    const { newest } = this.#part;
    if (newest === undefined) return { isWhole: true, lastPerSubject: true };
    const { firstSeq, lastSeq } = await this.#options.log.state(stream);
    const fromSeq = Math.max(firstSeq, lastSeq - newest + 1, 1);
    return { isWhole: fromSeq <= firstSeq, fromSeq };
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
