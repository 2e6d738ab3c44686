/**
 * The state of keyed windows: one cell per key and window, in a table, with an index by key derived from it.
 *
 * Does not own: when cells fire or go (window-operator.ts).
 *
 * Invariants (tested in window-cells.test.ts):
 * 1. All that must survive is in the table: open on its entries gives the same cells.
 * 2. A cell's id is `<encoded key>.<compact start>`: unique, for windows of one key never share a start.
 */
import { decodeId, encodeId } from '../events/id.ts';
import type { Table } from '../events/stage.ts';
import { compactTime } from './time-text.ts';
import type { TimeWindow } from './windows.ts';

/** What is stored of one window of one key. Plain JSON. */
export interface WindowCell<A> {
  readonly start: number;
  readonly end: number;
  /** Absent: purged by its last firing, and nothing came since. */
  accumulator?: A;
  /** Events since the last firing, for count triggers. */
  count: number;
  /** Late events included: those that came when the window was complete. */
  late: number;
  /** A result of exactly this window was sent. */
  fired?: true;
  /** Sessions whose results were sent and that are part of this one now; told with the next result. */
  replaces?: TimeWindow[];
}

/** A cell in memory, with what is derived from it. */
export interface WindowSlot<A> {
  readonly id: string;
  readonly key: string;
  readonly cell: WindowCell<A>;
  /** Timers cannot be cancelled: one that finds its slot gone does nothing. */
  gone: boolean;
}

export class WindowCells<A> {
  readonly #table: Table<WindowCell<A>>;
  readonly #byKey = new Map<string, Map<number, WindowSlot<A>>>();

  constructor(table: Table<WindowCell<A>>) {
    this.#table = table;
  }

  get size(): number {
    return this.#table.size;
  }

  /** Rebuilds the index from the table and yields every slot. */
  *open(): IterableIterator<WindowSlot<A>> {
    this.#byKey.clear();
    for (const [id, cell] of this.#table.entries())
      yield this.#index(decodeId(id.slice(0, id.lastIndexOf('.'))), id, cell);
  }

  /** The slot of a key's window that starts there. */
  at(key: string, start: number): WindowSlot<A> | undefined {
    return this.#byKey.get(key)?.get(start);
  }

  ofKey(key: string): Iterable<WindowSlot<A>> {
    return this.#byKey.get(key)?.values() ?? [];
  }

  create(key: string, cell: WindowCell<A>): WindowSlot<A> {
    const slot = this.#index(key, `${encodeId(key)}.${compactTime(cell.start)}`, cell);
    this.save(slot);
    return slot;
  }

  /** Every change of a cell must be followed by this. */
  save(slot: WindowSlot<A>): void {
    this.#table.put(slot.id, slot.cell);
  }

  remove(slot: WindowSlot<A>): void {
    slot.gone = true;
    this.#table.delete(slot.id);
    const slots = this.#byKey.get(slot.key);
    slots?.delete(slot.cell.start);
    if (slots?.size === 0) this.#byKey.delete(slot.key);
  }

  /** A copy of the table, by id. */
  snapshot(): [id: string, cell: WindowCell<A>][] {
    return Array.from(this.#table.entries())
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([id, cell]) => [id, structuredClone(cell)]);
  }

  /** Replaces what is in the table; call open afterwards. */
  restore(snapshot: readonly (readonly [id: string, cell: WindowCell<A>])[]): void {
    for (const [id] of Array.from(this.#table.entries())) this.#table.delete(id);
    for (const [id, cell] of snapshot) this.#table.put(id, structuredClone(cell));
  }

  #index(key: string, id: string, cell: WindowCell<A>): WindowSlot<A> {
    const slot = { id, key, cell, gone: false };
    const slots = this.#byKey.get(key);
    if (slots) slots.set(cell.start, slot);
    else this.#byKey.set(key, new Map([[cell.start, slot]]));
    return slot;
  }
}
