/**
 * The keyed window operator: windows x aggregate x allowed lateness x trigger.
 *
 * Owns: accumulators per key and window, firing, re-firing, late events, cleaning up. Does not own: the watermark (the
 * caller advances it), where results go, and the table that holds its cells (a stage gives its own; memory otherwise).
 * A service with heavy sliding windows over few keys is better served by panes.ts.
 *
 * Invariants (tested in window-operator.test.ts, and against Flink in flink-window-cases.test.ts):
 * 1. Event-time trigger: a window fires once when watermark >= end - 1, then at once for each event that comes before
 *    end - 1 + allowed lateness. `revision` counts those events, so it does not depend on how watermarks were cut.
 * 2. An event that came too late for some or all of its windows is reported exactly once, and never silently dropped.
 * 3. A cell is gone when watermark >= end - 1 + allowed lateness.
 * 4. Results of one `advance` come in the order of (time, key, window start).
 * 5. A session that absorbs sessions whose results were sent names them in `replaces`.
 * 6. Snapshot and restore, or a new operator on the same table and watermark, change nothing that follows.
 */
import { BEFORE_ALL_TIME, type Table } from '../events/stage.ts';
import type { Aggregate } from './aggregate.ts';
import { MapTable } from './map-table.ts';
import { mergeSession } from './sessions.ts';
import { Timers } from './timers.ts';
import { type WindowCell, WindowCells, type WindowSlot } from './window-cells.ts';
import { isWindowComplete, isWindowLate, lastWindowStart, type TimeWindow, type WindowAssigner } from './windows.ts';

/** `purge`: each result holds only what came since the one before. */
export type Trigger =
  | { readonly kind: 'event-time'; readonly purge?: boolean }
  /** Fires whenever a window has got `count` events, and at no time else. */
  | { readonly kind: 'count'; readonly count: number; readonly purge?: boolean };

export interface WindowResult<A> {
  readonly key: string;
  readonly window: TimeWindow;
  /** Live: read it in the callback, do not keep it. */
  readonly value: A;
  /** Number of late events included. */
  readonly revision: number;
  /** Results sent before that this one takes the place of (sessions only). */
  readonly replaces: readonly TimeWindow[];
}

export interface LateEvent<E> {
  readonly key: string;
  readonly t: number;
  readonly event: E;
  /** The last window that the event missed. */
  readonly window: TimeWindow;
  readonly watermark: number;
  /** `after-lateness`: counted nowhere. `after-lateness-of-some`: later windows took it. */
  readonly reason: 'after-lateness' | 'after-lateness-of-some';
}

export interface WindowOperatorOptions<E, A extends NonNullable<unknown>> {
  readonly windows: WindowAssigner;
  readonly aggregate: Aggregate<E, A>;
  readonly allowedLatenessMs?: number;
  /** Event time without purge when absent. */
  readonly trigger?: Trigger;
  /** Where cells live; what it holds already is taken up. */
  readonly table?: Table<WindowCell<A>>;
  /** The watermark that the table's content was stored with. */
  readonly watermark?: number;
  onResult(result: WindowResult<A>): void;
  onLate(late: LateEvent<E>): void;
}

export interface WindowSnapshot<A> {
  readonly watermark: number;
  readonly cells: readonly (readonly [id: string, cell: WindowCell<A>])[];
}

export class WindowOperator<E, A extends NonNullable<unknown>> {
  readonly #options: WindowOperatorOptions<E, A>;
  readonly #latenessMs: number;
  readonly #trigger: Trigger;
  readonly #cells: WindowCells<A>;
  readonly #timers = new Timers<WindowSlot<A>>();
  #watermark: number;

  constructor(options: WindowOperatorOptions<E, A>) {
    this.#options = options;
    this.#latenessMs = options.allowedLatenessMs ?? 0;
    this.#trigger = options.trigger ?? { kind: 'event-time' };
    this.#watermark = options.watermark ?? BEFORE_ALL_TIME;
    this.#cells = new WindowCells(options.table ?? new MapTable());
    checkOptions(this.#latenessMs, this.#trigger);
    this.#open();
  }

  get watermark(): number {
    return this.#watermark;
  }

  /** Cells held. */
  get size(): number {
    return this.#cells.size;
  }

  add(key: string, t: number, event: E): void {
    const { windows } = this.#options;
    if (windows.kind === 'session') {
      const slot = this.#sessionSlot(key, t, windows.gapMs);
      if (slot) this.#fold(slot, event);
      else this.#reportLate(key, t, event, { start: t, end: t + windows.gapMs }, 'after-lateness');
      return;
    }
    let missed: TimeWindow | undefined;
    const last = lastWindowStart(windows, t);
    for (let start = last - windows.sizeMs + windows.slideMs; start <= last; start += windows.slideMs) {
      const end = start + windows.sizeMs;
      if (isWindowLate(end, this.#latenessMs, this.#watermark)) missed = { start, end };
      else this.#fold(this.#cells.at(key, start) ?? this.#create(key, newCell(start, end)), event);
    }
    if (missed)
      this.#reportLate(key, t, event, missed, missed.start === last ? 'after-lateness' : 'after-lateness-of-some');
  }

  /** Fires and cleans up what is due. A watermark lower than before changes nothing. */
  advance(watermark: number): void {
    if (watermark <= this.#watermark) return;
    this.#watermark = watermark;
    this.#timers.advance(watermark, (slot, time) => this.#onTimer(slot, time));
  }

  snapshot(): WindowSnapshot<A> {
    return { watermark: this.#watermark, cells: this.#cells.snapshot() };
  }

  restore(snapshot: WindowSnapshot<A>): void {
    this.#cells.restore(snapshot.cells);
    this.#watermark = snapshot.watermark;
    this.#open();
  }

  #open(): void {
    this.#timers.clear();
    for (const slot of this.#cells.open()) this.#schedule(slot);
  }

  #create(key: string, cell: WindowCell<A>): WindowSlot<A> {
    const slot = this.#cells.create(key, cell);
    this.#schedule(slot);
    return slot;
  }

  /** The session an event belongs to, merged from those it connects; undefined: too late. */
  #sessionSlot(key: string, t: number, gapMs: number): WindowSlot<A> | undefined {
    const cells = Array.from(this.#cells.ofKey(key), (slot) => slot.cell);
    const { window, absorbed } = mergeSession(cells, { start: t, end: t + gapMs });
    if (isWindowLate(window.end, this.#latenessMs, this.#watermark)) return undefined;
    const [first] = absorbed;
    if (first?.start === window.start && first.end === window.end) return this.#cells.at(key, first.start);
    const merged = mergeCells(absorbed, window, this.#options.aggregate);
    for (const cell of absorbed) {
      const slot = this.#cells.at(key, cell.start);
      if (slot) this.#cells.remove(slot);
    }
    return this.#create(key, merged);
  }

  #fold(slot: WindowSlot<A>, event: E): void {
    const { cell } = slot;
    const { aggregate } = this.#options;
    const complete = isWindowComplete(cell.end, this.#watermark);
    cell.accumulator = aggregate.add(cell.accumulator ?? aggregate.create(), event);
    cell.count++;
    if (complete) cell.late++;
    if (this.#trigger.kind === 'count' ? cell.count >= this.#trigger.count : complete) this.#fire(slot);
    this.#cells.save(slot);
  }

  #fire(slot: WindowSlot<A>): void {
    const { cell, key } = slot;
    if (cell.accumulator === undefined) return;
    this.#options.onResult({
      key,
      window: { start: cell.start, end: cell.end },
      value: cell.accumulator,
      revision: cell.late,
      replaces: cell.replaces ?? [],
    });
    cell.fired = true;
    cell.count = 0;
    delete cell.replaces;
    if (this.#trigger.purge) delete cell.accumulator;
  }

  /** One timer a cell: first for firing, then, when that is over, for going. */
  #schedule(slot: WindowSlot<A>): void {
    const { end, fired } = slot.cell;
    const isOver = isWindowComplete(end, this.#watermark) && (fired || this.#trigger.kind === 'count');
    this.#timers.schedule(isOver ? end - 1 + this.#latenessMs : end - 1, slot.id, slot);
  }

  #onTimer(slot: WindowSlot<A>, time: number): void {
    if (slot.gone) return;
    const { end, fired } = slot.cell;
    if (time === end - 1 && !fired && this.#trigger.kind === 'event-time') {
      this.#fire(slot);
      this.#cells.save(slot);
    }
    const goneAt = end - 1 + this.#latenessMs;
    if (time >= goneAt) this.#cells.remove(slot);
    else this.#timers.schedule(goneAt, slot.id, slot);
  }

  #reportLate(key: string, t: number, event: E, window: TimeWindow, reason: LateEvent<E>['reason']): void {
    this.#options.onLate({ key, t, event, window, watermark: this.#watermark, reason });
  }
}

function newCell<A>(start: number, end: number): WindowCell<A> {
  return { start, end, count: 0, late: 0 };
}

/** One cell for sessions that became one. Cells come by start, so that merging has one order. */
function mergeCells<A extends NonNullable<unknown>>(
  cells: readonly WindowCell<A>[],
  window: TimeWindow,
  aggregate: Pick<Aggregate<never, A>, 'create' | 'merge'>,
): WindowCell<A> {
  const merged = newCell<A>(window.start, window.end);
  const replaces: TimeWindow[] = [];
  for (const { start, end, accumulator, count, late, fired, replaces: earlier = [] } of cells) {
    if (accumulator !== undefined)
      merged.accumulator = aggregate.merge(merged.accumulator ?? aggregate.create(), accumulator);
    merged.count += count;
    merged.late += late;
    replaces.push(...earlier);
    if (fired) replaces.push({ start, end });
  }
  if (replaces.length > 0) merged.replaces = replaces;
  return merged;
}

function checkOptions(latenessMs: number, trigger: Trigger): void {
  if (!Number.isSafeInteger(latenessMs) || latenessMs < 0)
    throw new RangeError(`Cannot allow a lateness of "${latenessMs}" ms: expected whole ms, 0 or more`);
  if (trigger.kind === 'count' && !(Number.isSafeInteger(trigger.count) && trigger.count > 0))
    throw new RangeError(`Cannot fire after "${trigger.count}" events: expected a whole number, more than 0`);
}
