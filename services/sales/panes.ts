/**
 * The panes of one partition and what is known of the windows over them.
 *
 * Beside the panes stand the two things that belong to a window rather than to a pane: how many late orders it took
 * (stored), and its distinct customers (derived by customer-hours.ts, under the last pane of the window).
 */
import { compactTime } from '../../shared/event-time/time-text.ts';
import type { Table } from '../../shared/events/stage.ts';

export const PANE_MS = 5 * 60_000;
export const HOUR_MS = 60 * 60_000;
export const PANES_PER_WINDOW = HOUR_MS / PANE_MS;

export interface Pane {
  /** ms. */
  readonly start: number;
  /** Minor units. */
  revenue: number;
  orders: number;
}

/** Late orders a window took. */
export interface LateCount {
  /** Start of the window, ms. */
  readonly start: number;
  count: number;
}

/** One partition's share of a window, as the combining stage gets it. Absolute: a later one replaces it. */
export interface WindowPart {
  /** Start of the window, ms. */
  readonly start: number;
  /** Minor units. */
  readonly revenue: number;
  readonly orders: number;
  readonly customers: number;
  /** Orders taken after the window fired here. */
  readonly late: number;
}

export class Panes {
  readonly #table: Table<Pane>;
  readonly #late: Table<LateCount>;
  readonly #panes = new Map<number, Pane>();
  /** Distinct customers of the window that ends with the pane that starts here. */
  readonly #distinct = new Map<number, number>();
  readonly #touched = new Set<number>();

  constructor(table: Table<Pane>, late: Table<LateCount>) {
    this.#table = table;
    this.#late = late;
    for (const [, pane] of table.entries()) {
      this.#panes.set(pane.start, pane);
      this.#touched.add(pane.start);
    }
  }

  add(start: number, revenue: number, orders: number): void {
    const pane = this.#pane(start);
    pane.revenue += revenue;
    pane.orders += orders;
    this.#put(pane);
    this.#touched.add(start);
  }

  countLate(windowStart: number): void {
    const key = compactTime(windowStart);
    const late = this.#late.get(key) ?? { start: windowStart, count: 0 };
    late.count++;
    this.#late.put(key, late);
  }

  /** A customer counts in the windows that end with the panes from first to last (inclusive), or counts no more. */
  addDistinct(first: number, last: number, by: 1 | -1): void {
    for (let pane = first; pane <= last; pane += PANE_MS)
      this.#distinct.set(pane, (this.#distinct.get(pane) ?? 0) + by);
  }

  combine(windowStart: number): WindowPart {
    let [revenue, orders] = [0, 0];
    for (let at = 0; at < PANES_PER_WINDOW; at++) {
      const pane = this.#panes.get(windowStart + at * PANE_MS);
      if (!pane) continue;
      revenue += pane.revenue;
      orders += pane.orders;
    }
    const lastPane = windowStart + HOUR_MS - PANE_MS;
    return {
      start: windowStart,
      revenue,
      orders,
      customers: this.#distinct.get(lastPane) ?? 0,
      late: this.#late.get(compactTime(windowStart))?.count ?? 0,
    };
  }

  /** Ends, in (after, upTo], of the windows that hold any pane; ascending. */
  windowEnds(after: number, upTo: number): number[] {
    return endsOf(this.#panes.keys()).filter((end) => end > after && end <= upTo);
  }

  /** Ends of the windows that changed since the last call; ascending. */
  takeTouchedEnds(): number[] {
    const ends = endsOf(this.#touched);
    this.#touched.clear();
    return ends;
  }

  forget(isOver: (paneStart: number) => boolean): void {
    for (const start of this.#panes.keys()) {
      if (!isOver(start)) continue;
      this.#panes.delete(start);
      this.#table.delete(compactTime(start));
    }
    for (const [key, { start }] of this.#late.entries()) if (isOver(start)) this.#late.delete(key);
    for (const start of this.#distinct.keys()) if (isOver(start)) this.#distinct.delete(start);
  }

  #pane(start: number): Pane {
    let pane = this.#panes.get(start);
    if (!pane) {
      pane = { start, revenue: 0, orders: 0 };
      this.#panes.set(start, pane);
    }
    return pane;
  }

  #put(pane: Pane): void {
    this.#table.put(compactTime(pane.start), pane);
  }
}

function endsOf(paneStarts: Iterable<number>): number[] {
  const ends = new Set<number>();
  for (const start of paneStarts) for (let at = 1; at <= PANES_PER_WINDOW; at++) ends.add(start + at * PANE_MS);
  return [...ends].sort((a, b) => a - b);
}
