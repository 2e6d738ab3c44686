/**
 * The contract between a service's pure decision and whatever drives it (runtime, test harness).
 *
 * A decision folds the events of one partition. It reads no clock and no randomness and does no IO: the same
 * events and watermarks give the same state and the same results, however they were cut into frames and commits.
 *
 * Invariants a decision keeps:
 * 1. All that must survive a crash is in its tables. Anything else it holds (indexes, timers) is derived from the
 *    tables in `open`.
 * 2. A value handed to `put` is live: it may be mutated later if `put` is called again. It is serialised at commit.
 * 3. Events are shared between decisions of one process, and never mutated.
 */

/** The bottom of event time: nothing is known to be complete. */
export const BEFORE_ALL_TIME = Number.MIN_SAFE_INTEGER;

/**
 * `state`  private: loaded at recovery, written to KV lazily (every 10 s).
 * `result` readable by others and also state: loaded at recovery, written to KV at once.
 * `output` readable by others, write-only for the stage: not held in memory, not loaded.
 */
export type TableKind = 'state' | 'result' | 'output';

export interface TableSpec<V = unknown> {
  readonly kind: TableKind;
  /**
   * Lifetime in KV of this value after it is written, ms of wall clock; undefined: until deleted. Only for values that
   * are state no more, or will not be by then.
   */
  lifetimeMs?(value: V): number | undefined;
  /** The value's JSON text, as KV shows it; JSON.stringify when absent. Runs once per changed key and commit. */
  encode?(value: V): string;
  /** The inverse, from the parsed JSON; the JSON value itself when absent. */
  decode?(json: never): V;
}

/**
 * Keyed values of one partition. An id is one or more encoded tokens (encodeId) joined by dots; the KV key is
 * `<partition>.<table>.<id>`, or `<partition>.<table>` for the empty id.
 */
export interface Table<V> {
  get(id: string): V | undefined;
  put(id: string, value: V): void;
  delete(id: string): void;
  /** Drops the value from memory once KV has it: it is state no more, and readers keep it for its lifetime. */
  release(id: string): void;
  entries(): IterableIterator<[id: string, value: V]>;
  readonly size: number;
}

/** Why an event could not be counted any more. */
export interface LateRecord {
  readonly reason: string;
  readonly event: unknown;
  readonly window?: { readonly start: number; readonly end: number };
}

export interface StageContext {
  /** `p07` or `all`. */
  readonly partition: string;
  /** No event with t <= watermark is expected any more. */
  readonly watermark: number;
  table<V>(name: string): Table<V>;
  /** Sends a record to the stage behind this one, in this commit. `kind` is one subject token. */
  emit(kind: string, value: unknown): void;
  /** Reports an event that came too late; it goes to the LATE stream with the watermark. */
  late(record: LateRecord): void;
}

export interface Decision<E> {
  /**
   * `source`: for an event, its Kafka partition, as a text that orders by topic and then by number; events of one source
   * come in the order of their offsets. For an emitted record, the partition that emitted it.
   */
  onEvent(event: E, source: string): void;
  /** The rule set that is in force from here on, as it stands in the log; for stages whose input names one. */
  onRules?(rules: unknown): void;
  /** The watermark has risen to ctx.watermark. */
  onWatermark(): void;
}

/** A record emitted by a stage, as the stage behind it sees it. */
export interface Emitted<V = unknown> {
  readonly kind: string;
  readonly value: V;
}

/**
 * `events` are kinds of event, as routes name them; their topics share the stage's watermark. `rules` names the rule set
 * (`rules.<name>` in the log of events) that the stage follows.
 */
export type StageInput =
  | { readonly kind: 'events'; readonly events: readonly string[]; readonly rules?: string }
  | { readonly kind: 'log'; readonly service: string };

export interface StageDefinition<E = unknown> {
  /**
   * Names the log, the bucket and the leases: `sales`. Stages of one process that read unrelated inputs have names of
   * their own: `anomaly`, `anomaly-maip`.
   */
  readonly service: string;
  /** `events` input: runs once per partition p00..p15. `log` input: once, as partition `all`. */
  readonly input: StageInput;
  readonly tables: Readonly<Record<string, TableSpec>>;
  /** Called when the tables are loaded. */
  open(ctx: StageContext): Decision<E>;
}
