/**
 * One bucket brought to one store: what a sink owns, drains and hands over.
 *
 *   waiting (no such bucket) ──▶ claiming ──▶ running ──▶ draining ──▶ ended
 *                                   └── fenced, failed, bucket made anew: dropped at once ──▶ ended
 *
 * Owns: the order of claim, reading, saving, comparing keys and draining. Does not own: the right to begin (ownership.ts),
 * lanes and repeats (lane-writer.ts), the store.
 *
 * Invariants (tested in bucket-sink.test.ts and bucket-sink.property.test.ts):
 * 1. In the end the store holds exactly what the bucket holds, but for what expired: whatever fails, is killed or moves.
 * 2. A position is saved only when everything up to it is written, or in DLQ.
 * 3. Memory is bounded: who reads waits while too much waits to be written.
 * 4. When it has ended, no write of it is under way (but for one that a store does not give up when told to).
 */
import type { Log, StoredMessage, StreamState } from '../log/log.ts';
import { bucketStream } from '../log/names.ts';
import type { OwnedPartition } from '../runtime/ownership.ts';
import type { RunnerEnd } from '../runtime/partition-runner.ts';
import type { SinkStatus } from '../runtime/status.ts';
import type { Logger } from '../telemetry/logger.ts';
import { Backlog } from './backlog.ts';
import { BucketGoneError, findBucket, isNoStream } from './bucket.ts';
import { BucketReader } from './bucket-reader.ts';
import { Freshness } from './freshness.ts';
import { LaneWriter } from './lane-writer.ts';
import { missedDeletes } from './missed-deletes.ts';
import { RefusedLetters } from './refused-letters.ts';
import { isUnavailable, type Patience, patiently, pause } from './retry.ts';
import type { SinkMeter } from './sink-meter.ts';
import { DEFAULT_SINK_PACE, type SinkPace } from './sink-pace.ts';
import { SinkFencedError, type SinkPosition, type SinkSource, type SinkTarget } from './sink-target.ts';
import { Stall } from './stall.ts';
import { missedDelete, readWaitingEntry } from './waiting-entry.ts';

export interface BucketSinkOptions {
  readonly log: Log;
  readonly target: SinkTarget;
  readonly source: SinkSource;
  readonly logger: Logger;
  readonly meter?: SinkMeter | undefined;
  readonly pace?: Partial<SinkPace> | undefined;
  /** Wait before the beginning: it has failed before. */
  readonly restMs?: number;
  readonly now?: () => number;
}

/** NATS gave no answer for so long: what was stored meanwhile may not be read yet. */
const SILENCE_MS = 60_000;
/** How long the end waits for a write that was told to stop. */
const SETTLE_MS = 2_000;

/** What there is once the bucket is claimed. */
interface Session {
  readonly createdMs: number;
  /** As claimed. */
  readonly life: number;
  readonly reader: BucketReader;
  readonly freshness: Freshness;
  saved: SinkPosition | undefined;
  /** NATS has answered. */
  aliveMs: number;
  comparing: boolean;
}

export class BucketSink implements OwnedPartition {
  readonly #options: BucketSinkOptions;
  readonly #pace: SinkPace;
  readonly #now: () => number;
  readonly #backlog: Backlog;
  readonly #writer: LaneWriter;
  readonly #stall: Stall;
  readonly #patience: Patience;
  /** Aborts: nothing more is read. */
  readonly #reading = new AbortController();
  /** Aborts: nothing more is written. */
  readonly #living = new AbortController();
  readonly #ended = Promise.withResolvers<RunnerEnd>();
  #state: SinkStatus['state'] = 'waiting';
  #session: Session | undefined;
  /** The round that looks after the session. */
  #watching: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | undefined;
  #finished = false;

  constructor(options: BucketSinkOptions) {
    this.#options = options;
    this.#pace = { ...DEFAULT_SINK_PACE, ...options.pace };
    this.#now = options.now ?? Date.now;
    this.#stall = new Stall(this.#pace.stallMs, this.#now);
    this.#backlog = new Backlog(this.#pace);
    const { target, source, log, logger, meter } = options;
    this.#writer = new LaneWriter({
      target,
      bucket: source.bucket,
      backlog: this.#backlog,
      letters: new RefusedLetters(log, logger, `sink-${target.name}`, source.bucket),
      pace: this.#pace,
      stall: this.#stall,
      meter,
      signal: this.#living.signal,
      onFailed: (error) => this.#fail(error),
    });
    this.#patience = {
      pace: this.#pace,
      stall: this.#stall,
      signal: this.#reading.signal,
      onRetry: () => void this.#writer.counts.retries++,
    };
  }

  get ended(): Promise<RunnerEnd> {
    return this.#ended.promise;
  }

  /** Resolves at once: a bucket that is not there yet, and a store that is away, are waited for. */
  start(): Promise<void> {
    this.#run().catch((error: unknown) => this.#failReading(error));
    return Promise.resolve();
  }

  /** Writes what was read and saves the position, as far as the store takes it in `drainMs`. */
  stop(): Promise<void> {
    this.#stopping ??= this.#drain();
    return this.#stopping;
  }

  status(): SinkStatus {
    const { target, source } = this.#options;
    const { written, deleted, refused, retries, throttled } = this.#writer.counts;
    const alarm = this.#stall.alarm();
    const waiting = this.#backlog.size;
    return {
      sink: `sink-${target.name}`,
      bucket: source.bucket,
      state: this.#state,
      position: this.#session ? this.#backlog.position(this.#session.reader.lastSeq) : 0,
      lagEntries: waiting + (this.#session?.reader.pending ?? 0),
      lagSeconds: this.#lagMs() / 1_000,
      waiting,
      written,
      deleted,
      refused,
      retries,
      throttled,
      ...(alarm !== undefined && { alarm }),
    };
  }

  async #run(): Promise<void> {
    await pause(this.#options.restMs ?? 0, this.#reading.signal);
    const bucket = await findBucket(this.#options.log, this.#options.source.bucket, this.#reading.signal);
    if (!bucket) return;
    this.#state = 'claiming';
    const session = await this.#claim(bucket);
    if (this.#reading.signal.aborted) return;
    this.#session = session;
    this.#state = 'running';
    this.#watching = this.#watch(session);
    await Promise.all([session.reader.run(), this.#watching]);
  }

  async #claim({ createdMs, lastSeq }: StreamState): Promise<Session> {
    const { target, source, log, logger } = this.#options;
    const claim = (life: number) => patiently('claim', this.#patience, () => target.claim(source.bucket, life));
    let life = createdMs;
    let saved = await claim(life);
    if (saved && saved.seq > lastSeq) {
      // Messages were lost (a copy was restored, a disk was not synced): their sequences are given again, to other values.
      logger.warn(`Bucket ${source.bucket} is older than what the store has of it: all of it is written anew`);
      life = this.#now();
      saved = await claim(life);
    }
    const reader = new BucketReader({
      log,
      source,
      afterSeq: saved?.seq ?? 0,
      signal: this.#reading.signal,
      take: (message) => this.#take(message),
      onCaughtUp: () => this.#compareWhenDue(),
    });
    const aliveMs = this.#now();
    const freshness = new Freshness(saved?.savedAtMs, aliveMs, this.#pace.missedMs);
    return { createdMs, life, reader, freshness, saved, aliveMs, comparing: false };
  }

  #take(message: StoredMessage): Promise<void> | undefined {
    const entry = readWaitingEntry(this.#options.source.bucket, message);
    if (entry) this.#writer.wake(this.#backlog.put(entry));
    return this.#backlog.room();
  }

  async #watch(session: Session): Promise<void> {
    const { signal } = this.#reading;
    for (;;) {
      await pause(this.#pace.saveMs, signal);
      if (signal.aborted) return;
      await this.#look(session);
      this.#refresh(session);
      this.#compareWhenDue();
      await this.#saveWhenDue(session);
    }
  }

  /** Is NATS there, and is it still the same bucket? */
  async #look(session: Session): Promise<void> {
    const askedMs = this.#now();
    const { log, source } = this.#options;
    try {
      const { createdMs } = await log.state(bucketStream(source.bucket));
      if (createdMs !== session.createdMs) throw new BucketGoneError(source.bucket);
    } catch (error) {
      if (isUnavailable(error)) return;
      throw isNoStream(error) ? new BucketGoneError(source.bucket) : error;
    }
    if (askedMs - session.aliveMs > SILENCE_MS) session.reader.lookAgain();
    session.aliveMs = askedMs;
  }

  #refresh({ reader, freshness, aliveMs }: Session): void {
    const readMs = reader.isCaughtUp ? aliveMs : (reader.lastStoredMs ?? 0);
    freshness.advance(Math.min(readMs, this.#backlog.oldest()?.sinceMs ?? readMs), this.#now());
  }

  #compareWhenDue(): void {
    const session = this.#session;
    if (!session || session.comparing || !session.freshness.isDue || !session.reader.isCaughtUp) return;
    session.comparing = true;
    this.#compare(session)
      .catch((error: unknown) => this.#failReading(error))
      .finally(() => {
        session.comparing = false;
      });
  }

  /** Deletes from the store what was deleted from the bucket while nobody read it. */
  async #compare({ reader, freshness }: Session): Promise<void> {
    const { log, target, source, logger } = this.#options;
    const { bucket } = source;
    const sinceMs = this.#now();
    const isUnderWay = (key: string) => this.#backlog.has(key);
    const found = await patiently('compare', this.#patience, async () => {
      let count = 0;
      const { signal } = this.#reading;
      for await (const { key, revision } of missedDeletes({ log, target, bucket, isUnderWay, signal })) {
        const entry = missedDelete(key, revision, reader.lastSeq + 1, this.#now());
        this.#writer.wake(this.#backlog.putWatched(entry));
        count++;
        await this.#backlog.room();
      }
      return count;
    });
    await this.#backlog.watchedWritten();
    freshness.compared(Math.min(sinceMs, this.#backlog.oldest()?.sinceMs ?? sinceMs));
    if (found > 0) logger.warn(`${found} keys that bucket ${bucket} does not have any more are deleted from the store`);
  }

  async #saveWhenDue(session: Session): Promise<void> {
    const { saved, reader, freshness } = session;
    const hasMoved = saved?.seq !== this.#backlog.position(reader.lastSeq);
    const isOld = freshness.asOfMs - (saved?.savedAtMs ?? 0) >= this.#pace.idleSaveMs;
    if (!hasMoved && !isOld) return;
    try {
      await this.#save(session);
      this.#stall.succeeded('save');
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      this.#stall.failed('save', error);
    }
  }

  async #save(session: Session): Promise<void> {
    const { life, reader, freshness } = session;
    const position = { life, seq: this.#backlog.position(reader.lastSeq), savedAtMs: freshness.asOfMs };
    await this.#options.target.save(this.#options.source.bucket, position);
    session.saved = position;
  }

  async #drain(): Promise<void> {
    this.#state = 'draining';
    this.#reading.abort();
    await within(this.#pace.drainMs, Promise.race([this.#flush(), this.ended]));
    await this.#finish({ kind: 'stopped' });
    await this.ended;
  }

  async #flush(): Promise<void> {
    const session = this.#session;
    if (!session) return;
    await this.#watching.catch(() => {}); // it may be saving
    await this.#backlog.emptied();
    this.#refresh(session);
    const patience = { ...this.#patience, signal: this.#living.signal };
    await patiently('save', patience, () => this.#save(session)).catch(() => {}); // the next owner writes a little again
  }

  /** Who reads no more has nothing to fail at. */
  #failReading(error: unknown): void {
    if (!this.#reading.signal.aborted) this.#fail(error);
  }

  #fail(error: unknown): void {
    if (error instanceof SinkFencedError) void this.#finish({ kind: 'fenced' });
    else void this.#finish({ kind: 'failed', error: error instanceof Error ? error : new Error(String(error)) });
  }

  async #finish(end: RunnerEnd): Promise<void> {
    if (this.#finished) return;
    this.#finished = true;
    this.#reading.abort();
    this.#living.abort();
    await within(SETTLE_MS, this.#writer.settled());
    this.#ended.resolve(end);
  }

  #lagMs(): number {
    const session = this.#session;
    if (!session) return 0;
    const { pending, lastStoredMs } = session.reader;
    const sinceMs = this.#backlog.oldest()?.sinceMs ?? (pending > 0 ? lastStoredMs : undefined);
    return sinceMs === undefined ? 0 : Math.max(0, this.#now() - sinceMs);
  }
}

/** Resolves with the work, or after this long without it. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  await Promise.race([work, pause(ms, over.signal)]);
  over.abort();
}
