/** What the bridge makes of a record: the contract between decoders and whoever books, groups and stores. */
import type { MeshEvent } from '../../shared/events/event.ts';
import type { KafkaRecord } from '../../shared/kafka/record.ts';
import type { DeadReason } from './data-error.ts';
import type { Place, TOMBSTONE } from './place.ts';

/** What became of a record: the names of the counts in progress frames and status. */
export type Outcome =
  | 'counted'
  | 'unchanged'
  | 'unattributable'
  /** A change that does not tell a value we read, and that it left as it was: as good as unattributable. */
  | 'unavailable'
  /** A change of a row that never counted, because it could not be read, and does not count now. */
  | 'uncounted'
  | 'tombstone'
  | 'truncate'
  | 'message'
  /** What a connector says of itself: transaction boundaries, heartbeats, schema changes. */
  | 'control'
  /** What a connector has sent before, and sends again after its own restart. */
  | 'replayed'
  | 'dead';

export interface DeadLetterCause {
  readonly reason: DeadReason;
  readonly text: string;
}

export interface Decoded<E extends MeshEvent = MeshEvent> {
  readonly outcome: Outcome;
  readonly events: readonly E[];
  /** With outcome `dead`. Events beside it take back what the row counted before. */
  readonly dead?: DeadLetterCause | undefined;
  /** Where its change stands in its connector's stream, if it tells: what replay-filter.ts asks for. */
  readonly place?: Place | typeof TOMBSTONE;
}

/** Decodes the records of one topic. */
export interface RecordDecoder<E extends MeshEvent = MeshEvent> {
  /**
   * Fetches what these records need and is not here yet (schemas). undefined: nothing; decode can be called. It rejects
   * when it cannot be had now: try again later.
   */
  prepare(records: readonly KafkaRecord[]): Promise<void> | undefined;
  /** Never throws for what is in a record. Hot path. */
  decode(record: KafkaRecord, nowMs: number): Decoded<E>;
  /** An event's line in a frame. Hot path. */
  line(event: E): string;
}

const NO_EVENTS: readonly never[] = [];

/** Records that bring no event. */
export const NOTHING = {
  unchanged: { outcome: 'unchanged', events: NO_EVENTS },
  unattributable: { outcome: 'unattributable', events: NO_EVENTS },
  unavailable: { outcome: 'unavailable', events: NO_EVENTS },
  uncounted: { outcome: 'uncounted', events: NO_EVENTS },
  tombstone: { outcome: 'tombstone', events: NO_EVENTS },
  truncate: { outcome: 'truncate', events: NO_EVENTS },
  message: { outcome: 'message', events: NO_EVENTS },
  control: { outcome: 'control', events: NO_EVENTS },
  replayed: { outcome: 'replayed', events: NO_EVENTS },
} as const satisfies Partial<Record<Outcome, Decoded>>;
