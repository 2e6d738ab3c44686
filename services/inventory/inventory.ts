/**
 * Inventory: how fast every product sells, how long its stock lasts, what lies dead, and what to order.
 *
 * The rules are in stock-figures.ts. A product is computed when an item or a row of it comes, and when event time
 * moves on to another day (UTC): figures change at midnight of the watermark and not in between.
 *
 * A catalogue is too large to be written in one commit at midnight, so a step of the watermark shows at most
 * PRODUCTS_PER_STEP products anew, those that were computed longest ago first; `as_of` tells.
 *
 * Late: an item of a day that is kept no more goes to LATE. Any other counts in its day, however late it comes. An item
 * of a day that the watermark has not reached counts when it does. Rows are never late.
 *
 * Forgotten, by event time: a day of sales after `keptDays`, a delete too; and a product of which nothing is left.
 *
 * Invariants (inventory.test.ts, inventory.property.test.ts):
 * 1. A product's value depends on its events and on the day of the watermark, not on how topics and Kafka partitions
 *    interleaved: days are sums, and of rows the latest stands.
 * 2. Units sold are the sum of the quantities of the lines that stand.
 * 3. A line taken back leaves nothing. One that never counted goes to LATE; if others of its day stand, it is taken
 *    for one of them, for no ids are kept.
 */
import { encodeId } from '../../shared/events/id.ts';
import type { OrderItemEvent } from '../../shared/events/order-item.ts';
import type { ProductEvent } from '../../shared/events/product.ts';
import {
  BEFORE_ALL_TIME,
  type Decision,
  type StageContext,
  type StageDefinition,
  type Table,
} from '../../shared/events/stage.ts';
import { checkOptions, DEFAULT_INVENTORY, type InventoryOptions } from './options.ts';
import {
  DAY_MS,
  dayOf,
  decodeRecord,
  encodeHidden,
  encodeProduct,
  forgetDelete,
  forgetSales,
  type HiddenValue,
  isForgotten,
  isToBeShown,
  newRecord,
  type ProductRecord,
  type ProductValue,
  takeRow,
} from './product-record.ts';
import { figure } from './stock-figures.ts';
import { Totals } from './totals.ts';

export type InventoryEvent = OrderItemEvent | ProductEvent;

export const PRODUCTS_PER_STEP = 1_000;

/** More in one line is a mistake, and could take the sums beyond 2^53. */
const MOST_UNITS = 1_000_000_000;

export function inventory(options: InventoryOptions = DEFAULT_INVENTORY): StageDefinition<InventoryEvent> {
  checkOptions(options);
  const decodeProduct = (value: ProductValue): ProductRecord => {
    const record = decodeRecord(value);
    compute(record, options);
    const { status, isDead, restock = null } = record.figures; // urgency follows from them
    record.isOutdated =
      status !== value.stock_status || isDead !== value.dead_stock || restock !== value.restock_quantity;
    return record;
  };
  return {
    service: 'inventory',
    input: { kind: 'events', events: ['orderItem', 'product'] },
    tables: {
      product: { kind: 'result', encode: encodeProduct, decode: decodeProduct },
      hidden: { kind: 'state', encode: encodeHidden, decode: (value: HiddenValue) => decodeRecord(value) },
    },
    open: (ctx) => new Inventory(ctx, options),
  };
}

class Inventory implements Decision<InventoryEvent> {
  readonly #ctx: StageContext;
  readonly #options: InventoryOptions;
  readonly #products: Table<ProductRecord>;
  readonly #hidden: Table<ProductRecord>;
  readonly #totals = new Totals();
  #totalsChanged = true;
  /** undefined: nothing is known of event time. */
  #today: number | undefined;
  /** Products whose figures are of another day; those to come first are last. */
  #stale: string[] = [];

  constructor(ctx: StageContext, options: InventoryOptions) {
    this.#ctx = ctx;
    this.#options = options;
    this.#products = ctx.table('product');
    this.#hidden = ctx.table('hidden');
    for (const [, record] of this.#products.entries()) this.#totals.count(record, 1);
    this.#today = todayOf(ctx.watermark);
    this.#findStale();
  }

  onEvent(event: InventoryEvent, source: string): void {
    if ('quantity' in event) this.#onItem(event);
    else this.#onRow(event, source);
  }

  onWatermark(): void {
    const today = todayOf(this.#ctx.watermark);
    if (today !== this.#today) {
      this.#today = today;
      this.#findStale();
    }
    if (this.#stale.length > 0) this.#refresh();
    if (!this.#totalsChanged) return;
    this.#totalsChanged = false;
    this.#ctx.emit('totals', this.#totals.value());
  }

  #onItem(item: OrderItemEvent): void {
    const { t, k, quantity } = item;
    const day = dayOf(t);
    if (this.#today !== undefined && day <= this.#today - this.#options.keptDays) {
      const reason = `older than the ${this.#options.keptDays} days of sales that are kept`;
      this.#ctx.late({ reason, event: item, window: { start: day * DAY_MS, end: (day + 1) * DAY_MS } });
      return;
    }
    if (Math.abs(quantity) > MOST_UNITS) {
      this.#ctx.late({ reason: `more than ${MOST_UNITS} units in one line: not counted`, event: item });
      return;
    }
    const token = encodeId(k);
    const record = this.#take(token) ?? newRecord(k);
    const isCounted = record.sales.add(day, quantity, item.retract ? -1 : 1);
    if (!isCounted && item.retract)
      this.#ctx.late({ reason: 'retraction of an item that was never counted', event: item });
    this.#settle(token, record);
  }

  #onRow(event: ProductEvent, source: string): void {
    const token = encodeId(event.k);
    const record = this.#take(token) ?? newRecord(event.k);
    takeRow(record, event, source, this.#options.keptDays);
    this.#settle(token, record);
  }

  /** A product that is about to change; it is out of the totals until it is settled. */
  #take(token: string): ProductRecord | undefined {
    const record = this.#products.get(token) ?? this.#hidden.get(token);
    if (record?.isShown) this.#totals.count(record, -1);
    return record;
  }

  /** Brings a changed product's figures, table and place in the totals up to date. */
  #settle(token: string, record: ProductRecord): void {
    const { keptDays } = this.#options;
    const today = this.#today;
    if (today !== undefined) {
      forgetSales(record, today, keptDays);
      forgetDelete(record, today, keptDays);
    }
    record.asOf = today;
    record.isOutdated = false;
    const wasShown = record.isShown;
    const isGone = isForgotten(record);
    record.isShown = !isGone && isToBeShown(record);
    if (wasShown || record.isShown) this.#totalsChanged = true;
    if (record.isShown) {
      compute(record, this.#options);
      this.#totals.count(record, 1);
      if (!wasShown) this.#hidden.delete(token);
      this.#products.put(token, record);
      return;
    }
    if (wasShown) this.#products.delete(token);
    if (isGone) this.#hidden.delete(token);
    else this.#hidden.put(token, record);
  }

  #findStale(): void {
    const found: { readonly token: string; readonly asOf: number }[] = [];
    for (const table of [this.#products, this.#hidden])
      for (const [token, record] of table.entries())
        if (this.#isStale(record)) found.push({ token, asOf: record.asOf ?? BEFORE_ALL_TIME });
    found.sort((a, b) => b.asOf - a.asOf || (a.token < b.token ? 1 : -1));
    this.#stale = found.map(({ token }) => token);
  }

  #refresh(): void {
    for (let shown = 0; shown < PRODUCTS_PER_STEP; ) {
      const token = this.#stale.pop();
      if (token === undefined) return;
      const record = this.#products.get(token) ?? this.#hidden.get(token);
      if (record === undefined || !this.#isStale(record)) continue; // gone, or computed since
      this.#take(token);
      this.#settle(token, record);
      shown++;
    }
  }

  #isStale({ asOf, isOutdated }: ProductRecord): boolean {
    return asOf !== this.#today || isOutdated;
  }
}

function compute(record: ProductRecord, options: InventoryOptions): void {
  const { row, sales, firstRow, soldBefore } = record;
  const firstRowDay = firstRow === undefined ? undefined : dayOf(firstRow);
  figure(record.figures, { stock: row?.state?.stock, sales, firstRowDay, soldBefore }, record.asOf, options);
}

/** The day of the earliest event that may still come. */
function todayOf(watermark: number): number | undefined {
  return watermark === BEFORE_ALL_TIME ? undefined : dayOf(watermark + 1);
}
