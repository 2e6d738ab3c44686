/**
 * Believable order changes, as Debezium writes them for a table with REPLICA IDENTITY FULL. Pure: a seed and the
 * times it is asked at decide everything.
 *
 * Most changes are new orders; some move an order on (its status), some correct its amount, few delete it.
 * Does not own who orders when (shop-traffic.ts), nor what an order's lines are (shop-items.ts).
 */
import { changeEnvelope, type Envelope } from './change-envelope.ts';
import { type OrderPlan, ordinaryCents } from './order-plan.ts';
import { mulberry32 } from './random.ts';
import type { ShopTraffic } from './shop-traffic.ts';

export interface OrderChange {
  readonly orderId: number;
  /** The Kafka record's value. */
  readonly envelope: Envelope<OrderRow>;
}

export interface OrderRow {
  readonly order_id: number;
  readonly customer_id: number;
  /** A decimal as text (decimal.handling.mode=string). */
  readonly total_amount: string;
  readonly status: string;
  /** io.debezium.time.MicroTimestamp. */
  readonly order_date: number;
}

export interface OrderSourceOptions {
  /** Who orders when; without it 500 customers, evenly in time. */
  readonly traffic?: ShopTraffic;
  /** Changes tell their place in the database's log (change-envelope.ts). */
  readonly hasPlaces?: boolean;
}

const CUSTOMERS = 500;
const REMEMBERED = 300;
const NEXT_STATUS: Readonly<Record<string, string>> = { placed: 'paid', paid: 'shipped', shipped: 'delivered' };

export class OrderSource {
  readonly #random: () => number;
  readonly #traffic: ShopTraffic | undefined;
  readonly #hasPlaces: boolean;
  readonly #recent: OrderRow[] = [];
  #nextOrderId: number;
  #lsn = 24_000_000;

  constructor(seed: number, firstOrderId: number, { traffic, hasPlaces = false }: OrderSourceOptions = {}) {
    this.#random = mulberry32(seed);
    this.#nextOrderId = firstOrderId;
    this.#traffic = traffic;
    this.#hasPlaces = hasPlaces;
  }

  /** The next change, made at this time (ms). */
  next(nowMs: number): OrderChange {
    const pressing = this.#traffic?.pressing(nowMs);
    if (pressing) return this.#create(pressing, nowMs);
    const dice = this.#random();
    const former = this.#recent[Math.floor(this.#random() * this.#recent.length)];
    if (!former || dice < 0.75) return this.#create(this.#traffic?.ordinary(nowMs) ?? this.#anyPlan(nowMs), nowMs);
    if (dice < 0.9)
      return this.#replace(former, { ...former, status: NEXT_STATUS[former.status] ?? 'archived' }, nowMs);
    if (dice < 0.97) return this.#replace(former, { ...former, total_amount: decimal(this.#cents()) }, nowMs);
    this.#recent.splice(this.#recent.indexOf(former), 1);
    return this.#change(former, null, nowMs);
  }

  #anyPlan(nowMs: number): OrderPlan {
    const customer = 1 + Math.floor(this.#random() ** 2 * CUSTOMERS); // few buy often, many seldom
    return { customer, cents: this.#cents(), placedMs: nowMs };
  }

  #create({ customer, cents, placedMs }: OrderPlan, nowMs: number): OrderChange {
    const row: OrderRow = {
      order_id: this.#nextOrderId++,
      customer_id: customer,
      total_amount: decimal(cents),
      status: 'placed',
      order_date: placedMs * 1000 + Math.floor(this.#random() * 1000),
    };
    if (this.#recent.length < REMEMBERED) this.#recent.push(row);
    else this.#recent[Math.floor(this.#random() * REMEMBERED)] = row;
    return this.#change(null, row, nowMs);
  }

  #replace(former: OrderRow, row: OrderRow, nowMs: number): OrderChange {
    this.#recent[this.#recent.indexOf(former)] = row;
    return this.#change(former, row, nowMs);
  }

  #change(before: OrderRow | null, after: OrderRow | null, nowMs: number): OrderChange {
    const orderId = (after ?? before)?.order_id ?? 0;
    const lsn = ++this.#lsn;
    const envelope = changeEnvelope({ table: 'orders', before, after, nowMs, lsn, hasPlace: this.#hasPlaces });
    return { orderId, envelope };
  }

  #cents(): number {
    return ordinaryCents(this.#random());
  }
}

function decimal(cents: number): string {
  return (cents / 100).toFixed(2);
}
