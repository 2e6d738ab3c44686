import { describe, expect, test } from 'vitest';
import { checkLaw } from '../../shared/testing/law.ts';
import type { Outcome, Step } from '../../shared/testing/stage-harness.ts';
import {
  at,
  gone,
  item,
  ITEMS,
  OLD,
  product,
  PRODUCTS,
  productIn,
  row,
  rows,
  run,
  sold,
  takenBack,
  until,
} from './_shop.ts';
import { inventory, type InventoryEvent } from './inventory.ts';
import { DEFAULT_INVENTORY } from './options.ts';
import type { InventorySummaryValue } from './summary.ts';

function summaryIn(outcome: Outcome): InventorySummaryValue {
  return JSON.parse(outcome.results.get('all.summary') ?? 'null') as InventorySummaryValue;
}

describe('a product', () => {
  test('in full', () => {
    const sales = sold(item(4.2, '1', 3), item(4.7, '1', 4), item(5.1, '1', 7));
    expect(product(rows(OLD), sales, until(5.5))).toEqual({
      product_id: '1',
      name: 'Product 1',
      stock_quantity: 20,
      price: '19.99',
      units_sold_7d: 14,
      velocity_units_per_day: 2,
      days_until_stockout: 10,
      stock_status: 'healthy',
      dead_stock: false,
      last_sale: '2024-06-06',
      restock_quantity: 40,
      restock_urgency: 'planned',
      as_of: '2024-06-06',
      state: {
        row: [at(-100), `${PRODUCTS}#00000`],
        first_row: at(-100),
        sold_before: null,
        as_of: 19880,
        days: [
          [19879, 7, 2],
          [19880, 7, 1],
        ],
      },
    });
  });

  test('its velocity is of today and the six days before, to the millisecond', () => {
    const units = (days: number) =>
      product(rows(OLD), sold(item(0, '1', 1), item(0.99999, '1', 10), item(1, '1', 100)), until(days))?.units_sold_7d;
    expect([units(0), units(0.9), units(1), units(6.9999)]).toEqual([11, 11, 111, 111]);
    expect([units(7), units(7.9999), units(8)]).toEqual([100, 100, 0]);
  });

  test('sales of a day that the watermark has not reached wait for it', () => {
    const early = [rows(OLD), until(3), sold(item(3.5, '1', 7), item(4.5, '1', 7))];
    expect(product(...early)).toMatchObject({ units_sold_7d: 7, last_sale: '2024-06-04', as_of: '2024-06-04' });
    expect(product(...early, until(4))).toMatchObject({ units_sold_7d: 14, last_sale: '2024-06-05' });
  });

  test('nothing is counted before event time is known', () => {
    expect(product(rows(OLD), sold(item(0, '1', 5)))).toMatchObject({
      stock_quantity: 20,
      units_sold_7d: 0,
      velocity_units_per_day: 0,
      as_of: null,
      stock_status: 'healthy',
    });
  });

  test('a younger one is counted over fewer days', () => {
    const velocity = (days: number) =>
      product(rows(row(0.5, '1', 20)), sold(item(0.6, '1', 12)), until(days))?.velocity_units_per_day;
    expect([0.7, 1, 2, 5.9, 6, 6.9].map(velocity)).toEqual([12, 6, 4, 2, 1.71, 1.71]);
    const soldFirst = product(sold(item(-1.5, '1', 6)), rows(row(0, '1', 1)), until(0.5));
    expect(soldFirst).toMatchObject({ velocity_units_per_day: 2 }); // sold the day before yesterday: three days
  });

  test.each([
    [0, 'out_of_stock', 'immediate', 60, 0],
    [-3, 'out_of_stock', 'immediate', 63, 0],
    [5, 'critical', 'immediate', 55, 2.5],
    [6, 'low', 'soon', 54, 3],
    [13, 'low', 'soon', 47, 6.5],
    [14, 'healthy', 'planned', 46, 7],
    [59, 'healthy', 'planned', 1, 29.5],
    [60, 'healthy', 'none', 0, 30],
  ] as const)('%i in stock at 2 a day: %s, %s, restock %i', (stock, status, urgency, quantity, days) => {
    expect(product(rows(row(-100, '1', stock)), sold(item(0, '1', 14)), until(1))).toMatchObject({
      stock_status: status,
      restock_urgency: urgency,
      restock_quantity: quantity,
      days_until_stockout: days,
    });
  });

  test('days until stockout are rounded down, so that they agree with the status', () => {
    const value = product(rows(row(-100, '1', 299)), sold(item(0, '1', 699)), until(1));
    expect(value).toMatchObject({ velocity_units_per_day: 99.86, days_until_stockout: 2.9, stock_status: 'critical' });
  });

  test('without a sale has no days until stockout, and is healthy', () => {
    const expected = { velocity_units_per_day: 0, days_until_stockout: null, stock_status: 'healthy' };
    expect(product(rows(OLD), until(0))).toMatchObject({ ...expected, restock_quantity: 0, restock_urgency: 'none' });
  });

  test('that is out of stock and cannot sell is restocked at the pace of its last seven days of sales', () => {
    const at10 = (days: number) =>
      product(rows(row(-100, '1', 0)), sold(item(0, '1', 7), item(3, '1', 7)), until(days));
    expect(at10(12)).toMatchObject({ velocity_units_per_day: 0, restock_quantity: 60, restock_urgency: 'immediate' });
    expect(at10(32.9)).toMatchObject({ restock_quantity: 60 });
    expect(at10(33)).toMatchObject({ restock_quantity: 0, restock_urgency: 'none', stock_status: 'out_of_stock' });
  });

  test('its stock is that of the latest row; of equal times the last to come', () => {
    const stock = (...events: Parameters<typeof rows>) => product(rows(...events), until(3))?.stock_quantity;
    expect(stock(row(1, '1', 5), row(2, '1', 4))).toBe(4);
    expect(stock(row(2, '1', 4), row(1, '1', 5))).toBe(4);
    expect(stock(row(1, '1', 5), row(1, '1', 4))).toBe(4);
  });

  test('its rows of two topics with equal times: that of the topic that orders last, whichever came first', () => {
    const from = (topic: string, stock: number) => ({ topic, kafkaPartition: 0, events: [row(1, '1', stock)] });
    const [one, other] = [from('a.products', 5), from('b.products', 4)];
    expect(product(one, other)?.stock_quantity).toBe(4);
    expect(product(other, one)?.stock_quantity).toBe(4);
  });

  test('a stock change is shown at once', () => {
    const steps = [rows(OLD), sold(item(0, '1', 14)), until(1), rows(row(1.2, '1', 2))];
    expect(product(...steps)).toMatchObject({ stock_quantity: 2, stock_status: 'critical' });
  });
});

describe('dead stock', () => {
  const dead = (days: number, ...steps: Step<InventoryEvent>[]) => product(...steps, until(days))?.dead_stock;

  test('30 days after the last sale', () => {
    const steps = [rows(OLD), sold(item(0.5, '1', 1))];
    expect([29, 29.99, 30, 59.9, 60, 500].map((days) => dead(days, ...steps))).toEqual([
      false,
      false,
      true,
      true,
      true,
      true,
    ]);
  });
  test('never sold: 30 days after it was first seen, whatever changed since', () => {
    const steps = [rows(row(0.5, '1', 5), row(20, '1', 9))];
    expect([29.99, 30].map((days) => dead(days, ...steps))).toEqual([false, true]);
  });
  test('nothing in stock is not dead', () => {
    expect(dead(40, rows(row(0, '1', 0)))).toBe(false);
  });
  test('a sale brings it back, a return does not', () => {
    const before = [rows(OLD), sold(item(0, '1', 3)), ...until(35)];
    expect(dead(36, ...before, sold(item(35, '1', 1)))).toBe(false);
    expect(dead(36, ...before, sold(item(35, '1', -1)))).toBe(true);
  });
  test('the last sale is known when its day is not kept any more', () => {
    const steps = [rows(OLD), sold(item(0, '1', 3), item(-5, '1', 3))];
    expect(product(...steps, until(59))).toMatchObject({
      last_sale: '2024-06-01',
      state: { sold_before: 19870 },
    });
    expect(product(...steps, until(60))).toMatchObject({ last_sale: '2024-06-01', state: { days: [] } });
    expect(product(...steps, until(400))).toMatchObject({ last_sale: '2024-06-01', dead_stock: true });
  });
});

describe('corrections', () => {
  test('a return takes its units off the day it came back', () => {
    const value = product(rows(OLD), sold(item(0, '1', 10), item(1, '1', -3)), until(2));
    expect(value).toMatchObject({ units_sold_7d: 7, velocity_units_per_day: 1, last_sale: '2024-06-01' });
  });
  test('more returned than sold: no velocity', () => {
    const value = product(rows(OLD), sold(item(0, '1', 2), item(1, '1', -5)), until(2));
    expect(value).toMatchObject({ units_sold_7d: -3, velocity_units_per_day: 0, days_until_stockout: null });
  });
  test('a changed item counts at its new values', () => {
    const first = item(0, '1', 10);
    const value = product(rows(OLD), sold(first, takenBack(first), item(0, '1', 4)), until(1));
    expect(value).toMatchObject({ units_sold_7d: 4, state: { days: [[19875, 4, 1]] } });
  });
  test('a deleted item brings the sale before it back, also one of weeks ago', () => {
    const last = item(20, '1', 10);
    const value = product(rows(OLD), sold(item(0, '1', 1), last), until(31), sold(takenBack(last)));
    expect(value).toMatchObject({ last_sale: '2024-06-01', dead_stock: true });
  });
  test('an item that moves to another product', () => {
    const wrong = item(0, '2', 10);
    const outcome = run(rows(OLD, row(-100, '2', 20)), sold(wrong), sold(takenBack(wrong), item(0, '1', 10)), until(1));
    expect(productIn(outcome, '1')).toMatchObject({ units_sold_7d: 10 });
    expect(productIn(outcome, '2')).toMatchObject({ units_sold_7d: 0, last_sale: null });
  });
  test('everything taken back leaves nothing', () => {
    const events = [item(0, '1', 10), item(1, '1', -3), item(2, '2', 1)];
    const outcome = run(sold(...events), until(3), sold(...events.map(takenBack)));
    expect([...outcome.results.keys()]).toEqual(['all.summary']);
    expect([...outcome.state.keys()].filter((key) => !key.startsWith('all.'))).toEqual([]);
  });
  test('what was never counted goes to LATE and counts as nothing', () => {
    const outcome = run(
      rows(OLD),
      sold(item(0, '1', 7), takenBack(item(1, '1', 3)), takenBack(item(1, '1', -2)), takenBack(item(1, '2', 3))),
      until(2),
    );
    expect(outcome.late.map((text) => (JSON.parse(text) as { reason: string }).reason)).toEqual(
      Array.from({ length: 3 }, () => 'retraction of an item that was never counted'),
    );
    expect(productIn(outcome, '1')).toMatchObject({ units_sold_7d: 7, last_sale: '2024-06-01' });
    expect(productIn(outcome, '2')).toBeUndefined();
  });
});

describe('options', () => {
  const steps = [rows(OLD), sold(item(0, '1', 14)), ...until(1)];
  test('change the thresholds', () => {
    const options = { targetDays: 90, criticalDays: 11, lowDays: 12, deadStockDays: 1, keptDays: 8 };
    const outcome = checkLaw([inventory(options)], [...steps, ...until(2)]);
    expect(productIn(outcome, '1')).toMatchObject({
      stock_status: 'critical',
      restock_quantity: 160,
      dead_stock: true,
    });
  });
  test('are refused when they contradict each other', () => {
    expect(() => inventory({ ...DEFAULT_INVENTORY, lowDays: 2 })).toThrow(
      'Cannot use "2" as lowDays of inventory: expected criticalDays (3) or more',
    );
  });
});

describe('summary', () => {
  test('adds up the products of all partitions', () => {
    const outcome = run(
      rows(row(-1, 'a', 0), row(-1, 'b', 5), row(-40, 'c', 10), row(-40, 'd', 3, { price: 50 }), row(-1, 'e', 9)),
      sold(item(0, 'a', 14), item(0, 'b', 14), item(0, 'x', 1)),
      until(0.5),
      rows(gone(0.2, 'e')),
      until(1),
    );
    expect(summaryIn(outcome)).toEqual({
      products: 5,
      by_status: { out_of_stock: 1, critical: 1, low: 0, healthy: 2, unknown: 1 },
      dead_stock: { products: 2, value: '201.40' },
      restock: { products: 2, immediate: 2, soon: 0, planned: 0 },
      as_of: '2024-06-01T23:59:00Z',
    });
  });
});

test('events of both topics are told apart by their fields', () => {
  const mixed: Step<InventoryEvent>[] = [
    { topic: ITEMS, kafkaPartition: 0, events: [OLD, item(0, '1', 7)] },
    ...until(1),
  ];
  expect(product(mixed)).toMatchObject({ stock_quantity: 20, units_sold_7d: 7 });
});
