/**
 * Order changes as a shop's transactions on real tables: Debezium captures them. Makes the products when there are none;
 * the tables are there already (infra/cdc/shop-schema.ts).
 */
import postgres, { type Sql, type TransactionSql } from 'postgres';
import { clientOptions, type DatabaseAddress } from '../../shared/config/database-address.ts';
import type { OrderChange, OrderRow } from '../../shared/demo/orders.ts';
import { itemsOf, PRODUCTS } from '../../shared/demo/shop-items.ts';
import { describeError } from '../../shared/telemetry/logger.ts';
import type { OrderTarget } from './order-feed.ts';

export function postgresOrders(address: DatabaseAddress): OrderTarget {
  return {
    name: 'PostgreSQL',
    explain: describeError,
    async open() {
      const sql = postgres({ ...clientOptions(address), max: 1, connect_timeout: 10 });
      await stock(sql).catch(async (error: unknown) => {
        await sql.end();
        throw error;
      });
      return {
        async write(changes) {
          for (const change of changes) await sql.begin((transaction) => apply(transaction, change));
        },
        [Symbol.asyncDispose]: () => sql.end({ timeout: 5 }),
      };
    },
  };
}

async function stock(sql: Sql): Promise<void> {
  await sql`INSERT INTO products ${sql([...PRODUCTS], 'product_id', 'name', 'price', 'stock_quantity')}
    ON CONFLICT (product_id) DO NOTHING`;
}

/** A change of a row that is not there any more changes nothing. */
async function apply(sql: TransactionSql, { envelope }: OrderChange): Promise<void> {
  const { before, after } = envelope;
  if (after && !before) {
    await sql`INSERT INTO orders VALUES (${after.order_id}, ${after.customer_id}, ${after.total_amount}, ${after.status},
      ${timestamp(after)}::timestamp)`;
    await addItems(sql, after);
  } else if (after) {
    await sql`UPDATE orders SET status = ${after.status}, total_amount = ${after.total_amount}
      WHERE order_id = ${after.order_id}`;
    if (after.total_amount === before?.total_amount) return;
    await takeItems(sql, after.order_id);
    await addItems(sql, after);
  } else if (before) {
    await takeItems(sql, before.order_id);
    await sql`DELETE FROM orders WHERE order_id = ${before.order_id}`;
  }
}

/** The lines of an order, out of stock. Products in the order of their ids, so that two writers never wait for each other. */
async function addItems(sql: TransactionSql, order: OrderRow): Promise<void> {
  const items = itemsOf(order).sort((a, b) => a.product_id - b.product_id);
  for (const { product_id, quantity, unit_price } of items) {
    await sql`INSERT INTO order_items (order_id, product_id, quantity, unit_price, created_at)
      VALUES (${order.order_id}, ${product_id}, ${quantity}, ${unit_price}, ${timestamp(order)}::timestamp)`;
    // Below a floor new units arrive.
    await sql`UPDATE products SET updated_at = now(), stock_quantity = stock_quantity - ${quantity} +
      CASE WHEN stock_quantity < 100 THEN 2000 ELSE 0 END WHERE product_id = ${product_id}`;
  }
}

/** Back into stock. */
async function takeItems(sql: TransactionSql, orderId: number): Promise<void> {
  const gone = await sql<{ product_id: string; quantity: number }[]>`
    DELETE FROM order_items WHERE order_id = ${orderId} RETURNING product_id, quantity`;
  for (const { product_id, quantity } of [...gone].sort((a, b) => Number(a.product_id) - Number(b.product_id)))
    await sql`UPDATE products SET updated_at = now(), stock_quantity = stock_quantity + ${quantity}
      WHERE product_id = ${product_id}`;
}

/** Microseconds since the epoch as PostgreSQL reads them, in UTC. */
function timestamp({ order_date }: OrderRow): string {
  const micros = String(order_date % 1_000).padStart(3, '0');
  return `${new Date(Math.floor(order_date / 1_000)).toISOString().slice(0, -1)}${micros}`;
}
