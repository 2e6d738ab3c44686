/**
 * One stage partition at work: folds what the feed brings, commits, and keeps KV up to date behind it.
 *
 * Owns the two loops (commit, flush) and the pace of both. Does not own the right to run (ownership.ts) or reading
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
import { LatePublisher } from './late-publisher.ts';
import type { AppliedState, InputMessage } from './partition-state.ts';
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

export interface Pace {
  /** A commit that moves only the watermark waits this long for company, ms. */
  readonly watermarkDelayMs: number;
  /** A commit that moves only the position, ms. */
  readonly positionDelayMs: number;
  /** Private state reaches KV, and `applied` moves, this often, ms. */
  readonly applyIntervalMs: number;
  /** After a flush that took d, the flusher rests for this many d, so that flushes coalesce under load. */
  readonly restFactor: number;
}

export const DEFAULT_PACE: Pace = {
  watermarkDelayMs: 100,
  positionDelayMs: 1_000,
  applyIntervalMs: 10_000,
  restFactor: 4,
};

const MAX_REST_MS = 2_000;
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
  readonly #flushDue = new Signal();
  readonly #committedOnce = new Signal();
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
    const limit = Math.min(MAX_COMMIT_BYTES, this.#options.log.maxPayload / 4);
    return recovered.state.pendingBytes < limit ? undefined : this.#committedOnce.wait();
  }

  /** Commits and applies all that is folded, then ends. Idempotent. */
  async stop(): Promise<void> {
    if (this.#phase === 'running') this.#phase = 'draining';
    if (!this.#recovered) this.#end({ kind: 'stopped' });
    this.#commitDue.raise();
    this.#flushDue.raise();
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
      await Promise.all([this.#commitLoop(recovered), this.#flushLoop(recovered)]);
      this.#end({ kind: 'stopped' });
    } catch (error) {
      this.#end(error instanceof FencedError ? { kind: 'fenced' } : { kind: 'failed', error: toError(error) });
    }
  }

  #end(end: RunnerEnd): void {
    this.#over = true;
    this.#ended.resolve(end);
    this.#commitDue.raise();
    this.#flushDue.raise();
    this.#committedOnce.raise();
    const fenced = new FencedError('Cannot prove ownership: the partition is no longer run here');
    for (const proof of this.#proofs.splice(0)) proof.reject(fenced);
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
      if (!this.#over && (isDue() || moved())) await this.#commit(recovered);
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
    this.#flushDue.raise();
  }

  #prove(): Promise<void> {
    const proof = Promise.withResolvers<void>();
    if (this.#over) proof.reject(new FencedError('Cannot prove ownership: the partition is no longer run here'));
    else this.#proofs.push(proof);
    this.#commitDue.raise();
    return proof.promise;
  }

  // Flushes.

  async #flushLoop(recovered: Recovered): Promise<void> {
    let nextApply = Date.now() + this.#pace.applyIntervalMs;
    while (this.#phase === 'running' && !this.#over) {
      await this.#flushDue.waitAtMost(Math.max(0, nextApply - Date.now()));
      if (this.#over) return;
      const started = Date.now();
      const applying = started >= nextApply;
      const done = await this.#flush(recovered, applying);
      const tookMs = Date.now() - started;
      if (done && applying) nextApply = Date.now() + Math.max(this.#pace.applyIntervalMs, 10 * tookMs);
      await this.#rest(done ? Math.min(MAX_REST_MS, tookMs * this.#pace.restFactor) : RETRY_MS);
    }
    await this.#drain(recovered);
  }

  async #drain(recovered: Recovered): Promise<void> {
    while (!this.#over && this.#uncommitted(recovered)) await this.#committedOnce.wait();
    while (!this.#over && !(await this.#flush(recovered, true))) await sleep(RETRY_MS);
    this.#drained = true;
    this.#commitDue.raise();
  }

  #uncommitted({ state, committed }: Recovered): boolean {
    return state.hasChanges || state.position !== committed.position;
  }

  /** False when the log was away: to be tried again. */
  async #flush(recovered: Recovered, applying: boolean): Promise<boolean> {
    const { image, committed } = recovered;
    try {
      if (!applying) await image.flushResults();
      else if (committed.seq !== image.applied || image.dirtyKeys > 0)
        await this.#apply(recovered, committed.describe());
      return true;
    } catch (error) {
      if (error instanceof LogUnavailableError) return false;
      throw error;
    }
  }

  async #apply({ image, committed }: Recovered, applied: AppliedState): Promise<void> {
    await image.flushAll(applied);
    const { log, definition, partition, downstream } = this.#options;
    const { service } = definition;
    const folded = downstream ? await readEntry<AppliedState>(log, service, `${downstream}.applied`) : undefined;
    const below = downstream ? Math.min(applied.seq, folded?.pos ?? 0) : applied.seq;
    if (below > 1 && committed.seq >= below) await log.purge(logStream(service), logSubject(service, partition), below);
  }

  async #rest(ms: number): Promise<void> {
    if (ms > 0 && this.#phase === 'running' && !this.#over) await sleep(ms);
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
