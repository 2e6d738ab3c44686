/**
 * The round that looks after the partitions of a bridge: opens ended sessions again, asks Kafka for its ends, says which
 * partitions are idle, and keeps copies of how far they are.
 *
 * Owns: when this is done. Does not own: what it means (owned-partition.ts, the sessions).
 */
import { describeError, type Logger } from '../shared/telemetry/logger.ts';
import type { Assignment } from './assignment.ts';
import { pause } from './partition/fenced-append.ts';
import type { TopicAdmin } from './topic-admin.ts';

/** The next offset of a Kafka partition, as Kafka's own commits have it. */
export interface CommittedOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

export interface PartitionWatchOptions {
  readonly assignment: Assignment;
  readonly admin: TopicAdmin;
  readonly logger: Logger;
  /** After how long without a record a topic's partition is idle, ms. */
  quietAfterMs(topic: string): number;
  /** Offsets in Kafka, for lag tools. */
  commit(offsets: readonly CommittedOffset[]): Promise<void>;
}

const ROUND_MS = 1_000;
const HOUSEKEEPING_ROUNDS = 5;

export class PartitionWatch {
  readonly #options: PartitionWatchOptions;
  readonly #committed = new Map<string, number>();

  constructor(options: PartitionWatchOptions) {
    this.#options = options;
  }

  /** Until the signal aborts. Partitions are revived also while Kafka keeps a round waiting. */
  async run(signal: AbortSignal): Promise<void> {
    const { assignment, logger } = this.#options;
    let watching: Promise<void> | undefined;
    for (let round = 1; !signal.aborted; ) {
      await pause(ROUND_MS, signal);
      if (signal.aborted) break;
      for (const partition of assignment.partitions) partition.revive();
      watching ??= this.#watch(round++ % HOUSEKEEPING_ROUNDS === 0)
        .catch((error: unknown) => logger.debug('A round of the bridge failed', { error: describeError(error) }))
        .finally(() => {
          watching = undefined;
        });
    }
    await watching;
  }

  /** Offsets in Kafka (for lag tools) and in the bucket (for a log that retention has emptied). */
  async housekeep(): Promise<void> {
    const moved = this.#options.assignment.sessions.filter(({ source, settled }) => {
      const key = `${source.topic}/${source.partition}`;
      return settled.offset !== undefined && this.#committed.get(key) !== settled.offset;
    });
    if (moved.length === 0) return;
    for (const session of moved) await session.copyProgress();
    await this.#options.commit(
      moved.map(({ source, settled }) => ({ ...source, offset: String((settled.offset ?? -1) + 1) })),
    );
    for (const { source, settled } of moved)
      if (settled.offset !== undefined) this.#committed.set(`${source.topic}/${source.partition}`, settled.offset);
  }

  async #watch(isHousekeeping: boolean): Promise<void> {
    const { assignment, admin, quietAfterMs } = this.#options;
    const sessions = assignment.sessions;
    const quiet = sessions.filter(({ source, quietMs }) => quietMs >= quietAfterMs(source.topic));
    const topics = new Set((isHousekeeping ? sessions : quiet).map(({ source }) => source.topic));
    for (const topic of topics) {
      const ranges = await admin.ranges(topic);
      for (const [partition, { high }] of ranges) assignment.of({ topic, partition })?.noteHigh(high);
      for (const session of quiet) {
        const high = session.source.topic === topic ? ranges.get(session.source.partition)?.high : undefined;
        if (high !== undefined && session.next >= high && session.quietMs >= quietAfterMs(topic)) session.markIdle();
      }
    }
    if (isHousekeeping) await this.housekeep();
  }
}
