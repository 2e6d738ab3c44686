/**
 * Per customer and hour: orders and spend, and in how many orders of which pane. From the panes follows in which
 * windows a customer counts as distinct.
 *
 * Invariant: for every window, the sum of the ranges reported to `onDistinct` is the number of customers with an order
 * in one of its panes.
 */
import { compactTime, formatTime } from '../../shared/event-time/time-text.ts';
import { isWindowComplete } from '../../shared/event-time/windows.ts';
import { encodeId } from '../../shared/events/id.ts';
import { formatMoney, parseMoney } from '../../shared/events/money.ts';
import type { Table, TableSpec } from '../../shared/events/stage.ts';
import { HOUR_MS, PANE_MS, PANES_PER_WINDOW } from './panes.ts';

/** Readers keep a finished hour this long. */
const LIFETIME_MS = 48 * HOUR_MS;

interface CustomerHour {
  readonly customer: string;
  /** The part of its JSON text that never changes. */
  readonly head: string;
  readonly key: string;
  /** ms. */
  readonly start: number;
  orders: number;
  /** Minor units. */
  spent: number;
  /** Orders in each of the hour's 12 panes. */
  readonly panes: number[];
  isFinal: boolean;
}

/** A customer hour as KV shows it. */
export interface CustomerHourValue {
  readonly customer_id: string;
  readonly window_start: string;
  readonly orders: number;
  /** Decimal string. */
  readonly total_spent: string;
  readonly final: boolean;
  /** Orders by 5-min pane of the hour, panes without an order left out: what the stage goes on from. */
  readonly panes: Readonly<Record<string, number>>;
}

export const customerHourTable: TableSpec<CustomerHour> = {
  kind: 'result',
  lifetimeMs: ({ isFinal }) => (isFinal ? LIFETIME_MS : undefined),
  encode: ({ head, orders, spent, panes, isFinal }) =>
    `${head}"orders":${orders},"total_spent":"${formatMoney(spent)}","final":${isFinal},"panes":{${encodePanes(panes)}}}`,
  decode: (value: CustomerHourValue) => {
    const hour = createHour(value.customer_id, Date.parse(value.window_start), value.final);
    hour.orders = value.orders;
    hour.spent = parseMoney(value.total_spent);
    for (const [pane, orders] of Object.entries(value.panes)) hour.panes[Number(pane)] = orders;
    return hour;
  },
};

function createHour(customer: string, start: number, isFinal: boolean): CustomerHour {
  return {
    customer,
    head: `{"customer_id":${JSON.stringify(customer)},"window_start":"${formatTime(start)}",`,
    key: `${encodeId(customer)}.${compactTime(start)}`,
    start,
    orders: 0,
    spent: 0,
    panes: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    isFinal,
  };
}

function encodePanes(panes: readonly number[]): string {
  let text = '';
  for (let pane = 0; pane < PANES_PER_WINDOW; pane++)
    if (panes[pane] !== 0) text += `${text === '' ? '' : ','}"${pane}":${panes[pane]}`;
  return text;
}

export interface CustomerChange {
  readonly id: string;
  readonly hourStart: number;
  readonly paneStart: number;
  readonly sign: 1 | -1;
  /** Minor units. */
  readonly amount: number;
  /** False: the hour is closed, only the windows that still take orders count it. */
  readonly countsInHour: boolean;
  /** The hour has fired. */
  readonly isFinal: boolean;
}

/** Panes from first to last, as the last panes of windows, in which a customer counts or counts no more. */
export type OnDistinct = (firstPane: number, lastPane: number, by: 1 | -1) => void;

export class CustomerHours {
  readonly #table: Table<CustomerHour>;
  readonly #onDistinct: OnDistinct;
  readonly #byCustomer = new Map<string, CustomerHour[]>();
  readonly #byHour = new Map<number, CustomerHour[]>();
  /** Hours with a value that is not final. */
  readonly #unfinished = new Set<number>();

  constructor(table: Table<CustomerHour>, onDistinct: OnDistinct) {
    this.#table = table;
    this.#onDistinct = onDistinct;
    for (const [, hour] of table.entries()) this.#adopt(hour);
  }

  /** False when there is nothing to take back. */
  add(change: CustomerChange): boolean {
    const hours = this.#byCustomer.get(change.id);
    let hour = hours?.find(({ start }) => start === change.hourStart);
    if (!hour) {
      if (change.sign < 0) return false;
      hour = this.#open(change);
    }
    const pane = (change.paneStart - change.hourStart) / PANE_MS;
    const before = hour.panes[pane] ?? 0;
    if (before + change.sign < 0) return false;
    hour.panes[pane] = before + change.sign;
    if (before === 0 || before + change.sign === 0) this.#countDistinct(change);
    if (change.countsInHour) {
      hour.orders += change.sign;
      hour.spent += change.sign * change.amount;
      hour.isFinal = change.isFinal;
    }
    this.#table.put(hour.key, hour);
    return true;
  }

  /** Marks the hours final that the watermark has passed. */
  finish(watermark: number): void {
    for (const start of this.#unfinished) {
      if (!isWindowComplete(start + HOUR_MS, watermark)) continue;
      this.#unfinished.delete(start);
      for (const hour of this.#byHour.get(start) ?? []) {
        if (hour.isFinal) continue;
        hour.isFinal = true;
        this.#table.put(hour.key, hour);
      }
    }
  }

  forget(isOver: (hourStart: number) => boolean): void {
    for (const [start, hours] of this.#byHour) {
      if (!isOver(start)) continue;
      this.#byHour.delete(start);
      for (const hour of hours) {
        this.#table.release(hour.key);
        const left = this.#byCustomer.get(hour.customer)?.filter((other) => other !== hour) ?? [];
        if (left.length > 0) this.#byCustomer.set(hour.customer, left);
        else this.#byCustomer.delete(hour.customer);
      }
    }
  }

  #open({ id, hourStart, isFinal }: CustomerChange): CustomerHour {
    const hour = createHour(id, hourStart, isFinal);
    this.#index(hour);
    return hour;
  }

  #index(hour: CustomerHour): void {
    if (!hour.isFinal) this.#unfinished.add(hour.start);
    const hours = this.#byCustomer.get(hour.customer);
    if (hours) hours.push(hour);
    else this.#byCustomer.set(hour.customer, [hour]);
    const peers = this.#byHour.get(hour.start);
    if (peers) peers.push(hour);
    else this.#byHour.set(hour.start, [hour]);
  }

  /** Takes up a loaded hour, pane by pane, as if its orders came now. */
  #adopt(hour: CustomerHour): void {
    const counts = [...hour.panes];
    hour.panes.fill(0);
    this.#index(hour);
    for (const [at, count] of counts.entries()) {
      if (count === 0) continue;
      hour.panes[at] = count;
      this.#countDistinct({ id: hour.customer, paneStart: hour.start + at * PANE_MS, sign: 1 });
    }
  }

  /** The customer became active in a pane (it has orders now), or inactive (it has none any more). */
  #countDistinct({ id, paneStart, sign }: Pick<CustomerChange, 'id' | 'paneStart' | 'sign'>): void {
    const reach = (PANES_PER_WINDOW - 1) * PANE_MS;
    let [first, last] = [paneStart, paneStart + reach];
    for (const hour of this.#byCustomer.get(id) ?? []) {
      if (hour.start > paneStart + reach || hour.start + HOUR_MS <= paneStart - reach) continue;
      for (let at = 0; at < PANES_PER_WINDOW; at++) {
        const other = hour.start + at * PANE_MS;
        if (hour.panes[at] === 0 || other === paneStart) continue;
        if (other < paneStart)
          first = Math.max(first, other + HOUR_MS); // windows up to there hold `other` too
        else last = Math.min(last, other - PANE_MS);
      }
    }
    if (first <= last) this.#onDistinct(first, last, sign);
  }
}
