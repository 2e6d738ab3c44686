/**
 * Believable order changes, as Debezium writes them for a table with REPLICA IDENTITY FULL. Pure: a seed and the
 * times it is asked at decide everything.
 *
 * Most changes are new orders; some move an order on (its status), some correct its amount, few delete it.
 */

export interface OrderChange {
  readonly orderId: number;
  /** The Kafka record's value. */
  readonly envelope: Envelope;
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

export interface Envelope {
  readonly before: OrderRow | null;
  readonly after: OrderRow | null;
  readonly source: Readonly<Record<string, string | number | null>>;
  readonly transaction: null;
  readonly op: 'c' | 'u' | 'd';
  readonly ts_ms: number;
}

const CUSTOMERS = 500;
const REMEMBERED = 300;
const NEXT_STATUS: Readonly<Record<string, string>> = { placed: 'paid', paid: 'shipped', shipped: 'delivered' };

export class OrderSource {
  readonly #random: () => number;
  readonly #recent: OrderRow[] = [];
  #nextOrderId: number;
  #lsn = 24_000_000;

  constructor(seed: number, firstOrderId: number) {
    this.#random = mulberry32(seed);
    this.#nextOrderId = firstOrderId;
  }

  /** The next change, made at this time (ms). */
  next(nowMs: number): OrderChange {
    const dice = this.#random();
    const former = this.#recent[Math.floor(this.#random() * this.#recent.length)];
    if (!former || dice < 0.75) return this.#create(nowMs);
    if (dice < 0.9)
      return this.#replace(former, { ...former, status: NEXT_STATUS[former.status] ?? 'archived' }, nowMs);
    if (dice < 0.97) return this.#replace(former, { ...former, total_amount: this.#amount() }, nowMs);
    this.#recent.splice(this.#recent.indexOf(former), 1);
    return this.#change('d', former, null, nowMs);
  }

  #create(nowMs: number): OrderChange {
    const row: OrderRow = {
      order_id: this.#nextOrderId++,
      customer_id: 1 + Math.floor(this.#random() ** 2 * CUSTOMERS), // few buy often, many seldom
      total_amount: this.#amount(),
      status: 'placed',
      order_date: nowMs * 1000 + Math.floor(this.#random() * 1000),
    };
    if (this.#recent.length < REMEMBERED) this.#recent.push(row);
    else this.#recent[Math.floor(this.#random() * REMEMBERED)] = row;
    return this.#change('c', null, row, nowMs);
  }

  #replace(former: OrderRow, row: OrderRow, nowMs: number): OrderChange {
    this.#recent[this.#recent.indexOf(former)] = row;
    return this.#change('u', former, row, nowMs);
  }

  #change(op: Envelope['op'], before: OrderRow | null, after: OrderRow | null, nowMs: number): OrderChange {
    const source = {
      version: '2.7.0.Final',
      connector: 'postgresql',
      name: 'dbserver1',
      ts_ms: nowMs,
      snapshot: 'false',
      db: 'shop',
      schema: 'public',
      table: 'orders',
      lsn: ++this.#lsn,
      xmin: null,
    };
    const orderId = (after ?? before)?.order_id ?? 0;
    return { orderId, envelope: { before, after, source, transaction: null, op, ts_ms: nowMs } };
  }

  /** 5.00 to about 400.00, small ones more often. */
  #amount(): string {
    return (5 + Math.floor(this.#random() ** 3 * 39_500) / 100).toFixed(2);
  }
}

/** A small generator with 32 bits of state: the same numbers on every runtime. */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
