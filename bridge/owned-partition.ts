/**
 * One Kafka partition that the group has assigned to this process: opens its session, and opens it again when it ends.
 *
 *   starting ──position read, Kafka has it──▶ running ──session ended──▶ paused ──again after a while──▶ starting
 *
 * Owns: the session, whether Kafka still has what the session wants, and the partition's line in the status.
 * Does not own: who is assigned what (assignment.ts).
 */
import type { Route } from '../shared/config/routes.ts';
import type { BridgeStatus } from '../shared/runtime/status.ts';
import { describeError } from '../shared/telemetry/logger.ts';
import { pause } from './fenced-append.ts';
import { openSession } from './open-session.ts';
import type { Session, SessionContext } from './session.ts';

/** First offset Kafka has, and the one it will give next. */
export interface OffsetRange {
  readonly low: number;
  readonly high: number;
}

export interface OwnedPartitionOptions extends SessionContext {
  readonly route: Route;
  range(): Promise<OffsetRange>;
  /** Stops and starts fetching. */
  pauseFetch(): void;
  resumeFetch(from: number): void;
  readonly retryMs?: number;
}

const RETRY_MS = 2_000;
const MIRROR_QUIET_MS = 30_000;

export class OwnedPartition implements AsyncDisposable {
  readonly #options: OwnedPartitionOptions;
  readonly #abort = new AbortController();
  #state: BridgeStatus['state'] = 'starting';
  #session: Session | undefined;
  #opening: Promise<void>;
  #alarm: string | undefined;
  #high: number | undefined;
  #lastTimestampMs: number | undefined;

  /** `after`: what must have ended before, as this process's own former session of the partition. */
  constructor(options: OwnedPartitionOptions, after: Promise<unknown>) {
    this.#options = options;
    options.pauseFetch();
    this.#opening = after.then(() => this.#open());
  }

  /** Undefined while nothing can be taken in. */
  get session(): Session | undefined {
    return this.#session?.hasEnded ? undefined : this.#session;
  }

  /** What Kafka said its end is. */
  noteHigh(high: number): void {
    this.#high = high;
  }

  /** The timestamp of the newest record taken in. */
  noteTimestamp(timestampMs: number): void {
    this.#lastTimestampMs = timestampMs;
  }

  /** Opens the session again when it has ended; called now and then. */
  revive(): void {
    if (this.#abort.signal.aborted || !this.#session?.hasEnded) return;
    const ended = this.#session;
    this.#state = 'paused';
    this.#alarm ??= describeError(ended.problem);
    this.#session = undefined;
    this.#options.pauseFetch();
    this.#opening = Promise.resolve(ended[Symbol.asyncDispose]()).then(() => this.#open());
  }

  /** Looks whether Kafka still has what comes next, and fetches from there. */
  async realign(): Promise<void> {
    this.#options.pauseFetch();
    const session = this.session;
    if (!session) return;
    try {
      const isThere = await this.#matchRange(session);
      if (isThere && session === this.session) this.#options.resumeFetch(session.next);
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

  status(now: number): BridgeStatus {
    const { source } = this.#options;
    const { settled, quietMs = 0, problem } = this.#session ?? {};
    const isBehind = settled?.offset !== undefined && this.#high !== undefined && settled.offset + 1 < this.#high;
    const alarm = this.#alarm ?? (problem ? describeError(problem) : countAlarm(settled?.counts));
    return {
      topic: source.topic,
      partition: source.partition,
      state: problem ? 'paused' : this.#state,
      ...(settled?.offset !== undefined && { offset: settled.offset }),
      ...(this.#high !== undefined && { highWatermark: this.#high }),
      lagRecords: Math.max(0, (this.#high ?? 0) - (settled?.offset ?? -1) - 1),
      lagSeconds: isBehind && this.#lastTimestampMs ? Math.max(0, (now - this.#lastTimestampMs) / 1000) : 0,
      ...(settled?.watermark !== undefined && { watermark: settled.watermark }),
      idle: settled?.idle === true || quietMs >= quietAfterMs(this.#options.route),
      counts: settled?.counts ?? {},
      ...(alarm !== undefined && { alarm }),
    };
  }

  async #open(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        const session = await openSession(this.#options, this.#options.route, signal);
        if (!signal.aborted && (await this.#matchRange(session)) && !signal.aborted) {
          this.#session = session;
          this.#state = 'running';
          this.#options.resumeFetch(session.next);
          return;
        }
        await session[Symbol.asyncDispose]();
      } catch (error) {
        if (signal.aborted) return;
        this.#alarm = describeError(error);
      }
      await pause(this.#options.retryMs ?? RETRY_MS, signal);
    }
  }

  /** False: Kafka's partition is not the one that the log continues. */
  async #matchRange(session: Session): Promise<boolean> {
    const { topic, partition } = this.#options.source;
    const { low, high } = await this.#options.range();
    this.#high = high;
    if (high < session.next) {
      this.#alarm =
        `Topic "${topic}" partition ${partition} ends at offset ${high}, but ${session.next - 1} was read before: ` +
        'it was deleted and made again, or truncated; give the new topic another name, or reset the mesh';
      return false;
    }
    const isContinued = session.next > 0;
    if (low > session.next) session.skipTo(low, isContinued ? low - session.next : 0);
    this.#alarm = undefined;
    return true;
  }
}

/** After how long without a record a partition is called idle, ms. */
export function quietAfterMs(route: Route): number {
  return route.decoder === 'raw' ? MIRROR_QUIET_MS : route.idle.afterMs;
}

/** What happened to the partition and cannot be undone by the bridge. */
function countAlarm(counts: Readonly<Record<string, number>> = {}): string | undefined {
  if (counts.missing)
    return `${counts.missing} records were gone from Kafka before they were read; raise its retention`;
  if (counts.truncate) return `The table was truncated ${counts.truncate} times; its orders still count`;
  return undefined;
}
