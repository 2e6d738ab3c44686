/**
 * One stage partition at work: folds what the feed brings, commits, and keeps KV up to date behind it.
 *
 * Owns its loops (commits, results to KV, private state to KV) and their pace. Does not own the right to run (ownership.ts) or reading
 * (feed.ts).
 *
 * Invariants (tested in partition-runner.test.ts and by the law):
 * 1. One commit in flight; folding goes on meanwhile, and the next commit takes all that changed.
 * 2. After FencedError nothing more is folded, committed or put.
 * 3. `stop` commits and applies everything folded before it resolves.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { StageDefinition } from '../events/stage.ts';
import { type Log, LogUnavailableError } from '../log/log.ts';
import { logStream, logSubject } from '../log/names.ts';
import { readEntry } from '../store/entry.ts';
import { FencedError } from './committer.ts';
import { downstreamSeq } from './downstream-hold.ts';
import { LatePublisher } from './late-publisher.ts';
import type { InputMessage } from './partition-state.ts';
import type { AppliedState } from '../store/applied-state.ts';
import { DEFAULT_PACE, type Pace } from './pace.ts';
import { type Recovered, recoverPartition } from './recovery.ts';
import { Signal } from './signal.ts';
import type { StageStatus } from './status.ts';

export interface RunnerOptions {
  readonly log: Log;
  readonly definition: StageDefinition<never>;
  readonly partition: string;
  /** The stage that reads this one's log, if any: commits it has not folded are not purged. */
  readonly downstream?: string;
  readonly pace?: Partial<Pace>;
}

const MAX_REST_MS = 5_000;
/** Longest rest for how long the last commit or flush took: one that was slow by chance must not hold up the next. */
const MAX_LOAD_REST_MS = 100;
const RETRY_MS = 250;
const MAX_COMMIT_BYTES = 2 * 1024 * 1024;

export type RunnerEnd =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'fenced' }
  | { readonly kind: 'failed'; readonly error: Error };

export class PartitionRunner {
  readonly #options: RunnerOptions;
  readonly #pace: Pace;
  readonly #late: LatePublisher;
  readonly #commitDue = new Signal();
  readonly #resultsDue = new Signal();
  readonly #applyDue = new Signal();
  readonly #stopping = new Signal();
  readonly #committedOnce = new Signal();
  /** There is no time to rest before the next commit. */
  readonly #hurry = new Signal();
  readonly #ended = Promise.withResolvers<RunnerEnd>();
  #recovered: Recovered | undefined;
  #phase: StageStatus['state'] = 'recovering';
  #over = false;
  #drained = false;
  #n = 0;
  #proofs: PromiseWithResolvers<void>[] = [];
  #events = 0;
  #commits = 0;
  #lag: { frames: number; seconds: number } = { frames: 0, seconds: 0 };

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#pace = { ...DEFAULT_PACE, ...options.pace };
    this.#late = new LatePublisher(options.log, options.definition.service, options.partition);
  }

  /** Settles when this runner is over, for whatever reason. */
  get ended(): Promise<RunnerEnd> {
    return this.#ended.promise;
  }

  get partition(): string {
    return this.#options.partition;
  }

  /** Position up to which the input is folded: the feed goes on behind it. */
  get position(): number {
    return this.#recovered?.state.position ?? 0;
  }

  /** Fences former owners and loads the partition. Rejects with FencedError when somebody else was faster. */
  async recover(): Promise<void> {
    const { log, definition, partition } = this.#options;
    const proveOwnership = () => this.#prove();
    this.#recovered = await recoverPartition({ log, definition, partition, late: this.#late, proveOwnership });
    this.#phase = 'running';
    if (this.#recovered.image.hasResults) this.#resultsDue.raise(); // replayed commits that KV lacks
    void this.#run(this.#recovered);
  }

  /** Folds one message of the input. */
  fold(message: InputMessage & { readonly timeMs: number; readonly pending: number }): void {
    const recovered = this.#recovered;
    if (!recovered || this.#phase !== 'running' || this.#over) return;
    try {
      this.#events += recovered.state.fold(message);
    } catch (cause) {
      const error = new Error(`Cannot fold message ${message.seq} of "${message.subject}"`, { cause });
      this.#end({ kind: 'failed', error });
      return;
    }
    this.#lag = { frames: message.pending, seconds: message.pending === 0 ? 0 : (Date.now() - message.timeMs) / 1000 };
    this.#schedule(recovered);
  }

  /** Undefined when more can be folded now; otherwise resolves when it can. */
  backPressure(): Promise<void> | undefined {
    const recovered = this.#recovered;
    if (this.#over || !recovered) return undefined;
    if (!this.#isFull(recovered)) return undefined;
    this.#hurry.raise();
    return this.#committedOnce.wait();
  }

  /** Commits and applies all that is folded, then ends. Idempotent. */
  async stop(): Promise<void> {
    if (this.#phase === 'running') this.#phase = 'draining';
    if (!this.#recovered) this.#end({ kind: 'stopped' });
    this.#wake();
    await this.ended;
  }

  status(): StageStatus {
    const { definition, partition } = this.#options;
    const recovered = this.#recovered;
    const watermark = recovered?.state.watermark;
    return {
      service: definition.service,
      partition,
      state: this.#phase,
      epoch: recovered?.epoch ?? 0,
      position: recovered?.committed.position ?? 0,
      ...(watermark !== undefined && watermark > 0 ? { watermark } : {}),
      lagFrames: this.#lag.frames,
      lagSeconds: this.#lag.seconds,
      events: this.#events,
      commits: this.#commits,
      late: recovered?.state.lateCount ?? 0,
      dirtyKeys: recovered?.image.dirtyKeys ?? 0,
      applied: recovered?.image.applied ?? 0,
    };
  }

  async #run(recovered: Recovered): Promise<void> {
    try {
      const flushing = Promise.all([this.#resultsLoop(recovered), this.#applyLoop(recovered)]);
      await Promise.all([this.#commitLoop(recovered), flushing.then(() => this.#drain(recovered))]);
      this.#end({ kind: 'stopped' });
    } catch (error) {
      this.#end(error instanceof FencedError ? { kind: 'fenced' } : { kind: 'failed', error: toError(error) });
    }
  }

  #end(end: RunnerEnd): void {
    this.#over = true;
    this.#ended.resolve(end);
    this.#wake();
    this.#committedOnce.raise();
    const fenced = new FencedError('Cannot prove ownership: the partition is no longer run here');
    for (const proof of this.#proofs.splice(0)) proof.reject(fenced);
  }

  /** Every loop looks at once whether it is to end. */
  #wake(): void {
    for (const signal of [this.#commitDue, this.#resultsDue, this.#applyDue, this.#stopping, this.#hurry])
      signal.raise();
  }

  /** The next commit holds as much as one may. */
  #isFull({ state }: Recovered): boolean {
    return state.pendingBytes >= Math.min(MAX_COMMIT_BYTES, this.#options.log.maxPayload / 4);
  }

  // Commits.

  #schedule({ state }: Recovered): void {
    if (state.hasChanges) this.#commitDue.raise();
    else if (state.watermarkMoved) this.#commitDue.raiseWithin(this.#pace.watermarkDelayMs);
    else if (state.positionMoved) this.#commitDue.raiseWithin(this.#pace.positionDelayMs);
  }

  /** Lives until the flush loop is done: a flush may need a commit as proof of ownership. */
  async #commitLoop(recovered: Recovered): Promise<void> {
    const { state } = recovered;
    const moved = () => state.positionMoved || state.watermarkMoved;
    const isDue = () => state.hasChanges || this.#proofs.length > 0 || (this.#phase === 'draining' && moved());
    while (!this.#over && !this.#drained) {
      if (!isDue()) await this.#commitDue.wait();
      if (this.#over || !(isDue() || moved())) continue;
      const started = performance.now();
      await this.#commit(recovered);
      const restMs = Math.min(MAX_LOAD_REST_MS, (performance.now() - started) * this.#pace.restPerMs);
      if (restMs >= 1 && this.#phase === 'running' && this.#proofs.length === 0) await this.#hurry.waitAtMost(restMs);
    }
  }

  async #commit({ state, committer, committed, image, epoch }: Recovered): Promise<void> {
    const draft = state.takeCommit(epoch, ++this.#n);
    const proofs = this.#proofs.splice(0);
    let seq: number;
    try {
      seq = await committer.append(draft.head, draft.payload);
    } catch (error) {
      for (const proof of proofs) proof.reject(error);
      throw error;
    }
    this.#commits++;
    image.accept(draft.changes);
    await this.#late.publish(seq, draft.late);
    committed.take(seq, draft.head);
    for (const proof of proofs) proof.resolve();
    this.#committedOnce.raise();
    if (image.hasResults) this.#resultsDue.raise();
  }

  #prove(): Promise<void> {
    const proof = Promise.withResolvers<void>();
    if (this.#over) proof.reject(new FencedError('Cannot prove ownership: the partition is no longer run here'));
    else this.#proofs.push(proof);
    this.#commitDue.raise();
    this.#hurry.raise();
    return proof.promise;
  }

  // Flushes.

  /** Results reach KV as soon as they are committed and the flusher has rested. */
  async #resultsLoop({ image }: Recovered): Promise<void> {
    while (this.#phase === 'running' && !this.#over) {
      await this.#resultsDue.wait();
      const started = performance.now();
      const put = await this.#tryFlush(() => image.flushResults());
      const loadRestMs = Math.min(MAX_LOAD_REST_MS, (performance.now() - started) * this.#pace.restPerMs);
      const { restPerResultMs } = this.#pace;
      const restMs = put === undefined ? RETRY_MS : Math.min(MAX_REST_MS, Math.max(put * restPerResultMs, loadRestMs));
      if (restMs > 0) await this.#stopping.waitAtMost(restMs);
      if (image.hasResults) this.#resultsDue.raise();
    }
  }

  /** Private state reaches KV, and `applied` moves, once in a while. */
  async #applyLoop(recovered: Recovered): Promise<void> {
    let restMs = this.#pace.applyIntervalMs;
    while (this.#phase === 'running' && !this.#over) {
      await this.#applyDue.waitAtMost(restMs);
      if (this.#phase !== 'running' || this.#over) return;
      const started = Date.now();
      const done = await this.#tryFlush(() => this.#apply(recovered));
      restMs = done === undefined ? RETRY_MS : Math.max(this.#pace.applyIntervalMs, 10 * (Date.now() - started));
    }
  }

  async #drain(recovered: Recovered): Promise<void> {
    while (!this.#over && this.#uncommitted(recovered)) await this.#committedOnce.wait();
    while (!this.#over && (await this.#tryFlush(() => this.#apply(recovered))) === undefined) await sleep(RETRY_MS);
    this.#drained = true;
    this.#commitDue.raise();
  }

  #uncommitted({ state, committed }: Recovered): boolean {
    return state.hasChanges || state.position !== committed.position;
  }

  /** Undefined when the log was away: to be tried again. */
  async #tryFlush<T>(flush: () => Promise<T>): Promise<T | undefined> {
    try {
      return await flush();
    } catch (error) {
      if (error instanceof LogUnavailableError) return undefined;
      throw error;
    }
  }

  async #apply(recovered: Recovered): Promise<true> {
    const { image, committed } = recovered;
    if (committed.seq === image.applied && image.dirtyKeys === 0) return true;
    const applied = committed.describe();
    await image.flushAll(applied);
    await this.#purge(applied, committed.seq);
    return true;
  }

  /** Deletes commits that neither recovery nor the stage behind nor a reader outside needs; never the last one. */
  async #purge(applied: AppliedState, lastSeq: number): Promise<void> {
    const { log, definition, partition, downstream } = this.#options;
    const { service } = definition;
    const folded = downstream ? await readEntry<AppliedState>(log, service, `${downstream}.applied`) : undefined;
    const read = await downstreamSeq(log, service);
    const needed = [applied.seq, ...(downstream ? [folded?.pos ?? 0] : []), ...(read === undefined ? [] : [read + 1])];
    const below = Math.min(...needed);
    if (below > 1 && lastSeq >= below) await log.purge(logStream(service), logSubject(service, partition), below);
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
