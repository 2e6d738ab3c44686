/**
 * Late events of one stage partition, copied from its commits to the LATE stream: one message a commit, exactly once.
 * The message names its commit, and each is a compare-and-set on the one before.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Log, LogUnavailableError, type StoredMessage } from '../log/log.ts';
import { LATE, lateSubject } from '../log/names.ts';

const COMMIT_HEADER = 'Mesh-Commit';
const RETRY_MS = 250;

export class LatePublisher {
  readonly #log: Log;
  readonly #subject: string;
  #lastSeq: number | undefined;
  #lastCommit = 0;

  constructor(log: Log, service: string, partition: string) {
    this.#log = log;
    this.#subject = lateSubject(service, partition);
  }

  /** Publishes the late records of a commit, unless they are there already. Waits for as long as LATE is away. */
  async publish(commit: number, records: readonly string[]): Promise<void> {
    if (records.length === 0) return;
    for (;;) {
      try {
        if (await this.#tryPublish(commit, records)) return;
      } catch (error) {
        if (!(error instanceof LogUnavailableError)) throw error;
        await sleep(RETRY_MS);
      }
      this.#lastSeq = undefined; // look again
    }
  }

  async #tryPublish(commit: number, records: readonly string[]): Promise<boolean> {
    if (this.#lastSeq === undefined) this.#learn(await this.#log.last(LATE, this.#subject));
    if (commit <= this.#lastCommit) return true;
    const appended = await this.#log.append(this.#subject, records.join('\n'), {
      expectedLast: this.#lastSeq ?? 0,
      headers: { [COMMIT_HEADER]: String(commit) },
    });
    if (appended.kind === 'conflict') return false;
    this.#lastSeq = appended.seq;
    this.#lastCommit = commit;
    return true;
  }

  #learn(last: StoredMessage | undefined): void {
    this.#lastSeq = last?.seq ?? 0;
    this.#lastCommit = Number(last?.header(COMMIT_HEADER) ?? 0);
  }
}
