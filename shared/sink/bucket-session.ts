/**
 * A bucket that this process has claimed: read from where the store has it, looked after, saved.
 *
 * Owns: the reader, the position, how fresh it is, comparing keys. Does not own: writes (lane-writer.ts), the claim and
 * the end (bucket-sink.ts).
 */
import type { Log, StoredMessage } from '../log/log.ts';
import { bucketStream } from '../log/names.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Backlog } from './backlog.ts';
import { BucketGoneError, isNoStream } from './bucket.ts';
import { BucketReader } from './bucket-reader.ts';
import { Freshness } from './freshness.ts';
import type { LaneWriter } from './lane-writer.ts';
import { missedDeletes } from './missed-deletes.ts';
import { isUnavailable, type Patience, patiently, pause } from './retry.ts';
import type { SinkPosition, SinkSource, SinkTarget } from './sink-target.ts';
import { missedDelete, readWaitingEntry } from './waiting-entry.ts';

export interface BucketSessionOptions {
  readonly log: Log;
  readonly target: SinkTarget;
  readonly source: SinkSource;
  readonly logger: Logger;
  readonly backlog: Backlog;
  readonly writer: LaneWriter;
  /** Its signal aborts: nothing more is read. */
  readonly patience: Patience;
  readonly now: () => number;
  /** Of the stream. */
  readonly createdMs: number;
  readonly lastSeq: number;
  /** Where the store is now. */
  readonly saved: SinkPosition;
  /** Comparing keys has ended by an error. */
  onFailed(error: unknown): void;
}

/** NATS gave no answer for so long: what was stored meanwhile may not be read yet. */
const SILENCE_MS = 60_000;

export class BucketSession {
  readonly #options: BucketSessionOptions;
  readonly #reader: BucketReader;
  readonly #freshness: Freshness;
  readonly #signal: AbortSignal;
  #saved: SinkPosition;
  /** When NATS has answered last, and the end of the stream then. */
  #aliveMs: number;
  #lastSeq: number;
  #isComparing = false;
  /** The round that looks after all of it. */
  #watching: Promise<void> = Promise.resolve();

  constructor(options: BucketSessionOptions) {
    const { log, source, saved, patience, now, lastSeq } = options;
    this.#options = options;
    this.#signal = patience.signal;
    this.#saved = saved;
    this.#lastSeq = lastSeq;
    this.#aliveMs = now();
    this.#freshness = new Freshness(saved.savedAtMs, this.#aliveMs, patience.pace.missedMs);
    this.#reader = new BucketReader({
      log,
      source,
      afterSeq: saved.seq,
      signal: this.#signal,
      take: (message) => this.#take(message),
      onCaughtUp: () => this.#compareWhenDue(),
    });
  }

  /** Everything up to here is written. */
  get position(): number {
    return this.#options.backlog.position(this.#reader.lastSeq);
  }

  /** Messages not yet read. Who is held back does not hear how many come behind: all stored since, wanted or not. */
  get unread(): number {
    const { pending, lastSeq } = this.#reader;
    return this.#options.backlog.room() ? Math.max(pending, this.#lastSeq - lastSeq) : pending;
  }

  get lagMs(): number {
    const { backlog, now } = this.#options;
    const { pending, lastStoredMs } = this.#reader;
    const sinceMs = backlog.oldest()?.sinceMs ?? (pending > 0 ? lastStoredMs : undefined);
    return sinceMs === undefined ? 0 : Math.max(0, now() - sinceMs);
  }

  /** Until the signal aborts. */
  async run(): Promise<void> {
    this.#watching = this.#watch();
    await Promise.all([this.#reader.run(), this.#watching]);
  }

  /** What was read is written and the position saved, as far as it goes before this signal aborts. */
  async flush(signal: AbortSignal): Promise<void> {
    await this.#watching.catch(() => {}); // it may be saving
    await this.#options.backlog.emptied();
    this.#refresh();
    await patiently('save', { ...this.#options.patience, signal }, () => this.#save());
  }

  #take(message: StoredMessage): Promise<void> | undefined {
    const { backlog, writer, source } = this.#options;
    const entry = readWaitingEntry(source.bucket, message);
    if (entry) writer.wake(backlog.put(entry));
    return backlog.room();
  }

  async #watch(): Promise<void> {
    for (;;) {
      await pause(this.#options.patience.pace.saveMs, this.#signal);
      if (this.#signal.aborted) return;
      await this.#look();
      this.#refresh();
      this.#compareWhenDue();
      await this.#saveWhenDue();
    }
  }

  /** Is NATS there, and is it still the same bucket? */
  async #look(): Promise<void> {
    const { log, source, now, createdMs } = this.#options;
    const askedMs = now();
    try {
      const state = await log.state(bucketStream(source.bucket));
      if (state.createdMs !== createdMs) throw new BucketGoneError(source.bucket);
      this.#lastSeq = state.lastSeq;
    } catch (error) {
      if (isUnavailable(error)) return;
      throw isNoStream(error) ? new BucketGoneError(source.bucket) : error;
    }
    if (askedMs - this.#aliveMs > SILENCE_MS) this.#reader.lookAgain();
    this.#aliveMs = askedMs;
  }

  #refresh(): void {
    const { backlog, now } = this.#options;
    const readMs = this.#reader.isCaughtUp ? this.#aliveMs : (this.#reader.lastStoredMs ?? 0);
    this.#freshness.advance(Math.min(readMs, backlog.oldest()?.sinceMs ?? readMs), now());
  }

  #compareWhenDue(): void {
    if (this.#isComparing || !this.#freshness.isDue || !this.#reader.isCaughtUp) return;
    this.#isComparing = true;
    this.#compare()
      .catch((error: unknown) => this.#options.onFailed(error))
      .finally(() => {
        this.#isComparing = false;
      });
  }

  /** Deletes from the store what was deleted from the bucket while nobody read it. */
  async #compare(): Promise<void> {
    const { source, logger, backlog, patience, now } = this.#options;
    const sinceMs = now();
    const found = await patiently('compare', patience, () => this.#putMissedDeletes());
    await backlog.watchedWritten();
    this.#freshness.compared(Math.min(sinceMs, backlog.oldest()?.sinceMs ?? sinceMs));
    if (found > 0)
      logger.warn(`${found} keys that bucket ${source.bucket} does not have any more are deleted from the store`);
  }

  async #putMissedDeletes(): Promise<number> {
    const { log, target, source, backlog, writer, now } = this.#options;
    const isUnderWay = (key: string) => backlog.has(key);
    const query = { log, target, bucket: source.bucket, isUnderWay, signal: this.#signal };
    let found = 0;
    for await (const { key, revision } of missedDeletes(query)) {
      writer.wake(backlog.putWatched(missedDelete(key, revision, this.#reader.lastSeq + 1, now())));
      found++;
      await backlog.room();
    }
    return found;
  }

  async #saveWhenDue(): Promise<void> {
    const { stall, pace } = this.#options.patience;
    const hasMoved = this.#saved.seq !== this.position;
    const isOld = this.#freshness.asOfMs - this.#saved.savedAtMs >= pace.idleSaveMs;
    if (!hasMoved && !isOld) return;
    try {
      await this.#save();
      stall.succeeded('save');
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      stall.failed('save', error);
    }
  }

  async #save(): Promise<void> {
    const { target, source } = this.#options;
    const position = { life: this.#saved.life, seq: this.position, savedAtMs: this.#freshness.asOfMs };
    await target.save(source.bucket, position);
    this.#saved = position;
  }
}
