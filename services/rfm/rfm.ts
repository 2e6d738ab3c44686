/**
 * RFM: recency, frequency and monetary value of every customer, and the segment that follows from them.
 *
 * Rules, in this order (recency is counted in whole days of event time):
 *   Churned  no order for 90 days or more      At-Risk  no order for 30 days or more
 *   VIP      5 or more orders and $500 or more Regular  3 or more orders (so also 5 or more under $500)
 *   New      1 or 2 orders
 *
 * Recency moves with the watermark, without a new order: each customer has a timer at the next whole day.
 * A customer without an order for two years is forgotten.
 *
 * Invariants (rfm.test.ts):
 * 1. A customer's value depends only on the orders folded and the watermark reached, not on their order of arrival;
 *    but which times are remembered of many does, once orders were deleted (below).
 * 2. The summary is the sum over the customers.
 * 3. A retraction takes back exactly what the order brought; one of an order never counted goes to LATE.
 *
 * Times kept for a customer: the two oldest and the three newest (order-times.ts). So `last_order` is exact unless the
 * three newest orders are all deleted, and `first_order` unless the two oldest are.
 */
import { formatTime } from '../../shared/event-time/time-text.ts';
import { Timers } from '../../shared/event-time/timers.ts';
import { encodeId } from '../../shared/events/id.ts';
import { formatMoney, parseMoney } from '../../shared/events/money.ts';
import type { OrderEvent } from '../../shared/events/order.ts';
import {
  BEFORE_ALL_TIME,
  type Decision,
  type StageContext,
  type StageDefinition,
  type Table,
} from '../../shared/events/stage.ts';
import { OrderTimes } from './order-times.ts';

export type Segment = 'VIP' | 'Regular' | 'New' | 'At-Risk' | 'Churned';
export const SEGMENTS: readonly Segment[] = ['VIP', 'Regular', 'New', 'At-Risk', 'Churned'];

const DAY_MS = 86_400_000;
const CHURNED_DAYS = 90;
const AT_RISK_DAYS = 30;
const VIP_ORDERS = 5;
const VIP_SPEND = 500_00;
const REGULAR_ORDERS = 3;
const FORGET_DAYS = 730;

/** A customer as the stage holds it. */
interface Customer {
  /** The id as JSON text: it never changes and is written with every commit. */
  readonly idText: string;
  orders: number;
  /** Minor units. */
  spent: number;
  readonly times: OrderTimes;
  segment: Segment;
  recencyDays: number;
  /** When its timer is due, BEFORE_ALL_TIME: it has none; not part of the stored value. */
  due: number;
}

/** A customer as KV shows it. */
export interface CustomerValue {
  readonly customer_id: string;
  readonly segment: Segment;
  readonly recency_days: number;
  readonly frequency: number;
  /** Decimal string. */
  readonly monetary_value: string;
  readonly first_order: string;
  readonly last_order: string;
  /**
   * Times of orders remembered between the first and the last, ms: what the stage goes on from.
   * null: only one order is remembered, which is both.
   */
  readonly between: readonly number[] | null;
}

/** Customers and their spend (minor units) in each segment: what a partition tells the summary. */
export type SegmentTotals = Readonly<Record<Segment, readonly [customers: number, spent: number]>>;

export function segmentOf(recencyDays: number, orders: number, spent: number): Segment {
  if (recencyDays >= CHURNED_DAYS) return 'Churned';
  if (recencyDays >= AT_RISK_DAYS) return 'At-Risk';
  if (orders >= VIP_ORDERS && spent >= VIP_SPEND) return 'VIP';
  return orders >= REGULAR_ORDERS ? 'Regular' : 'New';
}

export const rfm: StageDefinition<OrderEvent> = {
  service: 'rfm',
  input: { kind: 'events', events: ['order'] },
  tables: { customer: { kind: 'result', encode: encodeCustomer, decode: decodeCustomer } },
  open: (ctx) => new Rfm(ctx),
};

class Rfm implements Decision<OrderEvent> {
  readonly #ctx: StageContext;
  readonly #customers: Table<Customer>;
  readonly #timers = new Timers<string>();
  readonly #totals = new Map<Segment, { customers: number; spent: number }>();
  #totalsChanged = true;

  constructor(ctx: StageContext) {
    this.#ctx = ctx;
    this.#customers = ctx.table<Customer>('customer');
    for (const segment of SEGMENTS) this.#totals.set(segment, { customers: 0, spent: 0 });
    for (const [token, customer] of this.#customers.entries()) {
      this.#count(customer, 1);
      this.#arm(token, customer);
    }
  }

  onEvent(order: OrderEvent): void {
    const token = encodeId(order.k);
    const known = this.#customers.get(token);
    if (order.retract) {
      if (known === undefined)
        this.#ctx.late({ reason: 'retraction of an order that was never counted', event: order });
      else this.#retract(token, known, order);
      return;
    }
    const customer = known ?? newCustomer(order.k);
    if (known) this.#count(known, -1);
    customer.orders++;
    customer.spent += order.amount;
    customer.times.add(order.t);
    this.#settle(token, customer);
  }

  onWatermark(): void {
    this.#timers.advance(this.#ctx.watermark, (token, time) => this.#fire(token, time));
    if (!this.#totalsChanged) return;
    this.#totalsChanged = false;
    const totals = Object.fromEntries(
      Array.from(this.#totals, ([segment, { customers, spent }]) => [segment, [customers, spent]]),
    );
    this.#ctx.emit('totals', totals);
  }

  #retract(token: string, customer: Customer, order: OrderEvent): void {
    this.#count(customer, -1);
    customer.orders--;
    customer.spent -= order.amount;
    if (customer.orders === 0) {
      this.#customers.delete(token);
      return;
    }
    customer.times.remove(order.t);
    this.#settle(token, customer);
  }

  #fire(token: string, time: number): void {
    const customer = this.#customers.get(token);
    if (!customer || customer.due !== time) return; // gone, or has an earlier timer
    customer.due = BEFORE_ALL_TIME;
    const recencyDays = recencyAt(this.#ctx.watermark, customer);
    if (recencyDays === customer.recencyDays) {
      this.#arm(token, customer); // it bought since the timer was set
      return;
    }
    this.#count(customer, -1);
    if (recencyDays >= FORGET_DAYS) this.#customers.delete(token);
    else this.#settle(token, customer);
  }

  /** Brings a changed customer's segment, timer and place in the totals up to date. */
  #settle(token: string, customer: Customer): void {
    customer.recencyDays = recencyAt(this.#ctx.watermark, customer);
    customer.segment = segmentOf(customer.recencyDays, customer.orders, customer.spent);
    this.#count(customer, 1);
    this.#arm(token, customer);
    this.#customers.put(token, customer);
  }

  /** One timer a customer: a later due time waits for the timer that is set; an earlier one gets its own. */
  #arm(token: string, customer: Customer): void {
    const due = customer.times.last + (customer.recencyDays + 1) * DAY_MS;
    if (customer.due !== BEFORE_ALL_TIME && customer.due <= due) return;
    customer.due = due;
    this.#timers.schedule(due, token, token);
  }

  #count({ segment, spent }: Customer, sign: 1 | -1): void {
    const total = this.#totals.get(segment);
    if (!total) throw new Error(`Cannot count segment "${segment}": there is no such segment`);
    total.customers += sign;
    total.spent += sign * spent;
    this.#totalsChanged = true;
  }
}

function newCustomer(id: string): Customer {
  return {
    idText: JSON.stringify(id),
    orders: 0,
    spent: 0,
    times: new OrderTimes(),
    segment: 'New',
    recencyDays: 0,
    due: BEFORE_ALL_TIME,
  };
}

function recencyAt(watermark: number, customer: Customer): number {
  return Math.max(0, Math.floor((watermark - customer.times.last) / DAY_MS));
}

/** Runs once per changed customer and commit: a template costs half of JSON.stringify. */
function encodeCustomer(customer: Customer): string {
  const { idText, segment, recencyDays, orders, spent, times } = customer;
  return (
    `{"customer_id":${idText},"segment":"${segment}","recency_days":${recencyDays},"frequency":${orders},` +
    `"monetary_value":"${formatMoney(spent)}","first_order":"${formatTime(times.first)}",` +
    `"last_order":"${formatTime(times.last)}","between":${times.betweenText()}}`
  );
}

function decodeCustomer(value: CustomerValue): Customer {
  return {
    idText: JSON.stringify(value.customer_id),
    orders: value.frequency,
    spent: parseMoney(value.monetary_value),
    times: rememberedTimes(value),
    segment: value.segment,
    recencyDays: value.recency_days,
    due: BEFORE_ALL_TIME,
  };
}

function rememberedTimes({ first_order, last_order, between }: CustomerValue): OrderTimes {
  const first = Date.parse(first_order);
  return new OrderTimes(between === null ? [first] : [first, ...between, Date.parse(last_order)]);
}
