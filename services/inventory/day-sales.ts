/**
 * The sales of one product by day (UTC, as days since the epoch), only the days that have any.
 *
 *   day    19870   19874   19875  ...                 a day holds what was sold and what was returned,
 *          [  3 )  [  1 )  [ 12 )                     each with the number of lines that said so
 *
 * Does not own: which days are kept, and what "today" is.
 *
 * Invariants (day-sales.test.ts):
 * 1. A day is a sum, and nothing but a sum: lines may come and be taken back in any order.
 * 2. A day with nothing in it is forgotten.
 * 3. Where more lines were taken back than ever came, that side of the day (sold or returned) counts as nothing.
 *
 * Hot path: a line of the newest day allocates nothing, and the text of the days before it is kept.
 */

interface Day {
  readonly day: number;
  /** Units sold, and the lines that sold them. */
  sold: number;
  sales: number;
  /** Units brought back, and the lines that did. */
  returned: number;
  returns: number;
}

/** A day in KV; without its last two numbers when nothing was returned. */
export type DayValue =
  | readonly [day: number, sold: number, sales: number]
  | readonly [day: number, sold: number, sales: number, returned: number, returns: number];

export class DaySales {
  readonly #days: Day[] = [];
  /** JSON of all days but the last, each with a comma behind it; undefined: to be made. */
  #pastText: string | undefined;

  constructor(days: readonly DayValue[] = []) {
    for (const [day, sold, sales, returned = 0, returns = 0] of days)
      this.#days.push({ day, sold, sales, returned, returns });
  }

  get isEmpty(): boolean {
    return this.#days.length === 0;
  }

  /** The first day on which anything stands. */
  get first(): number | undefined {
    return this.#days.find(({ sales, returns }) => sales > 0 || returns > 0)?.day;
  }

  /** Counts a line, or with sign -1 takes it back; below zero, it is a return. False: there was no such line to take back. */
  add(day: number, quantity: number, sign: 1 | -1): boolean {
    if (quantity === 0) return true;
    const at = this.#at(day);
    const entry = this.#days[at];
    if (!entry) throw new Error(`Cannot count in day "${day}": it was not opened`);
    if (at < this.#days.length - 1) this.#pastText = undefined;
    if (quantity > 0) {
      entry.sold += sign * quantity;
      entry.sales += sign;
    } else {
      entry.returned -= sign * quantity;
      entry.returns += sign;
    }
    if (isNothing(entry)) {
      this.#days.splice(at, 1);
      this.#pastText = undefined;
    }
    return entry.sales >= 0 && entry.returns >= 0;
  }

  /** Units sold less units returned, from day to day, both included. */
  unitsBetween(first: number, last: number): number {
    let units = 0;
    for (let at = this.#days.length - 1; at >= 0; at--) {
      const entry = this.#days[at] as Day;
      if (entry.day < first) break;
      if (entry.day > last) continue;
      if (entry.sales > 0) units += entry.sold;
      if (entry.returns > 0) units -= entry.returned;
    }
    return units;
  }

  /** The last day, up to this one, on which something was sold. */
  lastSale(upTo: number): number | undefined {
    for (let at = this.#days.length - 1; at >= 0; at--) {
      const entry = this.#days[at] as Day;
      if (entry.day <= upTo && entry.sales > 0) return entry.day;
    }
    return undefined;
  }

  /** Forgets the days before `first`; tells those on which something was sold. */
  forget(first: number, onSold: (day: number) => void): void {
    let count = 0;
    for (const { day, sales } of this.#days) {
      if (day >= first) break;
      if (sales > 0) onSold(day);
      count++;
    }
    if (count === 0) return;
    this.#days.splice(0, count);
    this.#pastText = undefined;
  }

  /** JSON: an array of DayValue. */
  text(): string {
    const last = this.#days.length - 1;
    if (last < 0) return '[]';
    this.#pastText ??= this.#days.slice(0, last).reduce((text, entry) => `${text}${dayText(entry)},`, '');
    return `[${this.#pastText}${dayText(this.#days[last] as Day)}]`;
  }

  /** Where a day is; it is made when there is none. */
  #at(day: number): number {
    let at = this.#days.length - 1;
    while (at >= 0 && (this.#days[at] as Day).day > day) at--;
    if (at >= 0 && (this.#days[at] as Day).day === day) return at;
    this.#days.splice(at + 1, 0, { day, sold: 0, sales: 0, returned: 0, returns: 0 });
    this.#pastText = undefined;
    return at + 1;
  }
}

function isNothing({ sold, sales, returned, returns }: Day): boolean {
  return sold === 0 && sales === 0 && returned === 0 && returns === 0;
}

function dayText({ day, sold, sales, returned, returns }: Day): string {
  const head = `[${day},${sold},${sales}`;
  return returned === 0 && returns === 0 ? `${head}]` : `${head},${returned},${returns}]`;
}
