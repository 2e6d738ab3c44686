/**
 * One Kafka partition that the group has assigned to this process: opens its session, and opens it again when it ends.
 *
 *   starting ──position read, Kafka has it──▶ running ──session ended──▶ paused ──again after a while──▶ starting
 *                                                └─ what its records need is not to be had: fetching waits ─┘
 *
 * Owns: the session, whether Kafka still has what the session wants, and the partition's line in the status.
 * Does not own: who is assigned what (assignment.ts).
 *
 * Invariants (tested in assignment.test.ts):
 * 1. Records are taken in only where Kafka's topic continues what was read: at the offset of the last record that is
 *    known, Kafka has that record, or nothing any more.
 * 2. While a schema cannot be had, nothing is taken in and nothing is skipped; fetching is tried again.
 * 3. While a stream refuses what it is given, nothing more is taken in: the bytes that wait would fill the budget of
 *    all partitions (dead-letters.int.test.ts).
 */
import type { Route } from '../shared/config/routes.ts';
import type { BridgeStatus } from '../shared/runtime/status.ts';
import { describeError } from '../shared/telemetry/logger.ts';
import { pause } from './partition/fenced-append.ts';
import { openSession } from './open-session.ts';
import { partitionStatus } from './partition-status.ts';
import type { Source } from '../shared/kafka/source.ts';
import { BEFORE_FIRST, type KafkaRecord } from '../shared/kafka/record.ts';
import { compareMark, type RecordMark } from './record/record-mark.ts';
import type { Session, SessionContext } from './partition/session.ts';

/** First offset Kafka has, and the one it will give next. */
export interface OffsetRange {
  readonly low: number;
  readonly high: number;
}

export interface OwnedPartitionOptions extends SessionContext {
  /** As it is now: routes change while the bridge runs. */
  route(): Route;
  range(): Promise<OffsetRange>;
  /** Stops and starts fetching. */
  pauseFetch(): void;
  resumeFetch(from: number): void;
  readonly retryMs?: number;
}

const RETRY_MS = 2_000;
const REROUTE_DRAIN_MS = 10_000;

export class OwnedPartition implements AsyncDisposable {
  readonly #options: OwnedPartitionOptions;
  readonly #abort = new AbortController();
  #state: BridgeStatus['state'] = 'starting';
  #session: Session | undefined;
  #opening: Promise<void>;
  #alarm: string | undefined;
  /** What records that came wait for. */
  #wanting: string | undefined;
  /** Fetching waits until the session has no problem. */
  #isHeldBack = false;
  /** To be found in Kafka before anything is taken in. */
  #mark: RecordMark | undefined;
  #high: number | undefined;
  #lastTimestampMs: number | undefined;
  #movedAt: number;
  #movedTo: number | undefined;

  /** `after`: what must have ended before, as this process's own former session of the partition. */
  constructor(options: OwnedPartitionOptions, after: Promise<unknown>) {
    this.#options = options;
    this.#movedAt = this.#now();
    options.pauseFetch();
    this.#opening = after.then(() => this.#open());
  }

  get source(): Source {
    return this.#options.source;
  }

  /** Undefined while nothing can be taken in. */
  get session(): Session | undefined {
    return this.#session?.hasEnded ? undefined : this.#session;
  }

  pauseFetch(): void {
    this.#options.pauseFetch();
  }

  /** Where it is to be fetched: the next record, or the one before it that is to be recognised. */
  get wanted(): number | undefined {
    const session = this.session;
    return session && Math.min(session.next, this.#mark?.offset ?? session.next);
  }

  /** What Kafka said its end is. Before what was read: looked at again, for records that come may be another topic's. */
  noteHigh(high: number): void {
    this.#high = high;
    if (high <= (this.session?.settled.offset ?? BEFORE_FIRST)) void this.realign();
  }

  /** Hands records to the session. False: not now; they come again when fetching resumes. */
  take(records: readonly KafkaRecord[], lastOffset: number): boolean {
    const session = this.session;
    if (!session || this.#holdBack(session) || !this.#isContinued(session, records, lastOffset)) return false;
    const coming = session.prepare(records);
    if (coming) {
      this.#options.pauseFetch();
      void this.#resumeAfter(coming);
      return false;
    }
    this.#wanting = undefined;
    this.#lastTimestampMs = records.at(-1)?.timestampMs ?? this.#lastTimestampMs;
    session.accept(records, lastOffset);
    return true;
  }

  /** Opens the session again when it has ended, and sees whether it moves; called now and then. */
  revive(): void {
    this.#noteMoves();
    if (this.#isHeldBack && this.session && !this.session.problem) void this.realign();
    if (this.#abort.signal.aborted || !this.#session?.hasEnded) return;
    const ended = this.#session;
    this.#state = 'paused';
    this.#alarm ??= describeError(ended.problem);
    this.#session = undefined;
    this.#options.pauseFetch();
    this.#opening = Promise.resolve(ended[Symbol.asyncDispose]()).then(() => this.#open());
  }

  /** Goes on by the route as it is now: what was taken in by the former one is stored first. */
  async reroute(): Promise<void> {
    const former = this.session;
    if (!former || this.#abort.signal.aborted) return;
    this.#options.pauseFetch();
    const drained = new AbortController();
    const draining = former.drain().finally(() => drained.abort());
    await Promise.race([draining, pause(REROUTE_DRAIN_MS, AbortSignal.any([drained.signal, this.#abort.signal]))]);
    await former[Symbol.asyncDispose]();
    if (this.#session === former) this.revive();
    this.#alarm = undefined;
  }

  /** Looks whether Kafka still has what comes next, and fetches from there. */
  async realign(): Promise<void> {
    this.#options.pauseFetch();
    const session = this.session;
    if (!session) return;
    try {
      const isThere = await this.#matchRange(session);
      if (isThere && session === this.session) this.#fetch();
      else if (!isThere) await session[Symbol.asyncDispose]();
    } catch {
      await session[Symbol.asyncDispose](); // Kafka is away: begin again when it is back
    }
  }

  async drain(): Promise<void> {
    this.#abort.abort();
    await this.#opening;
    await this.session?.drain();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#session?.[Symbol.asyncDispose]();
    await this.#opening;
    await this.#session?.[Symbol.asyncDispose]();
  }

  status(): BridgeStatus {
    return partitionStatus({
      source: this.#options.source,
      route: this.#options.route(),
      session: this.#session,
      state: this.#wanting === undefined ? this.#state : 'paused',
      alarm: this.#alarm ?? this.#wanting,
      high: this.#high,
      lastTimestampMs: this.#lastTimestampMs,
      movedAt: this.#movedAt,
      now: this.#now(),
    });
  }

  async #open(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        const session = await openSession(this.#options, this.#options.route(), signal);
        if (!signal.aborted && (await this.#matchRange(session)) && !signal.aborted) {
          this.#session = session;
          this.#state = 'running';
          this.#fetch();
          return;
        }
        await session[Symbol.asyncDispose]();
      } catch (error) {
        if (signal.aborted) return;
        this.#alarm = describeError(error);
      }
      this.#state = 'paused';
      await pause(this.#options.retryMs ?? RETRY_MS, signal);
    }
  }

  #fetch(): void {
    const { wanted } = this;
    this.#isHeldBack = false;
    if (wanted !== undefined) this.#options.resumeFetch(wanted);
  }

  /** False: Kafka's partition is not the one that the log continues. */
  async #matchRange(session: Session): Promise<boolean> {
    const { topic, partition } = this.#options.source;
    const { low, high } = await this.#options.range();
    this.#high = high;
    if (high < session.next) {
      this.#alarm =
        `Topic "${topic}" partition ${partition} ends at offset ${high}, but ${session.next - 1} was read before: ` +
        `records ${high} to ${session.next - 1} are not Kafka's any more. ${OTHER_TOPIC}`;
      return false;
    }
    const isContinued = session.next > 0;
    if (low > session.next) session.skipTo(low, isContinued ? low - session.next : 0);
    const { mark } = session.settled;
    this.#mark = mark && mark.offset >= low && mark.offset < session.next ? mark : undefined;
    if (!this.#mark) this.#alarm = undefined; // else only when the record was recognised
    return true;
  }

  #holdBack(session: Session): boolean {
    if (!session.problem) return false;
    this.#isHeldBack = true;
    this.#options.pauseFetch();
    return true;
  }

  #isContinued(session: Session, records: readonly KafkaRecord[], lastOffset: number): boolean {
    const mark = this.#mark;
    if (!mark || lastOffset < mark.offset) return true;
    if (compareMark(mark, records) === 'other') {
      const { topic, partition } = this.#options.source;
      this.#alarm =
        `Topic "${topic}" partition ${partition} has another record at offset ${mark.offset} than the one that was ` +
        `read: records 0 to ${mark.offset} were replaced. ${OTHER_TOPIC}`;
      void session[Symbol.asyncDispose]();
      return false;
    }
    this.#mark = undefined;
    this.#alarm = undefined;
    return true;
  }

  /** Fetches again when what records need has come, or after a while when it cannot be had. */
  async #resumeAfter(coming: Promise<void>): Promise<void> {
    try {
      await coming;
    } catch (error) {
      this.#wanting = describeError(error);
      await pause(this.#options.retryMs ?? RETRY_MS, this.#abort.signal);
    }
    if (!this.#abort.signal.aborted) await this.realign();
  }

  #noteMoves(): void {
    const offset = this.#session?.settled.offset;
    const isCaughtUp = this.session?.isSettled === true && (this.#high ?? 0) <= this.session.next;
    if (offset === this.#movedTo && !(isCaughtUp && this.#state === 'running')) return;
    this.#movedTo = offset;
    this.#movedAt = this.#now();
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }
}

const OTHER_TOPIC =
  'The topic was deleted and made again, or truncated; give the new topic another name, or reset the mesh';
