/**
 * What the mesh made of the tables, compared with the tables themselves, counted by PostgreSQL. Each function gives the
 * differences as lines for people; none is what a test expects. Orders of customer CLOSING are left out: they only move the
 * watermark.
 */
import type { Sql } from 'postgres';
import type { HourlyValue } from '../../services/sales/combine.ts';
import type { CustomerValue } from '../../services/rfm/rfm.ts';
import type { OrderItemEvent } from '../../shared/events/order-item.ts';
import type { ProductEvent } from '../../shared/events/product.ts';
import type { Log } from '../../shared/log/log.ts';
import { readBucket, readEvents } from '../faults/read-back.ts';

/** The customer of the orders that close every window. */
export const CLOSING = 999_999;

export async function customerDifferences(log: Log, sql: Sql): Promise<string[]> {
  const rows = await sql<{ customer: string; row: string }[]>`
    SELECT customer_id::text AS customer,
      concat_ws(' ', count(*), sum(total_amount), to_char(min(order_date), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        to_char(max(order_date), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) AS row
    FROM orders WHERE customer_id <> ${CLOSING} GROUP BY customer_id`;
  const found = new Map<string, string>();
  for (const [key, text] of await readBucket(log, 'rfm')) {
    if (!key.includes('.customer.')) continue;
    const value: CustomerValue = JSON.parse(text);
    if (value.customer_id === String(CLOSING)) continue;
    const { frequency, monetary_value, first_order, last_order } = value;
    found.set(value.customer_id, [frequency, monetary_value, iso(first_order), iso(last_order)].join(' '));
  }
  return compare('customer', new Map(rows.map(({ customer, row }) => [customer, row])), found);
}

export async function hourDifferences(log: Log, sql: Sql): Promise<string[]> {
  const rows = await sql<{ hour: string; row: string }[]>`
    SELECT to_char(date_trunc('hour', order_date), 'YYYY-MM-DD"T"HH24:00:00.000"Z"') AS hour,
      concat_ws(' ', count(*), sum(total_amount)) AS row
    FROM orders WHERE customer_id <> ${CLOSING} GROUP BY 1`;
  const found = new Map<string, string>();
  for (const [key, text] of await readBucket(log, 'sales')) {
    if (!key.startsWith('all.hourly.')) continue;
    const { window_start, order_count, total_sales, final }: HourlyValue = JSON.parse(text);
    if (final && order_count > 0) found.set(iso(window_start), `${order_count} ${total_sales}`);
  }
  return compare('hour', new Map(rows.map(({ hour, row }) => [hour, row])), found);
}

/** Units and cents that were sold of each product, the retractions taken off. */
export async function itemDifferences(log: Log, topic: string, sql: Sql): Promise<string[]> {
  const rows = await sql<{ product: string; row: string }[]>`
    SELECT product_id::text AS product, concat_ws(' ', sum(quantity), round(sum(quantity * unit_price) * 100)) AS row
    FROM order_items GROUP BY product_id`;
  const sums = new Map<string, { units: number; cents: number }>();
  for (const event of await eventsOf<OrderItemEvent>(log, topic)) {
    const sum = sums.get(event.k) ?? { units: 0, cents: 0 };
    const units = event.retract ? -event.quantity : event.quantity;
    sums.set(event.k, { units: sum.units + units, cents: sum.cents + units * event.price });
  }
  const found = [...sums].filter(([, { units }]) => units !== 0);
  return compare(
    'items of product',
    new Map(rows.map(({ product, row }) => [product, row])),
    new Map(found.map(([product, { units, cents }]) => [product, `${units} ${cents}`])),
  );
}

/** The last state of each product, to the millisecond. */
export async function productDifferences(log: Log, topic: string, sql: Sql): Promise<string[]> {
  const rows = await sql<{ product: string; row: string }[]>`
    SELECT product_id::text AS product, concat_ws(' ', name, stock_quantity, round(price * 100),
      floor(extract(epoch FROM updated_at) * 1000)) AS row FROM products`;
  const last = new Map<string, ProductEvent>();
  for (const event of await eventsOf<ProductEvent>(log, topic)) last.set(event.k, event);
  const found = new Map<string, string>();
  for (const [product, event] of last)
    if (!('deleted' in event)) found.set(product, [event.name, event.stock, event.price, event.t].join(' '));
  return compare('product', new Map(rows.map(({ product, row }) => [product, row])), found);
}

async function eventsOf<E>(log: Log, topic: string): Promise<E[]> {
  const lines = [...(await readEvents(log, topic)).values()].flat();
  return lines.map((line) => JSON.parse(line) as E);
}

function compare(what: string, expected: ReadonlyMap<string, string>, found: ReadonlyMap<string, string>): string[] {
  return [...new Set([...expected.keys(), ...found.keys()])]
    .filter((key) => expected.get(key) !== found.get(key))
    .map((key) => `${what} ${key}: the table has ${expected.get(key)}, the mesh has ${found.get(key)}`);
}

function iso(time: string): string {
  return new Date(time).toISOString();
}
