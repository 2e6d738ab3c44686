/**
 * The second stage of inventory: adds up the partitions' totals to one summary, `all.summary`.
 * `as_of` is the whole minute of event time up to which every partition has told its totals.
 */
import { partSummary } from '../../shared/event-time/part-summary.ts';
import { formatTime } from '../../shared/event-time/time-text.ts';
import { formatMoney } from '../../shared/events/money.ts';
import { type RestockUrgency, STATUSES, type StockStatus, URGENCIES } from './stock-figures.ts';
import { noneOf, type TotalsValue } from './totals.ts';

export interface InventorySummaryValue {
  readonly products: number;
  readonly by_status: Readonly<Record<StockStatus, number>>;
  readonly dead_stock: {
    readonly products: number;
    /** Stock times price, decimal string. */
    readonly value: string;
  };
  /** Products on the restock list. */
  readonly restock: Readonly<Record<Exclude<RestockUrgency, 'none'>, number>> & { readonly products: number };
  readonly as_of: string | null;
}

export const inventorySummary = partSummary('inventory', addUp);

function addUp(parts: readonly TotalsValue[], asOf: number | undefined): InventorySummaryValue {
  const statuses = noneOf(STATUSES);
  const urgencies = noneOf(URGENCIES);
  let [products, dead, deadValue] = [0, 0, 0];
  for (const part of parts) {
    for (const status of STATUSES) {
      statuses[status] += part.statuses[status];
      products += part.statuses[status];
    }
    for (const urgency of URGENCIES) urgencies[urgency] += part.restock[urgency];
    dead += part.dead[0];
    deadValue += part.dead[1];
  }
  const { immediate, soon, planned } = urgencies;
  return {
    products,
    by_status: statuses,
    dead_stock: { products: dead, value: formatMoney(deadValue) },
    restock: { products: immediate + soon + planned, immediate, soon, planned },
    as_of: asOf === undefined ? null : formatTime(asOf),
  };
}
