/**
 * A product as the stage holds it and as KV shows it.
 *
 * Owns: which row stands, what is forgotten with it, the text of a value. Does not own: figures (stock-figures.ts),
 * sales (day-sales.ts), when anything is computed (inventory.ts).
 *
 * Invariants (inventory.test.ts, forgetting.test.ts):
 * 1. The row with the latest t stands, a delete being a row too; of equal ones that of the source that orders last,
 *    and of one source the one that came last.
 * 2. A row that was written `keptDays` or more after the product was deleted begins it anew: whether the delete was
 *    forgotten by then makes no difference.
 */
import { formatTime } from '../../shared/event-time/time-text.ts';
import { formatMoney, parseMoney } from '../../shared/events/money.ts';
import type { ProductEvent } from '../../shared/events/product.ts';
import { type DayValue, DaySales } from './day-sales.ts';
import { daysUntilStockout, noFigures, type StockFigures, velocityOf } from './stock-figures.ts';
import type { RestockUrgency, StockStatus } from './stock-figures.ts';

export const DAY_MS = 86_400_000;

/** The row that stands. */
export interface ProductRow {
  /** ms. */
  readonly t: number;
  readonly source: string;
  /** undefined: the row is gone. */
  readonly state: { readonly name: string; readonly stock: number; readonly price: number } | undefined;
}

export interface ProductRecord {
  readonly id: string;
  /** undefined: none was ever seen. */
  row: ProductRow | undefined;
  /** The earliest t of a row, ms. */
  firstRow: number | undefined;
  /** The last day before the kept ones on which it was sold. */
  soldBefore: number | undefined;
  readonly sales: DaySales;
  /** The day its figures are of; undefined: none. */
  asOf: number | undefined;
  readonly figures: StockFigures;
  /** JSON of what changes with the row only; undefined: to be made. */
  head: string | undefined;
  isShown: boolean;
  /** Stored under other options: to be shown again. */
  isOutdated: boolean;
}

/** What the stage goes on from. */
export interface RecordState {
  /** Of the row that stands: event time, ms, and source. */
  readonly row: readonly [t: number, source: string] | null;
  readonly deleted?: true;
  /** ms. */
  readonly first_row: number | null;
  /** Day since the epoch. */
  readonly sold_before: number | null;
  readonly as_of: number | null;
  readonly days: readonly DayValue[];
}

/** A product as KV shows it. */
export interface ProductValue {
  readonly product_id: string;
  /** null, as stock and price: no row was ever seen. */
  readonly name: string | null;
  readonly stock_quantity: number | null;
  /** Decimal string. */
  readonly price: string | null;
  /** Less what was returned. */
  readonly units_sold_7d: number;
  readonly velocity_units_per_day: number;
  readonly days_until_stockout: number | null;
  readonly stock_status: StockStatus;
  readonly dead_stock: boolean;
  /** Day, `2024-06-03`. */
  readonly last_sale: string | null;
  readonly restock_quantity: number | null;
  readonly restock_urgency: RestockUrgency;
  /** Day that the figures are of, so far; null before there is a watermark. */
  readonly as_of: string | null;
  readonly state: RecordState;
}

/** A product that is remembered and not shown. */
export interface HiddenValue {
  readonly product_id: string;
  readonly state: RecordState;
}

export function newRecord(id: string): ProductRecord {
  return {
    id,
    row: undefined,
    firstRow: undefined,
    soldBefore: undefined,
    sales: new DaySales(),
    asOf: undefined,
    figures: noFigures(),
    head: undefined,
    isShown: false,
    isOutdated: false,
  };
}

export function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS);
}

/** Takes a row up, if it is the latest. */
export function takeRow(record: ProductRecord, event: ProductEvent, source: string, keptDays: number): void {
  const { t } = event;
  const { row } = record;
  if (row !== undefined && row.state === undefined && t - row.t >= keptDays * DAY_MS) beginAnew(record);
  const isDelete = 'deleted' in event;
  if (!isDelete) record.firstRow = Math.min(record.firstRow ?? t, t);
  if (row !== undefined && (t < row.t || (t === row.t && source < row.source))) return;
  const state = isDelete ? undefined : { name: event.name, stock: event.stock, price: event.price };
  record.row = { t, source, state };
  record.head = undefined;
}

/** Forgets a delete that is older than what is kept, whatever was sold since: so it is when nothing was. */
export function forgetDelete(record: ProductRecord, today: number, keptDays: number): void {
  const { row } = record;
  if (row === undefined || row.state !== undefined || today - dayOf(row.t) <= keptDays) return;
  beginAnew(record);
  record.row = undefined;
  record.head = undefined;
}

/**
 * Forgets the days before the kept ones. That a product was sold then is remembered with its row, if that was there
 * when the day went: a row that comes after it cannot know.
 */
export function forgetSales(record: ProductRecord, today: number, keptDays: number): void {
  const { firstRow } = record;
  record.sales.forget(today - keptDays + 1, (day) => {
    if (firstRow !== undefined && firstRow < (day + keptDays) * DAY_MS)
      record.soldBefore = Math.max(record.soldBefore ?? day, day);
  });
}

/** True when nothing is left of the product. */
export function isForgotten({ row, sales }: ProductRecord): boolean {
  return row === undefined && sales.isEmpty;
}

/** A deleted product is not shown, nor one of which only more was taken back than ever came. */
export function isToBeShown({ row, sales }: ProductRecord): boolean {
  return row === undefined ? sales.first !== undefined : row.state !== undefined;
}

/** Runs once per changed product and commit: a template costs a fraction of JSON.stringify. */
export function encodeProduct(record: ProductRecord): string {
  const { figures } = record;
  record.head ??= headText(record);
  const days = daysUntilStockout(figures, record.row?.state?.stock) ?? null;
  return (
    `${record.head}"units_sold_7d":${figures.units},"velocity_units_per_day":${velocityOf(figures)},` +
    `"days_until_stockout":${days},"stock_status":"${figures.status}","dead_stock":${figures.isDead},` +
    `"last_sale":${dateText(figures.lastSale)},"restock_quantity":${figures.restock ?? null},` +
    `"restock_urgency":"${figures.urgency}","as_of":${dateText(record.asOf)},"state":${stateText(record)}}`
  );
}

export function encodeHidden(record: ProductRecord): string {
  return `{"product_id":${JSON.stringify(record.id)},"state":${stateText(record)}}`;
}

/** Without figures: whoever decodes computes them. */
export function decodeRecord(value: ProductValue | HiddenValue): ProductRecord {
  const { state } = value;
  return {
    ...newRecord(value.product_id),
    row: state.row === null ? undefined : { t: state.row[0], source: state.row[1], state: rowState(value) },
    firstRow: state.first_row ?? undefined,
    soldBefore: state.sold_before ?? undefined,
    sales: new DaySales(state.days),
    asOf: state.as_of ?? undefined,
    isShown: 'stock_quantity' in value,
  };
}

/** Its sales by day stay: they go with their days. */
function beginAnew(record: ProductRecord): void {
  record.firstRow = undefined;
  record.soldBefore = undefined;
}

function rowState(value: ProductValue | HiddenValue): ProductRow['state'] {
  if (!('stock_quantity' in value) || value.stock_quantity === null) return undefined;
  return { name: value.name ?? '', stock: value.stock_quantity, price: parseMoney(value.price ?? '0') };
}

function headText({ id, row }: ProductRecord): string {
  const { name, stock, price } = row?.state ?? {};
  return (
    `{"product_id":${JSON.stringify(id)},"name":${JSON.stringify(name ?? null)},"stock_quantity":${stock ?? null},` +
    `"price":${price === undefined ? null : `"${formatMoney(price)}"`},`
  );
}

function stateText({ row, firstRow, soldBefore, asOf, sales }: ProductRecord): string {
  const rowText = row === undefined ? 'null' : `[${row.t},${JSON.stringify(row.source)}]`;
  return (
    `{"row":${rowText},${row !== undefined && row.state === undefined ? '"deleted":true,' : ''}` +
    `"first_row":${firstRow ?? null},"sold_before":${soldBefore ?? null},"as_of":${asOf ?? null},"days":${sales.text()}}`
  );
}

const MAX_DATES = 1024;
const dates = new Map<number, string>();

/** JSON; the days in use are few. */
function dateText(day: number | undefined): string {
  if (day === undefined) return 'null';
  const known = dates.get(day);
  if (known !== undefined) return known;
  const text = formatTime(day * DAY_MS);
  const date = `"${text.slice(0, text.indexOf('T'))}"`;
  if (dates.size >= MAX_DATES) dates.clear();
  dates.set(day, date);
  return date;
}
