/**
 * What follows from a product's stock and its sales by day: the rules of inventory, and nothing else.
 *
 *   day        d-7  | d-6 | d-5 | d-4 | d-3 | d-2 | d-1 |  d  | d+1         days are UTC, [00:00, 24:00)
 *   counted         [------------- 7 days -------------------)
 *   watermark                                              ^ today: the day of the earliest event still to come
 *
 * Velocity: units sold less units returned in these days, divided by 7, or by the days since the product was first
 * seen when those are fewer, today included. Comparisons are made with whole numbers, before anything is rounded.
 */
import type { DaySales } from './day-sales.ts';
import { type InventoryOptions, VELOCITY_DAYS } from './options.ts';

export const STATUSES = ['out_of_stock', 'critical', 'low', 'healthy', 'unknown'] as const;
/** `unknown`: the product was never seen as a row. */
export type StockStatus = (typeof STATUSES)[number];

export const URGENCIES = ['immediate', 'soon', 'planned', 'none'] as const;
export type RestockUrgency = (typeof URGENCIES)[number];

/** What the figures are made of. Days are counted since the epoch. */
export interface StockFacts {
  /** undefined: unknown. */
  readonly stock: number | undefined;
  readonly sales: DaySales;
  /** The day of its first row. */
  readonly firstRowDay: number | undefined;
  /** A day before the kept ones on which it was sold. */
  readonly soldBefore: number | undefined;
}

/** Kept and filled again, so that an event allocates none. */
export interface StockFigures {
  units: number;
  /** Days that `units` are divided by. */
  days: number;
  lastSale: number | undefined;
  status: StockStatus;
  isDead: boolean;
  /** undefined: unknown. */
  restock: number | undefined;
  urgency: RestockUrgency;
}

export function noFigures(): StockFigures {
  return {
    units: 0,
    days: 1,
    lastSale: undefined,
    status: 'unknown',
    isDead: false,
    restock: undefined,
    urgency: 'none',
  };
}

/** `today` undefined: no event time is known to be complete, so nothing sold counts yet. Hot path. */
export function figure(
  figures: StockFigures,
  facts: StockFacts,
  today: number | undefined,
  options: InventoryOptions,
): void {
  const { stock, sales } = facts;
  const firstSeen = earliest(facts);
  figures.units = today === undefined ? 0 : sales.unitsBetween(today - VELOCITY_DAYS + 1, today);
  figures.days = today === undefined ? 1 : daysCounted(firstSeen, today);
  figures.lastSale = today === undefined ? undefined : (sales.lastSale(today) ?? facts.soldBefore);
  figures.status = statusOf(stock, figures.units, figures.days, options);
  const idleSince = figures.lastSale ?? firstSeen;
  figures.isDead =
    stock !== undefined &&
    stock > 0 &&
    today !== undefined &&
    idleSince !== undefined &&
    today - idleSince >= options.deadStockDays;
  figures.restock = restockOf(figures, facts, firstSeen, today, options);
  figures.urgency = urgencyOf(figures);
}

/** Units per day, to two decimals, halves up; 0 when more came back than was sold. */
export function velocityOf({ units, days }: StockFigures): number {
  return units <= 0 ? 0 : Math.round((units * 100) / days) / 100;
}

/** Days, to one decimal, rounded down so that it agrees with the status; undefined without a velocity or a stock. */
export function daysUntilStockout({ units, days }: StockFigures, stock: number | undefined): number | undefined {
  if (stock === undefined || units <= 0) return undefined;
  return stock <= 0 ? 0 : Math.floor((stock * days * 10) / units) / 10;
}

function earliest({ sales, firstRowDay, soldBefore }: StockFacts): number | undefined {
  if (soldBefore !== undefined) return firstRowDay === undefined ? soldBefore : Math.min(firstRowDay, soldBefore);
  const first = sales.first;
  if (first === undefined || firstRowDay === undefined) return first ?? firstRowDay;
  return Math.min(firstRowDay, first);
}

function daysCounted(firstSeen: number | undefined, today: number): number {
  if (firstSeen === undefined) return 1;
  return Math.max(1, Math.min(VELOCITY_DAYS, today - firstSeen + 1));
}

function statusOf(
  stock: number | undefined,
  units: number,
  days: number,
  { criticalDays, lowDays }: InventoryOptions,
): StockStatus {
  if (stock === undefined) return 'unknown';
  if (stock <= 0) return 'out_of_stock';
  if (stock * days < criticalDays * units) return 'critical';
  return stock * days < lowDays * units ? 'low' : 'healthy';
}

/**
 * Units that bring the stock to `targetDays` of cover, rounded up. What is out of stock cannot be sold, so its velocity
 * ends at 0 when it is still wanted: then the 7 days that end with its last sale stand in, unless that is as long ago
 * as makes stock dead.
 */
function restockOf(
  { units, days, lastSale }: StockFigures,
  { stock, sales }: StockFacts,
  firstSeen: number | undefined,
  today: number | undefined,
  { targetDays, deadStockDays }: InventoryOptions,
): number | undefined {
  if (stock === undefined) return undefined;
  let [wanted, over] = [Math.max(0, units), days];
  const isRecent = today !== undefined && lastSale !== undefined && today - lastSale < deadStockDays;
  if (wanted === 0 && stock <= 0 && isRecent) {
    wanted = Math.max(0, sales.unitsBetween(lastSale - VELOCITY_DAYS + 1, lastSale));
    over = daysCounted(firstSeen, lastSale);
  }
  return Math.max(0, Math.ceil((targetDays * wanted - stock * over) / over));
}

function urgencyOf({ restock, status }: StockFigures): RestockUrgency {
  if (restock === undefined || restock === 0) return 'none';
  switch (status) {
    case 'out_of_stock':
    case 'critical':
      return 'immediate';
    case 'low':
      return 'soon';
    case 'healthy':
      return 'planned';
    case 'unknown':
      return 'none';
    default:
      return status satisfies never;
  }
}
