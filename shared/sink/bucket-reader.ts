/**
 * Reads the wanted keys of one bucket's stream, from a sequence on, as fast as they are taken.
 *
 * Invariants (tested in bucket-sink.test.ts):
 * 1. Every message is given to `take` once, in the order of the stream; the next one when `take` has it.
 * 2. `isCaughtUp` holds when all that was stored before it was last known has been taken.
 */
import type { Log, StoredMessage } from '../log/log.ts';
import { bucketStream, keySubject } from '../log/names.ts';
import type { SinkSource } from './sink-target.ts';

export interface BucketReaderOptions {
  readonly log: Log;
  readonly source: SinkSource;
  /** Read before. */
  readonly afterSeq: number;
  readonly signal: AbortSignal;
  /** May wait: then nothing is read meanwhile. */
  take(message: StoredMessage): Promise<void> | undefined;
  onCaughtUp(): void;
}

export class BucketReader {
  readonly #options: BucketReaderOptions;
  #atEnd = false;
  #again = new AbortController();
  /** Of the last message that was taken. */
  lastSeq: number;
  lastStoredMs: number | undefined;
  /** Messages behind it, when it came. */
  pending = 0;

  constructor(options: BucketReaderOptions) {
    this.#options = options;
    this.lastSeq = options.afterSeq;
  }

  get isCaughtUp(): boolean {
    return this.#atEnd && this.pending === 0;
  }

  /** NATS was away: whether all is read must be found out anew. */
  lookAgain(): void {
    this.#atEnd = false;
    this.#again.abort();
  }

  /** Ends when the signal aborts. */
  async run(): Promise<void> {
    const { signal, onCaughtUp } = this.#options;
    do {
      this.#again = new AbortController();
      await this.#read(true, signal);
      if (signal.aborted) return;
      this.#atEnd = true;
      this.pending = 0;
      onCaughtUp();
      await this.#read(false, AbortSignal.any([signal, this.#again.signal]));
    } while (this.#again.signal.aborted); // anything else ends the log for good
  }

  async #read(toEnd: boolean, signal: AbortSignal): Promise<void> {
    const { log, source } = this.#options;
    const subjects = source.keys.map((pattern) => keySubject(source.bucket, pattern));
    const stream = bucketStream(source.bucket);
    for await (const message of log.read({ stream, subjects, fromSeq: this.lastSeq + 1, toEnd, signal })) {
      const taken = this.#options.take(message);
      this.lastSeq = message.seq;
      this.lastStoredMs = message.timeMs;
      this.pending = message.pending;
      if (taken) await taken;
    }
  }
}
