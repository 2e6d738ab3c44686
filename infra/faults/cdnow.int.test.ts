/** Real purchases with published numbers: through the stages in memory, and once through the whole mesh. */
import { describe, expect, it } from 'vitest';
import { rfm, type CustomerValue } from '../../services/rfm/rfm.ts';
import { rfmSummary } from '../../services/rfm/summary.ts';
import { combineSales, type HourlyValue } from '../../services/sales/combine.ts';
import { sales } from '../../services/sales/sales.ts';
import { formatMoney, parseMoney } from '../../shared/events/money.ts';
import type { OrderEvent } from '../../shared/events/order.ts';
import { advanceAll, toSteps } from '../../shared/testing/orders.ts';
import { runStages } from '../../shared/testing/stage-harness.ts';
import { CALIBRATION_END, CDNOW, mergeDays, readPurchases, readSummary } from './cdnow.ts';
import { Feeder } from './feeder.ts';
import type { OrderLoad } from './order-load.ts';
import { routeOf } from './order-load.ts';
import { readBucket } from './read-back.ts';
import { differences } from './straight-fold.ts';
import { TestMesh } from './test-mesh.ts';

const DAY = 86_400_000;
const WEEK_DAYS = 7;
const BOUND = 5_000;

describe('CDNOW in memory', () => {
  it('rfm gives the published frequency, recency, age and spend of every customer', () => {
    const orders = mergeDays(readPurchases().filter(({ t }) => t <= CALIBRATION_END));
    const customers = customersOf(runStages([rfm, rfmSummary], closed(orders, CALIBRATION_END)).results);
    const summary = readSummary();
    expect(customers.size).toBe(summary.length);
    const firstSpent = new Map<string, number>();
    for (const { k, amount } of orders) if (!firstSpent.has(k)) firstSpent.set(k, amount);
    for (const { id, x, tx, T, zbar } of summary) {
      const customer = customers.get(id);
      if (!customer) throw new Error(`Cannot find customer ${id}`);
      const [first, last] = [Date.parse(customer.first_order), Date.parse(customer.last_order)];
      const repeats = parseMoney(customer.monetary_value) - (firstSpent.get(id) ?? 0);
      const found = {
        x: customer.frequency - 1,
        tx: weeks(last - first),
        T: weeks(CALIBRATION_END - first),
        recencyDays: customer.recency_days,
      };
      expect(found, `customer ${id}`).toEqual({ x, tx, T, recencyDays: Math.round((T - tx) * WEEK_DAYS) });
      expect(Math.abs((x === 0 ? 0 : repeats / x / 100) - zbar), `zbar of customer ${id}`).toBeLessThan(0.00501);
    }
  });

  it('sales and rfm give the published totals', () => {
    const orders = readPurchases();
    const end = (orders.at(-1)?.t ?? 0) + DAY;
    expectTotals(
      runStages([rfm, rfmSummary], closed(orders, end)).results,
      runStages([sales(), combineSales()], closed(orders, end)).results,
    );
  });
});

describe('CDNOW through the mesh', () => {
  it('gives the published totals, and every entry as the straight fold has it', async () => {
    const load = loadOf(readPurchases());
    await using mesh = await TestMesh.create({ label: 'cdnow', kafkaPartitions: 2, route: routeOf(load) });
    for (const role of ['bridge', 'sales', 'rfm'] as const) mesh.start(role, role);
    await new Feeder(mesh, load).sendUpTo(Number.POSITIVE_INFINITY);
    await mesh.reach(load.finalWatermark);
    await mesh.stop();
    expect(await differences(mesh, load)).toEqual([]);
    expectTotals(await readBucket(mesh.log, 'rfm'), await readBucket(mesh.log, 'sales'));
  });
});

/** Steps that end with every watermark at `end`. */
function closed(orders: readonly OrderEvent[], end: number) {
  return [...toSteps(orders, { kafkaPartitions: 2, batch: 500, boundMs: BOUND }), ...advanceAll(2, end)];
}

function expectTotals(rfmEntries: ReadonlyMap<string, string>, salesEntries: ReadonlyMap<string, string>): void {
  const customers = [...customersOf(rfmEntries).values()].filter(
    ({ customer_id }) => !customer_id.startsWith('closing'),
  );
  const spent = customers.reduce((sum, { monetary_value }) => sum + parseMoney(monetary_value), 0);
  const frequency = customers.reduce((sum, customer) => sum + customer.frequency, 0);
  const published = { ...CDNOW };
  expect({ transactions: frequency, customers: customers.length, spend: formatMoney(spent) }).toEqual(published);
  const hours = [...salesEntries].filter(([key]) => key.startsWith('all.hourly.'));
  const finals = hours.map(([, text]) => JSON.parse(text) as HourlyValue).filter(({ final }) => final);
  const revenue = finals.reduce((sum, { total_sales }) => sum + parseMoney(total_sales), 0);
  const count = finals.reduce((sum, { order_count }) => sum + order_count, 0);
  expect({ count, revenue: formatMoney(revenue) }).toEqual({ count: CDNOW.transactions, revenue: CDNOW.spend });
}

function customersOf(entries: ReadonlyMap<string, string>): Map<string, CustomerValue> {
  const values = [...entries].filter(([key]) => key.includes('.customer.')).map(([, text]) => JSON.parse(text));
  return new Map(values.map((value: CustomerValue) => [value.customer_id, value]));
}

/** The purchases as records of two Kafka partitions, each closed by an order a month later. */
function loadOf(orders: readonly OrderEvent[]): OrderLoad {
  const kafkaPartitions = 2;
  const [first, last] = [orders[0]?.t ?? 0, orders.at(-1)?.t ?? 0];
  const [spanMs, gapMs] = [last - first, 31 * DAY];
  const options = { seed: 0, orders: orders.length, customers: CDNOW.customers, startMs: first };
  const closeAt = last + gapMs;
  const closing = [0, 1].map((at) => ({ t: closeAt, k: `closing-${at}`, id: String(100_000 + at), amount: 100 }));
  const changes = [...orders, ...closing].map((after) => {
    const id = Number(after.id);
    return { id, kafkaPartition: id % kafkaPartitions, arrivalMs: after.t, after };
  });
  return {
    options: { ...options, kafkaPartitions, spanMs, gapMs, boundMs: BOUND },
    changes,
    finalWatermark: closeAt - BOUND - 1,
  };
}

/** Weeks, to two digits as published. */
function weeks(ms: number): number {
  return Math.round((ms / DAY / WEEK_DAYS) * 100) / 100;
}
