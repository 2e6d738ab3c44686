/**
 * One bucket brought to one store: what a sink owns, drains and hands over.
 *
 *   waiting (no such bucket) ──▶ claiming ──▶ running ──▶ draining ──▶ ended
 *                                   └── fenced, failed, bucket made anew: dropped at once ──▶ ended
 *
 * Owns: the claim, the end, the status. Does not own: the right to begin (ownership.ts), reading and positions
 * (bucket-session.ts), lanes and repeats (lane-writer.ts), the store.
 *
 * Invariants (tested in bucket-sink*.test.ts):
 * 1. In the end the store holds exactly what the bucket holds, but for what expired: whatever fails, is killed or moves.
 *    What it holds of the bucket from before that was made anew stays until its key comes again: the mesh's own data may
 *    be lost, and then nothing else has it.
 * 2. A position is saved only when everything up to it is written, or in DLQ.
 * 3. Memory is bounded: who reads waits while too much waits to be written.
 * 4. When it has ended, no write of it is under way (but for one that a store does not give up when told to).
 */
import type { Log, StreamState } from '../log/log.ts';
import type { OwnedPartition } from '../runtime/ownership.ts';
import type { RunnerEnd } from '../runtime/partition-runner.ts';
import type { SinkStatus } from '../runtime/status.ts';
import type { Logger } from '../telemetry/logger.ts';
import { Backlog } from './backlog.ts';
import { findBucket } from './bucket.ts';
import { BucketSession } from './bucket-session.ts';
import { firstLife, nextLife } from './life.ts';
import { LaneWriter } from './lane-writer.ts';
import { RefusedLetters } from './refused-letters.ts';
import { type Patience, patiently, pause } from './retry.ts';
import type { SinkMeter } from './sink-meter.ts';
import { DEFAULT_SINK_PACE, type SinkPace } from './sink-pace.ts';
import { SinkFencedError, type SinkPosition, type SinkSource, type SinkTarget } from './sink-target.ts';
import { Stall } from './stall.ts';

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

/** How long the end waits for a write that was told to stop. */
const SETTLE_MS = 2_000;

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
  #session: BucketSession | undefined;
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
      position: this.#session?.position ?? 0,
      lagEntries: waiting + (this.#session?.unread ?? 0),
      lagSeconds: (this.#session?.lagMs ?? 0) / 1_000,
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
    const { signal } = this.#reading;
    await pause(this.#options.restMs ?? 0, signal);
    const bucket = await findBucket(this.#options.log, this.#options.source.bucket, signal);
    if (!bucket) return;
    this.#state = 'claiming';
    const session = await this.#claim(bucket);
    if (signal.aborted) return;
    this.#session = session;
    this.#state = 'running';
    await session.run();
  }

  async #claim({ createdMs, lastSeq }: StreamState): Promise<BucketSession> {
    const life = firstLife(createdMs);
    const claimed = await this.#claimLife(life);
    const saved = claimed && claimed.seq <= lastSeq ? claimed : await this.#begin(life, claimed);
    return new BucketSession({
      ...this.#options,
      backlog: this.#backlog,
      writer: this.#writer,
      patience: this.#patience,
      now: this.#now,
      createdMs,
      lastSeq,
      saved,
      onFailed: (error) => this.#failReading(error),
    });
  }

  #claimLife(life: number): Promise<SinkPosition | undefined> {
    const { target, source } = this.#options;
    return patiently('claim', this.#patience, () => target.claim(source.bucket, life));
  }

  /**
   * Saved before anything is written: by the next start deletes may have been missed, or the stream may have grown beyond
   * what was lost. `lost`: a position that the stream does not reach any more.
   */
  async #begin(life: number, lost: SinkPosition | undefined): Promise<SinkPosition> {
    const { target, source, logger } = this.#options;
    // The store has nothing of this stream yet: there is nothing to compare.
    let first: SinkPosition = { life, seq: 0, savedAtMs: this.#now() };
    if (lost) {
      // Messages were lost (a copy was restored, a disk was not synced): their sequences are given again, to other values.
      logger.warn(`Bucket ${source.bucket} is older than what the store has of it: all of it is written anew`);
      // Keys may be gone that the store has: an old date has them compared.
      first = { life: nextLife(lost.life), seq: 0, savedAtMs: 0 };
      await this.#claimLife(first.life);
    }
    await patiently('save', this.#patience, () => target.save(source.bucket, first));
    return first;
  }

  async #drain(): Promise<void> {
    this.#state = 'draining';
    this.#reading.abort();
    const flushed = this.#session?.flush(this.#living.signal).catch(() => {}); // else the next owner writes a little again
    await within(this.#pace.drainMs, Promise.race([flushed, this.ended]));
    await this.#finish({ kind: 'stopped' });
    await this.ended;
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
}

/** Resolves with the work, or after this long without it. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  await Promise.race([work, pause(ms, over.signal)]);
  over.abort();
}
