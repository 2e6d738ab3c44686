/**
 * A session: one Kafka partition while this process owns it. Two kinds: of events (partition-session.ts), and of raw
 * records (mirror/mirror-session.ts).
 */
import type { Log } from '../../shared/log/log.ts';
import type { SchemaRegistry } from '../../shared/avro/schema-registry.ts';
import type { Progress } from '../../shared/log/frame.ts';
import type { MemberRecord } from '../../shared/runtime/status.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { Meter } from './meter.ts';
import type { Source } from '../../shared/kafka/source.ts';
import type { KafkaRecord } from '../../shared/kafka/record.ts';

/** What every session is given. */
export interface SessionContext {
  readonly log: Log;
  readonly source: Source;
  readonly budget: ByteBudget;
  readonly meter?: Meter;
  /** For records in Avro. */
  readonly registry?: SchemaRegistry | undefined;
  /** The processes of the mesh: what their stages read. */
  members?(): readonly MemberRecord[];
  /** True once a heartbeat sent from now on was accepted by the Kafka group. */
  confirmOwner(): Promise<boolean>;
  /** Makes the stream that mirrors a Kafka partition, where it is missing. */
  provisionMirror(source: Source): Promise<void>;
  /** Wall clock: for idleness, and for event times ahead of it. */
  readonly now?: () => number;
}

export interface Session extends AsyncDisposable {
  readonly source: Source;
  /** The first Kafka offset wanted. */
  readonly next: number;
  /** What was settled last: everything up to its offset is stored. */
  readonly settled: Progress;
  /** Why nothing moves: the log cannot be reached, or the session has failed. */
  readonly problem: Error | undefined;
  readonly hasEnded: boolean;
  /** Everything taken in is stored, and said so. */
  readonly isSettled: boolean;
  /** How long no record has come, ms. */
  readonly quietMs: number;
  /**
   * Fetches what these records need and is not here yet (schemas). undefined: nothing; they can be taken in. It rejects
   * when it cannot be had now.
   */
  prepare(records: readonly KafkaRecord[]): Promise<void> | undefined;
  /**
   * Takes in records in offset order; `lastOffset` is the last one of their batch in Kafka, visible or not.
   * Returns at once: the byte budget tells when to wait. Records that were taken in before are skipped.
   */
  accept(records: readonly KafkaRecord[], lastOffset: number): void;
  /** Goes past offsets at which Kafka has nothing (compacted, control records), or no longer has (`missing` records). */
  skipTo(offset: number, missing?: number): void;
  /** Says that the partition is caught up and quiet, by the route's policy. */
  markIdle(): void;
  /** Takes in no more, and resolves when all is stored and said so, or the session has failed. */
  drain(): Promise<void>;
  /** Keeps a copy of the progress outside the log, for when retention has emptied it. */
  copyProgress(): Promise<void>;
}
