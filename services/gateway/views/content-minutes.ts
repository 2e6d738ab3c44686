/**
 * Downloads of all contents in the newest minutes of event time, and the top of them.
 *
 * Owns: which minutes are kept, and from which one on everything is known. Does not own: where they come from
 * (region-health-view.ts, whose invariants 2 and 3 are about this file).
 */
import { parseCompactTime } from '../../../shared/event-time/time-text.ts';
import type { ContentMinute, ContentTotal } from '../schemas/region-health.ts';
import type { Kept } from './bucket-reader.ts';

export const TOP_MINUTES = 60;
const MINUTE_MS = 60_000;
/** Contents with downloads in a minute, summed over the minutes. */
const CAPACITY = 100_000;
/**
 * Of a bucket that is not read whole, minutes that were written to within the first two minutes of what is read may
 * have been written to before it, too.
 */
const CUT_MS = 120_000;

export interface TopQuery {
  readonly by: 'downloads' | 'failures' | 'success_rate';
  /** Contents with fewer downloads are left out. */
  readonly least?: number;
  /** 1 to TOP_MINUTES. */
  readonly minutes: number;
  readonly limit: number;
}

export interface Top {
  /** ms; undefined: there is no minute. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly contents: number;
  readonly complete: boolean;
  readonly items: readonly ContentTotal[];
}

/** What is kept of a content's minute: there are many. */
interface Cell {
  readonly content_id: string;
  readonly downloads: number;
  readonly failures: number;
  readonly expiresMs: number;
}
type Total = Omit<ContentTotal, 'success_rate'>;
/** By the content's token. */
type Cells = Map<string, Cell>;

export class ContentMinutes {
  readonly #capacity: number;
  /** By start. */
  readonly #minutes = new Map<number, Cells>();
  #size = 0;
  #newest: number | undefined;
  /** From this start on, minutes are known whole. */
  #completeFrom = Number.NEGATIVE_INFINITY;
  /** Server's time, ms; undefined: not known yet, and the first value tells. */
  #cutUntil: number | undefined;

  constructor(isWhole: boolean, capacity = CAPACITY) {
    this.#capacity = capacity;
    this.#cutUntil = isWhole ? Number.NEGATIVE_INFINITY : undefined;
  }

  get newest(): number | undefined {
    return this.#newest;
  }

  /** `minute` undefined: it was deleted. `time`: its start, as in a key. `storedMs`: by the server's clock. */
  apply(token: string, time: string, minute: Kept<ContentMinute> | undefined, storedMs: number): void {
    const start = parseCompactTime(time);
    if (!minute) {
      this.#delete(start, token);
      return;
    }
    this.#cutUntil ??= storedMs + CUT_MS;
    if (storedMs <= this.#cutUntil) this.#incompleteUpTo(start);
    if (start <= (this.#newest ?? start) - TOP_MINUTES * MINUTE_MS) return;
    const { content_id, downloads, failures } = minute.value;
    this.#put(start, token, { content_id, downloads, failures, expiresMs: minute.expiresMs });
    if (start > (this.#newest ?? Number.NEGATIVE_INFINITY)) this.#advance(start);
    while (this.#size > this.#capacity) this.#dropOldest();
  }

  top({ by, minutes, limit, least = 1 }: TopQuery, now: number): Top {
    if (this.#newest === undefined)
      return { from: undefined, to: undefined, contents: 0, complete: this.#completeFrom < 0, items: [] };
    const from = this.#newest - (minutes - 1) * MINUTE_MS;
    const totals = this.#totals(from, now);
    const items = [...totals.values()]
      .filter((total) => total.downloads >= least && (by === 'success_rate' || total[by] > 0))
      .sort((a, b) => ORDER[by](a, b) || (a.content_id < b.content_id ? -1 : 1))
      .slice(0, limit)
      .map((total) => ({ ...total, success_rate: Math.round(rateOf(total) * 10_000) / 10_000 }));
    const complete = from >= this.#completeFrom;
    return { from, to: this.#newest + MINUTE_MS, contents: totals.size, complete, items };
  }

  #totals(from: number, now: number): Map<string, Total> {
    const totals = new Map<string, Total>();
    for (const [start, cells] of this.#minutes)
      if (start >= from)
        for (const { content_id, downloads, failures, expiresMs } of cells.values()) {
          if (expiresMs <= now) continue;
          const total = totals.get(content_id) ?? noneOf(content_id);
          total.downloads += downloads;
          total.successes += downloads - failures;
          total.failures += failures;
          totals.set(content_id, total);
        }
    return totals;
  }

  #put(start: number, token: string, cell: Cell): void {
    const cells: Cells = this.#minutes.get(start) ?? new Map();
    this.#minutes.set(start, cells);
    if (!cells.has(token)) this.#size++;
    cells.set(token, cell);
  }

  #delete(start: number, token: string): void {
    if (this.#minutes.get(start)?.delete(token)) this.#size--;
  }

  #advance(newest: number): void {
    this.#newest = newest;
    for (const start of [...this.#minutes.keys()]) if (start <= newest - TOP_MINUTES * MINUTE_MS) this.#drop(start);
  }

  #dropOldest(): void {
    const oldest = Math.min(...this.#minutes.keys());
    this.#drop(oldest);
    this.#incompleteUpTo(oldest);
  }

  #drop(start: number): void {
    this.#size -= this.#minutes.get(start)?.size ?? 0;
    this.#minutes.delete(start);
  }

  #incompleteUpTo(start: number): void {
    this.#completeFrom = Math.max(this.#completeFrom, start + MINUTE_MS);
  }
}

const ORDER: Readonly<Record<TopQuery['by'], (a: Total, b: Total) => number>> = {
  downloads: (a, b) => b.downloads - a.downloads,
  failures: (a, b) => b.failures - a.failures,
  success_rate: (a, b) => rateOf(a) - rateOf(b),
};

function rateOf({ successes, downloads }: Total): number {
  return successes / downloads;
}

function noneOf(content_id: string): Total {
  return { content_id, downloads: 0, successes: 0, failures: 0 };
}
