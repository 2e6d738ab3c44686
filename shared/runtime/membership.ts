/**
 * Who is in the mesh: every process keeps one key in bucket `members`, renewed by heartbeat, gone by its TTL.
 *
 * Owns this process's key and the view of the others. A member counts as dead only after it was missing for a while
 * in answers that did arrive, so that a restart of nats-server (all keys expired at once) moves nothing.
 */
import { type Log, LogUnavailableError } from '../log/log.ts';
import { bucketStream, keySubject, MEMBERS } from '../log/names.ts';
import { encodeId } from '../events/id.ts';
import { entryText, isDeleteMarker } from '../store/entry.ts';
import type { MemberRecord } from './status.ts';

export interface MembershipTiming {
  readonly heartbeatMs: number;
  readonly ttlMs: number;
  /** How long a member must be missing before it counts as dead. */
  readonly missingMs: number;
}

export const DEFAULT_MEMBERSHIP: MembershipTiming = { heartbeatMs: 1_000, ttlMs: 4_000, missingMs: 1_500 };

export class Membership implements AsyncDisposable {
  readonly #log: Log;
  readonly #describe: () => MemberRecord;
  readonly #timing: MembershipTiming;
  readonly #seen = new Map<string, { record: MemberRecord; at: number }>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #round: Promise<void> = Promise.resolve();
  #closed = false;
  #lastAnswer = 0;

  constructor(log: Log, describe: () => MemberRecord, timing: MembershipTiming = DEFAULT_MEMBERSHIP) {
    this.#log = log;
    this.#describe = describe;
    this.#timing = timing;
  }

  /** Announces this process and learns of the others; then again every heartbeat. `onRound` runs after each. */
  async start(onRound?: () => void | Promise<void>): Promise<void> {
    await this.#beat();
    const loop = async () => {
      await this.#beat();
      await onRound?.();
      if (!this.#closed) this.#timer = setTimeout(() => (this.#round = loop()), this.#timing.heartbeatMs);
    };
    this.#timer = setTimeout(() => (this.#round = loop()), 0);
  }

  /** Members that are alive, by instance, this one among them. */
  live(): MemberRecord[] {
    const horizon = this.#lastAnswer - this.#timing.missingMs;
    return [...this.#seen.values()].filter(({ at }) => at >= horizon).map(({ record }) => record);
  }

  isLive(instance: string): boolean {
    return this.live().some((member) => member.instance === instance);
  }

  /** Says goodbye: the key is deleted, so that others need not wait for its TTL. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#round;
    await this.#append('', { headers: { 'KV-Operation': 'PURGE', 'Nats-Rollup': 'sub' }, ttlMs: 60_000 });
  }

  async #beat(): Promise<void> {
    const own = this.#describe();
    await this.#append(JSON.stringify(own), { ttlMs: this.#timing.ttlMs });
    try {
      const found = await this.#log.lastOfEach(bucketStream(MEMBERS), [keySubject(MEMBERS, '*')]);
      const now = Date.now();
      for (const message of found) {
        if (isDeleteMarker(message)) {
          for (const [instance] of this.#seen)
            if (message.subject.endsWith(`.${encodeId(instance)}`)) this.#seen.delete(instance);
        } else {
          const record = JSON.parse(entryText(message)) as MemberRecord;
          this.#seen.set(record.instance, { record, at: now });
        }
      }
      this.#seen.set(own.instance, { record: own, at: now });
      this.#lastAnswer = now;
    } catch (error) {
      if (!(error instanceof LogUnavailableError)) throw error; // away: the last view stands
    }
  }

  async #append(payload: string, options: Parameters<Log['append']>[2]): Promise<void> {
    try {
      await this.#log.append(keySubject(MEMBERS, encodeId(this.#describe().instance)), payload, options);
    } catch (error) {
      if (!(error instanceof LogUnavailableError)) throw error;
    }
  }
}
