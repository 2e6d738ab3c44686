/**
 * The shop's tables as change records: for each change of an order, its row, its lines and the stock of what it sells.
 * Pure. Owns: the stock. Does not own: the orders (orders.ts), and what an order's lines are (shop-items.ts).
 *
 * 1. The lines of an order add up to its amount, after every change of it.
 * 2. A product's stock is what it began with and what was restocked, less the units of the lines that stand.
 * 3. Every `before` is the row as the record before it left it.
 */
import { changeEnvelope, snapshotEnvelope } from './change-envelope.ts';
import type { DemoRecord } from './demo-record.ts';
import type { OrderChange, OrderRow } from './orders.ts';
import { itemsOf, PRODUCTS, UNSOLD } from './shop-items.ts';

export const SHOP_TOPICS = {
  orders: 'dbserver1.public.orders',
  items: 'dbserver1.public.order_items',
  products: 'dbserver1.public.products',
} as const;

export interface ItemRow {
  readonly order_item_id: number;
  readonly order_id: number;
  readonly product_id: number;
  readonly quantity: number;
  readonly unit_price: string;
  /** io.debezium.time.MicroTimestamp. */
  readonly created_at: number;
}

export interface ProductRow {
  readonly product_id: number;
  readonly name: string;
  readonly price: string;
  readonly stock_quantity: number;
  /** io.debezium.time.ZonedTimestamp. */
  readonly updated_at: string;
}

/** Below it, a product is restocked, by this many. */
const RESTOCK_BELOW = 100;
export const RESTOCK_UNITS = 2_000;
/** Every fifth product is ordered late and takes so long to come that it is sold out by then: stock below zero is owed. */
const SLOW_EVERY = 5;
const SLOW_BELOW = 20;
const SLOW_SUPPLY_MS = 120_000;
/** So that what is slow to come runs out while somebody watches. */
const SLOW_STOCK = 150;
const UNSOLD_FOR_MS = 60 * 86_400_000;
const LINES_AN_ORDER = 8;

export interface ShopRecordsOptions {
  readonly hasPlaces?: boolean;
}

export class ShopRecords {
  readonly #hasPlaces: boolean;
  readonly #products = new Map<number, ProductRow>();
  readonly #ordered = new Map<number, number>();
  #lsn = 24_000_000;

  constructor(nowMs: number, { hasPlaces = false }: ShopRecordsOptions = {}) {
    this.#hasPlaces = hasPlaces;
    for (const product of PRODUCTS) this.#products.set(product.product_id, initialRow(product, nowMs));
  }

  /** All products as they are, the oldest first. */
  snapshot(nowMs: number): DemoRecord[] {
    const rows = [...this.#products.values()].sort((a, b) => (a.updated_at < b.updated_at ? -1 : 1));
    return rows.map((row) =>
      record(SHOP_TOPICS.products, { product_id: row.product_id }, snapshotEnvelope('products', row, nowMs)),
    );
  }

  /** In the order in which the transaction writes them. */
  of({ orderId, envelope }: OrderChange): DemoRecord[] {
    const { before, after, ts_ms } = envelope;
    const records = [record(SHOP_TOPICS.orders, { order_id: orderId }, envelope)];
    if (before?.total_amount !== after?.total_amount)
      this.#moveItems(itemRows(before), itemRows(after), ts_ms, records);
    this.#restock(ts_ms, records);
    return records;
  }

  #moveItems(former: readonly ItemRow[], latter: readonly ItemRow[], nowMs: number, into: DemoRecord[]): void {
    const units = new Map<number, number>();
    for (let line = 0; line < Math.max(former.length, latter.length); line++) {
      const [before = null, after = null] = [former[line], latter[line]];
      into.push(this.#change(SHOP_TOPICS.items, 'order_items', 'order_item_id', before, after, nowMs));
      if (before) units.set(before.product_id, (units.get(before.product_id) ?? 0) + before.quantity);
      if (after) units.set(after.product_id, (units.get(after.product_id) ?? 0) - after.quantity);
    }
    for (const [product, change] of units) if (change !== 0) into.push(this.#restate(product, change, nowMs));
  }

  #restock(nowMs: number, into: DemoRecord[]): void {
    for (const { product_id, stock_quantity } of this.#products.values()) {
      if (UNSOLD.some((product) => product.product_id === product_id)) continue;
      const comesMs = this.#ordered.get(product_id);
      if (comesMs !== undefined && comesMs <= nowMs) {
        this.#ordered.delete(product_id);
        into.push(this.#restate(product_id, RESTOCK_UNITS, nowMs));
      } else if (comesMs === undefined && stock_quantity < (isSlow(product_id) ? SLOW_BELOW : RESTOCK_BELOW))
        this.#ordered.set(product_id, nowMs + (isSlow(product_id) ? SLOW_SUPPLY_MS : 0));
    }
  }

  #restate(product: number, units: number, nowMs: number): DemoRecord {
    const before = this.#products.get(product);
    if (!before) throw new RangeError(`Cannot change the stock of product "${product}": there is none`);
    const updated_at = new Date(nowMs).toISOString();
    const after = { ...before, stock_quantity: before.stock_quantity + units, updated_at };
    this.#products.set(product, after);
    return this.#change(SHOP_TOPICS.products, 'products', 'product_id', before, after, nowMs);
  }

  #change<Id extends string, Row extends Readonly<Record<Id, number>>>(
    topic: string,
    table: string,
    id: Id,
    before: Row | null,
    after: Row | null,
    nowMs: number,
  ): DemoRecord {
    const lsn = ++this.#lsn;
    const value = changeEnvelope({ table, before, after, nowMs, lsn, hasPlace: this.#hasPlaces });
    return record(topic, { [id]: (after ?? before)?.[id] }, value);
  }
}

/** The lines of an order, with ids of their own. */
export function itemRows(order: OrderRow | null): ItemRow[] {
  if (!order) return [];
  const { order_id, order_date: created_at } = order;
  return itemsOf(order).map((line, at) => ({
    order_item_id: order_id * LINES_AN_ORDER + at,
    order_id,
    ...line,
    created_at,
  }));
}

function initialRow(product: (typeof PRODUCTS)[number], nowMs: number): ProductRow {
  const isUnsold = UNSOLD.includes(product);
  const stock_quantity = isSlow(product.product_id) && !isUnsold ? SLOW_STOCK : product.stock_quantity;
  return { ...product, stock_quantity, updated_at: new Date(nowMs - (isUnsold ? UNSOLD_FOR_MS : 0)).toISOString() };
}

function isSlow(product: number): boolean {
  return product % SLOW_EVERY === 0;
}

function record(topic: string, key: object, value: object): DemoRecord {
  return { topic, key: JSON.stringify(key), value: { ...value } };
}
