/**
 * What a shop does to its tables, from a seed: orders with their items, changes of status, amount and customer, deletes,
 * changed keys, rollbacks, COPY, transactions that overlap. The order of commits is the database's.
 *
 * 1. Orders are dated by a plan, not by the clock: within `SPAN_MS` from `START_MS`.
 * 2. Of one customer at most one order leaves (deleted, or given to another), so that rfm's first and last order, which
 *    it tells from the five it remembers, stay exact.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { ReservedSql, Sql, TransactionSql } from 'postgres';
import { seededRandom } from '../../shared/testing/orders.ts';

export const START_MS = Date.UTC(2026, 5, 1);
export const SPAN_MS = 6 * 3_600_000;
const CUSTOMERS = 80;
const PRODUCTS = 20;
const COPIED = 30;

export class Trade {
  readonly #sql: Sql;
  readonly #random: () => number;
  readonly #left = new Set<number>();
  readonly #open: { id: number; customer: number }[] = [];
  #nextOrder = 0;
  #changes = 0;

  constructor(sql: Sql, seed: number) {
    this.#sql = sql;
    this.#random = seededRandom(seed);
  }

  /** Committed changes of orders so far. */
  get changes(): number {
    return this.#changes;
  }

  async stock(): Promise<void> {
    const rows = Array.from({ length: PRODUCTS }, (_, at) => ({
      product_id: at + 1,
      name: `Product ${at + 1} "ü"`,
      price: this.#amount(),
      stock_quantity: 100,
    }));
    await this.#sql`INSERT INTO products ${this.#sql(rows)}`;
  }

  /** So many rounds by several writers at once. */
  async run(rounds: number, writers = 3): Promise<void> {
    let left = rounds;
    const write = async () => {
      while (left-- > 0) await this.#round();
    };
    await Promise.all(Array.from({ length: writers }, write));
  }

  /** Writes until the signal aborts. */
  async runUntil(stop: AbortSignal, writers = 3): Promise<void> {
    const write = async () => {
      while (!stop.aborted) {
        await this.#round();
        await pause(this.#random() * 10);
      }
    };
    await Promise.all(Array.from({ length: writers }, write));
  }

  /** T1 writes first, T2 writes and commits, then T1 writes again and commits: T1's first record is older than T2's. */
  async interleave(customers: readonly [number, number]): Promise<void> {
    const [first, second]: ReservedSql[] = [await this.#sql.reserve(), await this.#sql.reserve()];
    if (!first || !second) throw new Error('Cannot interleave: two connections were expected');
    await first`BEGIN`;
    await this.#insert(first, customers[0]);
    await second`BEGIN`;
    await this.#insert(second, customers[1]);
    await second`COMMIT`;
    await this.#insert(first, customers[0]);
    await first`COMMIT`;
    first.release();
    second.release();
  }

  async #round(): Promise<void> {
    const dice = this.#random();
    if (dice < 0.45 || this.#open.length < 20) await this.#place();
    else if (dice < 0.8) await this.#change();
    else if (dice < 0.88) await this.#remove();
    else if (dice < 0.94) await this.#copy();
    else await this.#several();
  }

  /** An order with its items, and the stock they take. */
  async #place(): Promise<void> {
    await this.#sql.begin(async (sql) => {
      const id = await this.#insert(sql, this.#customer());
      const product = 1 + Math.floor(this.#random() * PRODUCTS);
      const quantity = 1 + Math.floor(this.#random() * 3);
      await sql`INSERT INTO order_items (order_id, product_id, quantity, unit_price, created_at)
        VALUES (${id}, ${product}, ${quantity}, ${this.#amount()}, ${this.#date()}::timestamp)`;
      await sql`UPDATE products SET stock_quantity = stock_quantity - ${quantity}, updated_at = now() WHERE product_id = ${product}`;
    });
  }

  async #change(): Promise<void> {
    const order = this.#open[Math.floor(this.#random() * this.#open.length)];
    if (!order) return;
    const dice = this.#random();
    if (dice < 0.4) await this.#sql`UPDATE orders SET status = 'paid' WHERE order_id = ${order.id}`;
    else if (dice < 0.7)
      await this.#sql`UPDATE orders SET total_amount = ${this.#amount()} WHERE order_id = ${order.id}`;
    else if (dice < 0.85)
      await this.#sql`UPDATE orders SET order_id = -order_id WHERE order_id = ${order.id} OR order_id = ${-order.id}`;
    else if (this.#mayLeave(order)) {
      const customer = this.#customer();
      await this.#sql`UPDATE orders SET customer_id = ${customer} WHERE abs(order_id) = ${order.id}`;
    }
    this.#changes++;
  }

  async #remove(): Promise<void> {
    const at = Math.floor(this.#random() * this.#open.length);
    const order = this.#open[at];
    if (!order || !this.#mayLeave(order)) return;
    this.#open.splice(at, 1);
    await this.#sql`DELETE FROM order_items WHERE order_id = ${order.id}`;
    await this.#sql`DELETE FROM orders WHERE abs(order_id) = ${order.id}`;
    this.#changes++;
  }

  /** Rows of one COPY share their place in the write-ahead log. */
  async #copy(): Promise<void> {
    const rows = Array.from({ length: COPIED }, () => {
      const order = { id: ++this.#nextOrder, customer: this.#customer() };
      this.#open.push(order);
      return `${order.id}\t${order.customer}\t${this.#amount()}\tplaced\t${this.#date()}\n`;
    });
    const target = await this.#sql`COPY orders FROM STDIN`.writable();
    const done = new Promise((resolve, reject) => target.once('finish', resolve).once('error', reject));
    target.end(rows.join(''));
    await done;
    this.#changes += COPIED;
  }

  /** Several orders in one transaction that takes its time; some are rolled back. */
  async #several(): Promise<void> {
    const isKept = this.#random() < 0.7;
    const sql = await this.#sql.reserve();
    await sql`BEGIN`;
    const before = this.#changes;
    for (let left = 1 + this.#random() * 8; left > 0; left--) {
      if (isKept) await this.#insert(sql, this.#customer());
      else await sql`INSERT INTO orders VALUES (${++this.#nextOrder}, 1, 1, 'lost', now())`;
      await pause(this.#random() * 5);
    }
    if (!isKept) this.#changes = before;
    await (isKept ? sql`COMMIT` : sql`ROLLBACK`);
    sql.release();
  }

  async #insert(sql: Sql | TransactionSql | ReservedSql, customer: number): Promise<number> {
    const id = ++this.#nextOrder;
    await sql`INSERT INTO orders VALUES (${id}, ${customer}, ${this.#amount()}, 'placed', ${this.#date()}::timestamp)`;
    this.#open.push({ id, customer });
    this.#changes++;
    return id;
  }

  #mayLeave({ customer }: { readonly customer: number }): boolean {
    if (this.#left.has(customer)) return false;
    this.#left.add(customer);
    return true;
  }

  #customer(): number {
    return 1 + Math.floor(this.#random() ** 2 * CUSTOMERS);
  }

  #amount(): string {
    return (this.#random() * 400).toFixed(2);
  }

  /** With microseconds, as a timestamp column keeps them. */
  #date(): string {
    const ms = START_MS + Math.floor(this.#random() * SPAN_MS);
    const micros = String(Math.floor(this.#random() * 1_000)).padStart(3, '0');
    return `${new Date(ms).toISOString().slice(0, -1).replace('T', ' ')}${micros}`;
  }
}
