/**
 * Who is in the mesh: every process keeps one key in bucket `members`, renewed by heartbeat, gone by its TTL.
 *
 * Owns this process's key and the view of the others. Does not own what follows from it (ownership.ts).
 *
 * Invariants (tested in membership.test.ts):
 * 1. A member counts as dead once it said goodbye, or was missing for a while in answers that did arrive.
 * 2. While the log is away the last view stands. When it is back, members have the life of a key to show up again:
 *    a restart of nats-server, with all keys expired at once, moves nothing.
 */
import { type Log, LogUnavailableError, type StoredMessage } from '../log/log.ts';
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
  readonly #clock: () => number;

  constructor(log: Log, describe: () => MemberRecord, timing = DEFAULT_MEMBERSHIP, clock: () => number = Date.now) {
    this.#log = log;
    this.#describe = describe;
    this.#timing = timing;
    this.#clock = clock;
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
    return Array.from(this.#seen.values(), ({ record }) => record);
  }

  isLive(instance: string): boolean {
    return this.#seen.has(instance);
  }

  /** Says goodbye: the key is deleted, so that others need not wait for its TTL. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#round;
    await this.#append('', { headers: { 'KV-Operation': 'PURGE', 'Nats-Rollup': 'sub' }, ttlMs: 60_000 });
  }

  async #beat(): Promise<void> {
    await this.#append(JSON.stringify(this.#describe()), { ttlMs: this.#timing.ttlMs });
    try {
      this.#take(await this.#log.lastOfEach(bucketStream(MEMBERS), [keySubject(MEMBERS, '*')]));
    } catch (error) {
      if (!(error instanceof LogUnavailableError)) throw error; // away: the last view stands
    }
  }

  #take(found: readonly StoredMessage[]): void {
    const now = this.#clock();
    const { ttlMs, missingMs } = this.#timing;
    if (now - this.#lastAnswer > ttlMs / 2) for (const member of this.#seen.values()) member.at = now + ttlMs;
    this.#lastAnswer = now;
    const gone = new Set<string>();
    for (const message of found) {
      if (isDeleteMarker(message)) gone.add(message.subject);
      else this.#see(JSON.parse(entryText(message)) as MemberRecord, now);
    }
    for (const [instance, { at }] of this.#seen)
      if (at < now - missingMs || gone.has(memberKey(instance))) this.#seen.delete(instance);
    this.#see(this.#describe(), now);
  }

  #see(record: MemberRecord, at: number): void {
    this.#seen.set(record.instance, { record, at });
  }

  async #append(payload: string, options: Parameters<Log['append']>[2]): Promise<void> {
    try {
      await this.#log.append(memberKey(this.#describe().instance), payload, options);
    } catch (error) {
      if (!(error instanceof LogUnavailableError)) throw error;
    }
  }
}

function memberKey(instance: string): string {
  return keySubject(MEMBERS, encodeId(instance));
}
