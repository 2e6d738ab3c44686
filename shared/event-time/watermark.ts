/**
 * Watermarks: how far event time is known to be complete. A watermark w says that no event with t <= w is expected.
 *
 * Owns: the watermark of one Kafka partition (bridge side) and the minimum over all sources (stage side).
 * Does not own: when a partition is idle (the bridge decides, by wall clock) and how watermarks travel (progress frames).
 *
 * Invariants (tested in watermark.test.ts):
 * 1. No watermark falls, whatever is observed, updated, applied or restored.
 * 2. A source that is declared without a watermark holds the minimum at the value already reached.
 * 3. Idle sources leave the minimum. When all are idle, the maximum of their watermarks stands.
 * 4. A snapshot, and the changes since it, give the same watermark again. The value reached is part of it: sources
 *    alone do not tell it (invariant 2), so it travels beside them, as `wm` of a commit frame.
 */
import { BEFORE_ALL_TIME } from '../events/stage.ts';

/** One source as compact JSON: name, watermark (null: none yet), idle (1) or not (0). */
export type SourceState = readonly [source: string, watermark: number | null, idle: 0 | 1];

/** The watermark of one Kafka partition: the largest event time seen, less the out-of-orderness bound, less 1 ms. */
export class PartitionWatermark {
  readonly #boundMs: number;
  #current = BEFORE_ALL_TIME;

  constructor(boundMs: number) {
    if (!Number.isSafeInteger(boundMs) || boundMs < 0)
      throw new RangeError(`Cannot use "${boundMs}" as an out-of-orderness bound: expected whole ms, 0 or more`);
    this.#boundMs = boundMs;
  }

  /** undefined: nothing is known yet. */
  get current(): number | undefined {
    return this.#current === BEFORE_ALL_TIME ? undefined : this.#current;
  }

  /** Hot path: once per event. */
  observe(t: number): void {
    this.advanceTo(t - this.#boundMs - 1);
  }

  /** Raises the watermark without an event (idle policy `advance`); a lower value changes nothing. */
  advanceTo(watermark: number): void {
    if (watermark > this.#current) this.#current = watermark;
  }

  /** Takes up what a former owner of the partition announced last. */
  restore(watermark: number | undefined): void {
    if (watermark !== undefined) this.advanceTo(watermark);
  }
}

interface Source {
  watermark: number | undefined;
  idle: boolean;
}

/** The watermark of a stage: the minimum over its declared sources that are not idle. */
export class SourceWatermarks {
  readonly #sources = new Map<string, Source>();
  readonly #changed = new Set<string>();
  #current = BEFORE_ALL_TIME;

  /** BEFORE_ALL_TIME until every source that is not idle has a watermark. */
  get current(): number {
    return this.#current;
  }

  /** Declares a source or says what is new of it. True when anything about the source changed. */
  update(source: string, watermark: number | undefined, idle: boolean): boolean {
    if (!this.#set(source, watermark, idle)) return false;
    this.#changed.add(source);
    this.#raise(this.#combined());
    return true;
  }

  /** The sources that changed since the last call, to be stored beside `current`. */
  changes(): SourceState[] {
    const states = Array.from(this.#changed, (source) => this.#state(source));
    this.#changed.clear();
    return states;
  }

  /** All sources, by name, to be stored beside `current`. */
  snapshot(): SourceState[] {
    return Array.from(this.#sources.keys())
      .sort()
      .map((source) => this.#state(source));
  }

  /** Forgets everything and takes up a snapshot; `reached` is the `current` stored with it. */
  restore(snapshot: readonly SourceState[], reached: number): void {
    this.#sources.clear();
    this.#changed.clear();
    this.#current = BEFORE_ALL_TIME;
    this.apply(snapshot, reached);
  }

  /** Replays stored changes; `reached` is the `current` stored with them. They do not show up in `changes` again. */
  apply(changes: readonly SourceState[], reached: number): void {
    for (const [source, watermark, idle] of changes) this.#set(source, watermark ?? undefined, idle === 1);
    this.#raise(reached);
  }

  #set(source: string, watermark: number | undefined, idle: boolean): boolean {
    const known = this.#sources.get(source);
    if (!known) {
      this.#sources.set(source, { watermark, idle });
      return true;
    }
    const rises = watermark !== undefined && (known.watermark === undefined || watermark > known.watermark);
    if (!rises && known.idle === idle) return false;
    if (rises) known.watermark = watermark;
    known.idle = idle;
    return true;
  }

  #raise(watermark: number): void {
    if (watermark > this.#current) this.#current = watermark;
  }

  #combined(): number {
    let minimum = Number.POSITIVE_INFINITY;
    let maximum = BEFORE_ALL_TIME;
    for (const { watermark = BEFORE_ALL_TIME, idle } of this.#sources.values()) {
      if (!idle && watermark < minimum) minimum = watermark;
      if (watermark > maximum) maximum = watermark;
    }
    return minimum === Number.POSITIVE_INFINITY ? maximum : minimum;
  }

  #state(source: string): SourceState {
    const state = this.#sources.get(source);
    if (!state) throw new Error(`Cannot describe source "${source}": it was never declared`);
    return [source, state.watermark ?? null, state.idle ? 1 : 0];
  }
}
