/**
 * The second stage of sales: adds the partitions' shares to whole windows.
 *
 * Customers are partitioned, so distinct customers add up. A window is final when every partition's watermark has
 * passed its end; until then it is shown live, marked `final: false`. Windows that start on the hour are the hourly
 * sales too.
 */
import { formatTime, compactTime } from '../../shared/event-time/time-text.ts';
import { isWindowComplete, isWindowLate } from '../../shared/event-time/windows.ts';
import { averageMoney, formatMoney } from '../../shared/events/money.ts';
import type { Decision, Emitted, StageContext, StageDefinition, Table } from '../../shared/events/stage.ts';
import { HOUR_MS, type WindowPart } from './panes.ts';
import { DEFAULT_SALES, type SalesOptions } from './sales.ts';

const LIFETIME_MS = 30 * 24 * HOUR_MS;

export interface WindowValue {
  readonly window_start: string;
  readonly window_end: string;
  /** Decimal string. */
  readonly revenue: string;
  readonly order_count: number;
  readonly avg_order_value: string;
  readonly unique_customers: number;
  /** Orders taken after the window fired. */
  readonly revision: number;
  readonly final: boolean;
}

export interface HourlyValue {
  readonly window_start: string;
  readonly window_end: string;
  readonly total_sales: string;
  readonly average_order_value: string;
  readonly order_count: number;
  readonly revision: number;
  readonly final: boolean;
}

/** The shares of one window by partition: revenue, orders, customers, late. */
interface WindowShares {
  readonly start: number;
  readonly shares: Record<string, readonly [revenue: number, orders: number, customers: number, late: number]>;
}

export function combineSales(options: SalesOptions = DEFAULT_SALES): StageDefinition<Emitted<WindowPart>> {
  const lifetimeMs = () => LIFETIME_MS;
  return {
    service: 'sales',
    input: { kind: 'log', service: 'sales' },
    tables: {
      shares: { kind: 'state' },
      'window.1h': { kind: 'output', lifetimeMs },
      hourly: { kind: 'output', lifetimeMs },
    },
    open: (ctx) => new CombineSales(ctx, options),
  };
}

class CombineSales implements Decision<Emitted<WindowPart>> {
  readonly #ctx: StageContext;
  readonly #latenessMs: number;
  readonly #shares: Table<WindowShares>;
  readonly #windows: Table<WindowValue>;
  readonly #hours: Table<HourlyValue>;
  readonly #open = new Set<WindowShares>();

  constructor(ctx: StageContext, { latenessMs }: SalesOptions) {
    this.#ctx = ctx;
    this.#latenessMs = latenessMs;
    this.#shares = ctx.table('shares');
    this.#windows = ctx.table('window.1h');
    this.#hours = ctx.table('hourly');
    for (const [, window] of this.#shares.entries()) if (!this.#isComplete(window)) this.#open.add(window);
  }

  onEvent({ value }: Emitted<WindowPart>, partition: string): void {
    const key = compactTime(value.start);
    const window = this.#shares.get(key) ?? { start: value.start, shares: {} };
    window.shares[partition] = [value.revenue, value.orders, value.customers, value.late];
    this.#shares.put(key, window);
    if (!this.#isComplete(window)) this.#open.add(window);
    this.#show(window);
  }

  onWatermark(): void {
    for (const window of this.#open) {
      if (!this.#isComplete(window)) continue;
      this.#open.delete(window);
      this.#show(window);
    }
    for (const [key, { start }] of this.#shares.entries())
      if (isWindowLate(start + HOUR_MS, this.#latenessMs, this.#ctx.watermark)) this.#shares.delete(key);
  }

  #isComplete({ start }: WindowShares): boolean {
    return isWindowComplete(start + HOUR_MS, this.#ctx.watermark);
  }

  #show(window: WindowShares): void {
    let [revenue, orders, customers, late] = [0, 0, 0, 0];
    for (const share of Object.values(window.shares)) {
      revenue += share[0];
      orders += share[1];
      customers += share[2];
      late += share[3];
    }
    const average = formatMoney(averageMoney(revenue, orders));
    const bounds = { window_start: formatTime(window.start), window_end: formatTime(window.start + HOUR_MS) };
    const state = { revision: late, final: this.#isComplete(window) };
    const key = compactTime(window.start);
    this.#windows.put(key, {
      ...bounds,
      revenue: formatMoney(revenue),
      order_count: orders,
      avg_order_value: average,
      unique_customers: customers,
      ...state,
    });
    if (window.start % HOUR_MS !== 0) return;
    this.#hours.put(key, {
      ...bounds,
      total_sales: formatMoney(revenue),
      average_order_value: average,
      order_count: orders,
      ...state,
    });
  }
}
