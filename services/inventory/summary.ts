/**
 * The second stage of inventory: adds up the partitions' totals to one summary, `all.summary`.
 * `as_of` is the whole minute of event time up to which every partition has told its totals.
 */
import { formatTime } from '../../shared/event-time/time-text.ts';
import { formatMoney } from '../../shared/events/money.ts';
import { BEFORE_ALL_TIME, type Emitted, type StageDefinition } from '../../shared/events/stage.ts';
import { type RestockUrgency, STATUSES, type StockStatus, URGENCIES } from './stock-figures.ts';
import { noneOf, type TotalsValue } from './totals.ts';

const MINUTE_MS = 60_000;

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

export const inventorySummary: StageDefinition<Emitted<TotalsValue>> = {
  service: 'inventory',
  input: { kind: 'log', service: 'inventory' },
  tables: { part: { kind: 'state' }, summary: { kind: 'output' } },
  open(ctx) {
    const parts = ctx.table<TotalsValue>('part');
    const summary = ctx.table<InventorySummaryValue>('summary');
    const show = () => summary.put('', addUp(parts, minuteOf(ctx.watermark)));
    let shownMinute = minuteOf(ctx.watermark);
    return {
      onEvent({ value }, partition) {
        parts.put(partition, value);
        show();
      },
      onWatermark() {
        if (minuteOf(ctx.watermark) === shownMinute) return;
        shownMinute = minuteOf(ctx.watermark);
        show();
      },
    };
  },
};

/** Undefined before there is a watermark. */
function minuteOf(watermark: number): number | undefined {
  return watermark === BEFORE_ALL_TIME ? undefined : Math.floor(watermark / MINUTE_MS) * MINUTE_MS;
}

function addUp(parts: { entries(): Iterable<[string, TotalsValue]> }, asOf: number | undefined): InventorySummaryValue {
  const statuses = noneOf(STATUSES);
  const urgencies = noneOf(URGENCIES);
  let [products, dead, deadValue] = [0, 0, 0];
  for (const [, part] of parts.entries()) {
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
