/**
 * Brings what waits in the lanes of one bucket to the store: one write in flight a lane.
 *
 * Owns: the loops of lanes, batches, repeats, what becomes of refused entries. Does not own: reading, positions.
 *
 * Invariants (tested in bucket-sink.test.ts):
 * 1. No key is in two writes at once.
 * 2. A value waits only while a write of its lane is in flight, or the store wants less.
 * 3. Nothing is dropped: a batch that was not written, or not wholly, is written again, until the signal aborts.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { Backlog } from './backlog.ts';
import type { Lane } from './lane.ts';
import type { RefusalKind, RefusedLetters } from './refused-letters.ts';
import { backOffMs, isUnavailable, pause } from './retry.ts';
import type { SinkMeter } from './sink-meter.ts';
import type { SinkPace } from './sink-pace.ts';
import { type SinkEntry, type SinkTarget, SinkUnavailableError } from './sink-target.ts';
import type { Stall } from './stall.ts';
import { toSinkEntry, type WaitingEntry } from './waiting-entry.ts';
import { type Grant, WritePace } from './write-pace.ts';

export interface LaneWriterOptions {
  readonly target: SinkTarget;
  readonly bucket: string;
  readonly backlog: Backlog;
  readonly letters: RefusedLetters;
  readonly pace: SinkPace;
  readonly stall: Stall;
  readonly meter?: SinkMeter | undefined;
  /** Nothing is written any more. */
  readonly signal: AbortSignal;
  /** Writing has ended: fenced, or by an error that repeating does not mend. */
  onFailed(error: unknown): void;
}

export class LaneWriter {
  readonly #options: LaneWriterOptions;
  readonly #grants: WritePace;
  readonly #working = new Set<Promise<void>>();
  #back = new AbortController();
  #resting = 0;
  readonly counts = { written: 0, deleted: 0, refused: 0, retries: 0, throttled: 0 };

  constructor(options: LaneWriterOptions) {
    this.#options = options;
    this.#grants = new WritePace(options.target.batchSize, options.backlog.lanes.length);
  }

  /** Something waits in this lane. */
  wake(lane: Lane): void {
    if (lane.isBusy) return;
    lane.isBusy = true;
    const work = this.#work(lane)
      .catch((error: unknown) => this.#options.onFailed(error))
      .finally(() => this.#working.delete(work));
    this.#working.add(work);
  }

  /** Resolves when no write is under way; to be asked after the signal has aborted. */
  async settled(): Promise<void> {
    await Promise.all(this.#working);
  }

  async #work(lane: Lane): Promise<void> {
    const { signal, stall, pace } = this.#options;
    await turn(); // what was read together is written together
    for (let attempt = 0; lane.waiting > 0 && !signal.aborted; ) {
      const grant = await this.#grants.take(lane.waiting);
      if (signal.aborted) {
        this.#grants.giveBack(grant); // others wait for one
        break;
      }
      const problem = await this.#writeBatch(lane, grant);
      if (problem === undefined) {
        attempt = 0;
        stall.succeeded(lane);
        this.#wakeResting();
        continue;
      }
      stall.failed(lane, problem);
      await this.#rest(backOffMs(attempt++, pace), problem);
    }
    lane.isBusy = false;
  }

  /** A store that was away and takes something takes all: nobody rests longer. One that is overloaded gets its rest. */
  async #rest(ms: number, problem: Error): Promise<void> {
    const { signal } = this.#options;
    if (isOverload(problem)) return pause(ms, signal);
    this.#resting++;
    await pause(ms, AbortSignal.any([signal, this.#back.signal]));
    this.#resting--;
  }

  #wakeResting(): void {
    if (this.#resting === 0) return;
    this.#back.abort();
    this.#back = new AbortController();
  }

  /** Returns why it has to be written again. */
  async #writeBatch(lane: Lane, grant: Grant): Promise<Error | undefined> {
    const { backlog } = this.#options;
    const batch = lane.take(grant.entries);
    try {
      await this.#write(batch);
      backlog.written(lane);
      this.#grants.taken(grant);
      return undefined;
    } catch (error) {
      backlog.restore(lane);
      const isThrottled = isOverload(error);
      if (isThrottled) this.#grants.throttled(grant);
      else this.#grants.giveBack(grant);
      if (!isUnavailable(error)) throw error;
      this.counts.retries++;
      if (isThrottled) this.counts.throttled++;
      return error;
    }
  }

  async #write(batch: readonly WaitingEntry[]): Promise<void> {
    const { target, bucket, signal, meter } = this.#options;
    const byKey = new Map(batch.map((entry) => [entry.key, entry]));
    const entries = await this.#readable(batch);
    if (entries.length === 0) return;
    const startedMs = performance.now();
    const refused = await target.write(bucket, entries, signal);
    meter?.written(bucket, entries.length, performance.now() - startedMs);
    for (const { key, reason } of refused) {
      const entry = byKey.get(key);
      if (entry) await this.#refuse(entry, 'refused', reason);
    }
    const deleted = entries.reduce((sum, { value }) => (value === undefined ? sum + 1 : sum), 0);
    this.counts.deleted += deleted;
    this.counts.written += entries.length - deleted - refused.length;
  }

  async #readable(batch: readonly WaitingEntry[]): Promise<SinkEntry[]> {
    const entries: SinkEntry[] = [];
    for (const waiting of batch) {
      try {
        entries.push(toSinkEntry(waiting));
      } catch (error) {
        const reason = `Cannot read the value: ${error instanceof Error ? error.message : String(error)}`;
        await this.#refuse(waiting, 'unreadable', reason);
      }
    }
    return entries;
  }

  async #refuse(entry: WaitingEntry, kind: RefusalKind, reason: string): Promise<void> {
    if (await this.#options.letters.write(entry, kind, reason)) this.counts.refused++;
  }
}

function isOverload(error: unknown): boolean {
  return error instanceof SinkUnavailableError && error.kind === 'throttled';
}
