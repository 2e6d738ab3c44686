/** The CDNOW purchases (fixtures/cdnow) as orders, and the published summary of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../launcher/checkout.ts';
import { parseMoney } from '../../shared/events/money.ts';
import type { OrderEvent } from '../../shared/events/order.ts';

const FOLDER = join(ROOT, 'infra/faults/fixtures/cdnow');

/** Published totals of the sample. */
export const CDNOW = { transactions: 6_919, customers: 2_357, spend: '244091.94' } as const;
/** The published summary speaks of purchases up to this day. */
export const CALIBRATION_END = Date.UTC(1997, 8, 30);

export interface CustomerSummary {
  readonly id: string;
  /** Days with a purchase after the first one. */
  readonly x: number;
  /** Weeks. */
  readonly tx: number;
  readonly T: number;
  /** Dollars. */
  readonly zbar: number;
}

/** In order of time; the customer's id is the one of the sample. */
export function readPurchases(): OrderEvent[] {
  const orders = lines('CDNOW_sample.txt').map((line, at) => {
    const [, customer = '', date = '', , dollars = ''] = line.trim().split(/\s+/);
    const t = Date.UTC(Number(date.slice(0, 4)), Number(date.slice(4, 6)) - 1, Number(date.slice(6)));
    return { t, k: String(Number(customer)), id: String(1 + at), amount: parseMoney(dollars) };
  });
  return orders.sort((a, b) => a.t - b.t || Number(a.id) - Number(b.id));
}

export function readSummary(): CustomerSummary[] {
  return lines('cdnow_customers_summary_with_transactions.csv')
    .slice(1)
    .map((line) => {
      const [id = '', x, tx, T, zbar] = line.split(',');
      return { id, x: Number(x), tx: Number(tx), T: Number(T), zbar: Number(zbar) };
    });
}

/** Purchases of one customer on one day as one. */
export function mergeDays(orders: readonly OrderEvent[]): OrderEvent[] {
  return [...Map.groupBy(orders, ({ t, k }) => `${k} ${t}`).values()].flatMap((sameDay) => {
    const [first] = sameDay;
    return first ? [{ ...first, amount: sameDay.reduce((sum, { amount }) => sum + amount, 0) }] : [];
  });
}

function lines(file: string): string[] {
  return readFileSync(join(FOLDER, file), 'utf8')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '');
}
