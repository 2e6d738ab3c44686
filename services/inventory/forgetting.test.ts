/** Rows that come late, never, or are deleted, and what is too old to count. */
import { describe, expect, test } from 'vitest';
import type { Step } from '../../shared/testing/stage-harness.ts';
import { at, gone, item, OLD, product, productIn, row, rows, run, sold, until } from './_shop.ts';
import type { InventoryEvent } from './inventory.ts';

describe('rows and items that do not come together', () => {
  test('a product that was never seen shows its sales', () => {
    expect(product(sold(item(0, '1', 14)), until(6))).toMatchObject({
      name: null,
      stock_quantity: null,
      price: null,
      units_sold_7d: 14,
      velocity_units_per_day: 2,
      days_until_stockout: null,
      stock_status: 'unknown',
      dead_stock: false,
      last_sale: '2024-06-01',
      restock_quantity: null,
      restock_urgency: 'none',
    });
    const steps = [sold(item(0, '1', 14)), ...until(6), rows(row(6, '1', 4))];
    expect(product(...steps)).toMatchObject({ stock_status: 'critical', velocity_units_per_day: 2 });
  });
  test('a deleted product is not shown; its sales are there when it comes back', () => {
    const deleted = [rows(OLD), sold(item(0, '1', 14)), ...until(1), rows(gone(1.5, '1'))];
    expect(product(...deleted)).toBeUndefined();
    expect(product(...deleted, sold(item(1.6, '1', 1)), until(3))).toBeUndefined();
    expect(product(...deleted, rows(row(1.2, '1', 7)), until(3))).toBeUndefined(); // older than the delete
    const again = product(...deleted, until(2), rows(row(2.5, '1', 7)), until(3));
    expect(again).toMatchObject({ stock_quantity: 7, units_sold_7d: 14 });
  });
  test('forgotten 60 days after the last sale without a row, and after the delete', () => {
    const left = (...steps: Step<InventoryEvent>[]) => {
      const outcome = run(...steps);
      const own = [...outcome.results.keys(), ...outcome.state.keys()];
      return own.filter((key) => !key.startsWith('all.')).length;
    };
    const unknown = [sold(item(0.5, '1', 1))];
    expect([left(...unknown, ...until(59.9)), left(...unknown, ...until(60))]).toEqual([1, 0]);
    const deleted = [rows(OLD, gone(5.5, '1')), sold(item(0.5, '1', 1))];
    expect([left(...deleted, ...until(65.9)), left(...deleted, ...until(66))]).toEqual([1, 0]);
  });
  test('a product that comes back after its delete was forgotten, or could have been, is new', () => {
    const before = [rows(row(0, '1', 5)), sold(item(0, '1', 1)), ...until(61), rows(gone(62, '1')), ...until(63)];
    const back = rows(row(130, '1', 7));
    const value = product(...before, until(125), back, until(131));
    expect(value).toMatchObject({ last_sale: null, dead_stock: false, state: { first_row: at(130) } });
    expect(product(...before, back, until(125), until(131))).toEqual(value);
  });
});

describe('late', () => {
  test('an item of a kept day counts, one of a day before goes to LATE', () => {
    const outcome = run(rows(OLD), until(60), sold(item(1, '1', 2), item(0.99, '1', 5), item(57, '1', 3)));
    expect(outcome.late).toHaveLength(1);
    expect(JSON.parse(outcome.late[0] ?? '')).toMatchObject({
      reason: 'older than the 60 days of sales that are kept',
      event: { quantity: 5 },
      window: { start: at(0), end: at(1) },
      watermark: at(60) - 1,
    });
    expect(productIn(outcome, '1')).toMatchObject({
      units_sold_7d: 3,
      state: {
        days: [
          [19876, 2, 1],
          [19932, 3, 1],
        ],
      },
    });
  });
  test('a row is never late', () => {
    expect(product(until(60), rows(OLD))).toMatchObject({ stock_quantity: 20 });
  });
  test('a line of a billion units and more is none', () => {
    const outcome = run(rows(OLD), sold(item(0, '1', 2 ** 50)), until(1));
    expect(outcome.late).toHaveLength(1);
    expect(productIn(outcome, '1')).toMatchObject({ units_sold_7d: 0 });
  });
});
