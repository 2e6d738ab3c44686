/**
 * Results on their way from the log to Kafka: while one transaction is under way, what comes is the next one's. So at
 * low load a result waits for nobody, and under load a transaction holds thousands.
 *
 * Bounded: `room` waits while more waits than one transaction may hold.
 */
import { Signal } from '../../shared/runtime/signal.ts';
import type { EgressFrame } from './egress-frame.ts';
import { missedCommits, type SeenCommit } from './position.ts';
import type { ResultMessage } from './result-message.ts';
import type { SentResults } from './sent-results.ts';

const MAX_BYTES = 4 * 1024 * 1024;
const MAX_RESULTS = 10_000;

/** What the next transaction holds: everything of the log up to `seq`. */
export interface Waiting {
  readonly results: readonly { readonly result: ResultMessage; readonly from: number }[];
  readonly seq: number;
  readonly seen: Readonly<Record<string, SeenCommit>>;
}

export class Outbox {
  readonly #sent: SentResults;
  readonly #due = new Signal();
  readonly #taken = new Signal();
  #results: { result: ResultMessage; from: number }[] = [];
  #bytes = 0;
  #seq = 0;
  #isMoved = false;
  #seen: Record<string, SeenCommit>;
  #watermark = Number.NEGATIVE_INFINITY;

  constructor(sent: SentResults, seen: Readonly<Record<string, SeenCommit>>) {
    this.#sent = sent;
    this.#seen = { ...seen };
  }

  get size(): number {
    return this.#results.length;
  }

  get hasResults(): boolean {
    return this.#results.length > 0;
  }

  /** Frames came since the last `take`. */
  get isMoved(): boolean {
    return this.#isMoved;
  }

  get isFull(): boolean {
    return this.#bytes >= MAX_BYTES || this.#results.length >= MAX_RESULTS;
  }

  /** Returns how many commits of its partition are missing before this one. */
  add({ seq, partition, commit, results }: EgressFrame): number {
    const missed = missedCommits(this.#seen[partition], commit);
    this.#seen[partition] = [commit.epoch, commit.n, commit.wm];
    for (const result of results) {
      if (result.identity && !this.#sent.isNews(result.identity)) continue;
      this.#results.push({ result, from: seq });
      this.#bytes += result.value.length;
    }
    this.#seq = seq;
    this.#isMoved = true;
    if (this.hasResults) this.#due.raise();
    return missed;
  }

  take(): Waiting {
    const waiting = { results: this.#results, seq: this.#seq, seen: { ...this.#seen } };
    this.#results = [];
    this.#bytes = 0;
    this.#isMoved = false;
    this.#taken.raise();
    this.#forget();
    return waiting;
  }

  /** Until there is a result, somebody calls `wake`, or for so long. */
  dueWithin(ms: number): Promise<void> {
    return this.#due.waitAtMost(ms);
  }

  wake(): void {
    this.#due.raise();
    this.#taken.raise();
  }

  room(): Promise<void> {
    return this.#taken.wait();
  }

  /** What the slowest partition has passed cannot come again. */
  #forget(): void {
    let watermark = Number.POSITIVE_INFINITY;
    for (const partition in this.#seen) watermark = Math.min(watermark, this.#seen[partition]?.[2] ?? 0);
    if (watermark === this.#watermark) return;
    this.#watermark = watermark;
    this.#sent.forget(watermark);
  }
}
