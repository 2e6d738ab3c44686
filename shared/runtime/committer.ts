/**
 * Publishes the commit frames of one stage partition, one at a time, each by compare-and-set on the one before.
 *
 * Invariants (tested in committer.test.ts):
 * 1. A commit is stored exactly once or the committer throws FencedError and stores nothing ever after.
 * 2. An append whose outcome is unknown is settled by reading the subject's last frame: ours by (epoch, n), still the
 *    former one (append again with the same expectation), or another owner's (fenced).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Appended, type Log, LogUnavailableError, type StoredMessage } from '../log/log.ts';
import { logStream, logSubject } from '../log/names.ts';
import { type CommitHead, parseCommitHead } from './commit.ts';

/** The partition has a new owner: everything of it must be dropped at once. */
export class FencedError extends Error {
  readonly code = 'fenced';
}

const RETRY_MS = 100;

export class Committer {
  readonly #log: Log;
  readonly #service: string;
  readonly #partition: string;
  #lastSeq: number;
  #fenced = false;

  constructor(log: Log, service: string, partition: string, lastSeq: number) {
    this.#log = log;
    this.#service = service;
    this.#partition = partition;
    this.#lastSeq = lastSeq;
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Returns the commit's sequence. */
  async append(head: CommitHead, payload: string): Promise<number> {
    if (this.#fenced) throw this.#fence('it was fenced before');
    for (;;) {
      const appended = await this.#tryAppend(payload);
      if (appended?.kind === 'stored') return this.#advance(appended.seq);
      const last = await this.#readLast();
      if ((last?.seq ?? 0) !== this.#lastSeq) {
        const stored = last && parseCommitHead(last.payload);
        if (last && stored?.epoch === head.epoch && stored.n === head.n) return this.#advance(last.seq);
        throw this.#fence(`epoch ${stored?.epoch ?? 'none'} has committed`);
      }
      await sleep(RETRY_MS);
    }
  }

  async #tryAppend(payload: string): Promise<Appended | undefined> {
    try {
      return await this.#log.append(logSubject(this.#service, this.#partition), payload, {
        expectedLast: this.#lastSeq,
      });
    } catch (error) {
      if (error instanceof LogUnavailableError) return undefined;
      throw error;
    }
  }

  async #readLast(): Promise<StoredMessage | undefined> {
    for (;;) {
      try {
        return await this.#log.last(logStream(this.#service), logSubject(this.#service, this.#partition));
      } catch (error) {
        if (!(error instanceof LogUnavailableError)) throw error;
        await sleep(RETRY_MS);
      }
    }
  }

  #advance(seq: number): number {
    this.#lastSeq = seq;
    return seq;
  }

  #fence(why: string): FencedError {
    this.#fenced = true;
    return new FencedError(`Cannot commit to ${this.#service} ${this.#partition}: ${why}`);
  }
}
