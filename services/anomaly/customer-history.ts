/**
 * What is remembered of a customer: the statistics of all amounts, and the times and ids of recent orders.
 *
 * Recent means less than `horizonMs` before the newest order, and no more than `MAX_RECENT`: a count goes no higher.
 *
 * Invariants (tested in customer-history.test.ts):
 * 1. A count equals a recount of the orders added and not removed, up to MAX_RECENT.
 * 2. An order is in the history once: a second one of the same id is refused while the first one is recent.
 * 3. Removing an order leaves the statistics as if it had never been added.
 */
import type { TableSpec } from '../../shared/events/stage.ts';
import { RunningAmounts, type RunningAmountsValue } from './running-amounts.ts';

export const MAX_RECENT = 256;

/** Ids that are named as evidence. */
const MAX_NAMED = 20;

interface CustomerHistoryValue {
  readonly amounts: RunningAmountsValue;
  readonly newest: number;
  readonly dropped: number | null;
  readonly times: readonly number[];
  readonly ids: readonly string[];
}

export class CustomerHistory {
  readonly amounts: RunningAmounts;
  /** Event time of the newest order there ever was. */
  #newest = Number.NEGATIVE_INFINITY;
  /** Event time of the newest order that is recent no more: of those up to here, ids are not known. */
  #dropped = Number.NEGATIVE_INFINITY;
  readonly #times: number[];
  readonly #ids: string[];

  constructor(amounts: RunningAmounts = new RunningAmounts(), times: number[] = [], ids: string[] = []) {
    this.amounts = amounts;
    this.#times = times;
    this.#ids = ids;
  }

  static decode({ amounts, newest, dropped, times, ids }: CustomerHistoryValue): CustomerHistory {
    const history = new CustomerHistory(RunningAmounts.decode(amounts), [...times], [...ids]);
    history.#newest = newest;
    history.#dropped = dropped ?? Number.NEGATIVE_INFINITY;
    return history;
  }

  get newest(): number {
    return this.#newest;
  }

  get isEmpty(): boolean {
    return this.amounts.count === 0 && this.#ids.length === 0;
  }

  has(id: string): boolean {
    return this.#ids.includes(id);
  }

  /** False: it is there already. `amount` undefined: it has none. */
  add(id: string, t: number, amount: number | undefined, horizonMs: number): boolean {
    if (this.has(id)) return false;
    if (amount !== undefined) this.amounts.add(amount);
    this.#remember(id, t);
    if (t > this.#newest) this.#newest = t;
    this.#prune(this.#newest - horizonMs);
    return true;
  }

  addAmount(t: number, amount: number): void {
    this.amounts.add(amount);
    if (t > this.#newest) this.#newest = t;
  }

  /** False, and nothing changed: there is no such order. */
  remove(id: string, t: number, amount: number | undefined): boolean {
    const at = this.#ids.indexOf(id);
    if (at < 0 && t > this.#dropped) return false;
    if (amount !== undefined && !this.amounts.remove(amount)) return false;
    if (at >= 0) {
      this.#times.splice(at, 1);
      this.#ids.splice(at, 1);
    }
    return true;
  }

  /** How many orders are less than `withinMs` apart, up to the last one that is that near to the one at `t`. */
  countAround(t: number, withinMs: number): number {
    const end = this.#endOf(t, withinMs);
    return end - this.#startOf(end, withinMs);
  }

  /** The newest of them. */
  idsAround(t: number, withinMs: number): string[] {
    const end = this.#endOf(t, withinMs);
    return this.#ids.slice(Math.max(this.#startOf(end, withinMs), end - MAX_NAMED), end);
  }

  encode(): string {
    const dropped = Number.isFinite(this.#dropped) ? this.#dropped : null;
    return (
      `{"amounts":${this.amounts.encode()},"newest":${this.#newest},"dropped":${dropped},` +
      `"times":[${this.#times.join()}],"ids":${JSON.stringify(this.#ids)}}`
    );
  }

  #endOf(t: number, withinMs: number): number {
    let end = this.#times.length;
    while (end > 0 && (this.#times[end - 1] ?? 0) >= t + withinMs) end--;
    return end;
  }

  #startOf(end: number, withinMs: number): number {
    const last = this.#times[end - 1] ?? 0;
    let start = end;
    while (start > 0 && (this.#times[start - 1] ?? 0) > last - withinMs) start--;
    return start;
  }

  #remember(id: string, t: number): void {
    const times = this.#times;
    let at = times.length;
    while (at > 0 && (times[at - 1] ?? 0) > t) at--;
    if (at === times.length) {
      times.push(t);
      this.#ids.push(id);
      return;
    }
    times.splice(at, 0, t);
    this.#ids.splice(at, 0, id);
  }

  #prune(until: number): void {
    let over = Math.max(0, this.#times.length - MAX_RECENT);
    while (over < this.#times.length && (this.#times[over] ?? 0) <= until) over++;
    if (over === 0) return;
    this.#dropped = Math.max(this.#dropped, this.#times[over - 1] ?? this.#dropped);
    this.#times.splice(0, over);
    this.#ids.splice(0, over);
  }
}

export const customerTable: TableSpec<CustomerHistory> = {
  kind: 'state',
  encode: (history) => history.encode(),
  decode: (value: CustomerHistoryValue) => CustomerHistory.decode(value),
};
