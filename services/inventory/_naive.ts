/**
 * Inventory once more, for its tests: the rules read literally over all events that came, without buckets, tables or
 * increments. Shares no code with the service.
 */
// biome-ignore-all lint/style/noRestrictedImports: for tests only.
import type { OrderItemEvent } from '../../shared/events/order-item.ts';
import type { InventoryEvent } from './inventory.ts';
import type { InventoryOptions } from './options.ts';
import type { ProductValue } from './product-record.ts';

const DAY = 86_400_000;

/** All but `state`. */
export type Figures = Omit<ProductValue, 'state'>;

/** `events`: of one product; its rows in the order they came. undefined: not shown. */
export function naiveProduct(
  id: string,
  events: readonly InventoryEvent[],
  watermark: number,
  options: InventoryOptions,
): Figures | undefined {
  const now = Math.floor((watermark + 1) / DAY);
  const isKept = (day: number) => now - day < options.keptDays;
  const lines = standing(events);
  const { row, isDeleted, first } = rowAt(events, now, options);
  const kept = lines.filter(({ day }) => isKept(day));
  if (isDeleted || (row === undefined && kept.length === 0)) return undefined;
  const isKnown = (day: number) => isKept(day) || (first !== undefined && first < (day + options.keptDays) * DAY);
  const sales = lines.filter(({ day, quantity }) => quantity > 0 && day <= now && isKnown(day)).map(({ day }) => day);
  const seen = [...kept.map(({ day }) => day), ...sales, ...(first === undefined ? [] : [Math.floor(first / DAY)])];
  const firstSeen = Math.min(...seen);
  const lastSale = sales.length === 0 ? undefined : Math.max(...sales);
  const pace = (until: number) => {
    const units = sum(kept.filter(({ day }) => day > until - 7 && day <= until).map(({ quantity }) => quantity));
    return { units, days: Math.min(7, Math.max(1, until - firstSeen + 1)) };
  };
  const { units, days } = pace(now);
  const stock = row?.stock;
  const left = stock === undefined || units <= 0 ? null : (Math.max(0, stock) * days) / units;
  const status = statusOf(stock, left, options);
  let wanted = pace(now);
  if (wanted.units <= 0 && stock !== undefined && stock <= 0 && lastSale !== undefined)
    if (now - lastSale < options.deadStockDays) wanted = pace(lastSale);
  const target = (options.targetDays * Math.max(0, wanted.units)) / wanted.days;
  const restock = stock === undefined ? null : Math.max(0, Math.ceil(target - stock - 1e-9));
  const soon = { out_of_stock: 'immediate', critical: 'immediate', low: 'soon', healthy: 'planned', unknown: 'none' };
  return {
    product_id: id,
    name: row?.name ?? null,
    stock_quantity: stock ?? null,
    price: row === undefined ? null : (row.price / 100).toFixed(2),
    units_sold_7d: units,
    velocity_units_per_day: Number((Math.max(0, units) / days + 1e-9).toFixed(2)),
    days_until_stockout: left === null ? null : Math.floor(left * 10 + 1e-9) / 10,
    stock_status: status,
    dead_stock: stock !== undefined && stock > 0 && now - (lastSale ?? firstSeen) >= options.deadStockDays,
    last_sale: lastSale === undefined ? null : date(lastSale),
    restock_quantity: restock,
    restock_urgency: (restock ? soon[status] : 'none') as Figures['restock_urgency'],
    as_of: date(now),
  };
}

function statusOf(stock: number | undefined, left: number | null, options: InventoryOptions): Figures['stock_status'] {
  if (stock === undefined) return 'unknown';
  if (stock <= 0) return 'out_of_stock';
  if (left === null || left >= options.lowDays - 1e-9) return 'healthy';
  return left < options.criticalDays - 1e-9 ? 'critical' : 'low';
}

/** The lines that were not taken back. */
function standing(events: readonly InventoryEvent[]): { day: number; quantity: number }[] {
  const lines = new Map<string, OrderItemEvent>();
  for (const event of events) {
    if (!('quantity' in event)) continue;
    if (event.retract) lines.delete(event.id);
    else lines.set(event.id, event);
  }
  return Array.from(lines.values(), ({ t, quantity }) => ({ day: Math.floor(t / DAY), quantity }));
}

/** The row that stands, and the earliest one since the product began or began anew. */
function rowAt(events: readonly InventoryEvent[], now: number, { keptDays }: InventoryOptions) {
  let latest: InventoryEvent | undefined;
  let first: number | undefined;
  for (const event of events) {
    if ('quantity' in event) continue;
    if (latest && 'deleted' in latest && event.t - latest.t >= keptDays * DAY) first = undefined;
    if (!('deleted' in event)) first = Math.min(first ?? event.t, event.t);
    if (!latest || event.t >= latest.t) latest = event;
  }
  if (!latest || 'quantity' in latest) return { row: undefined, isDeleted: false, first: undefined };
  if (!('deleted' in latest)) return { row: latest, isDeleted: false, first };
  const isOver = now - Math.floor(latest.t / DAY) > keptDays;
  return { row: undefined, isDeleted: !isOver, first: isOver ? undefined : first };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function date(day: number): string {
  return new Date(day * DAY).toISOString().slice(0, 10);
}
