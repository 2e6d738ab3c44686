import { describe, expect, test } from 'vitest';
import { DaySales, type DayValue } from './day-sales.ts';

function parsed(sales: DaySales): DayValue[] {
  return JSON.parse(sales.text()) as DayValue[];
}

describe('sales by day', () => {
  test('add up, and go when everything is taken back', () => {
    const sales = new DaySales();
    expect([sales.add(5, 3, 1), sales.add(5, 2, 1), sales.add(5, -1, 1), sales.add(5, 0, 1)]).not.toContain(false);
    expect(parsed(sales)).toEqual([[5, 5, 2, 1, 1]]);
    expect(sales.unitsBetween(5, 5)).toBe(4);
    sales.add(5, -1, -1);
    sales.add(5, 3, -1);
    expect(parsed(sales)).toEqual([[5, 2, 1]]);
    sales.add(5, 2, -1);
    expect([sales.text(), sales.isEmpty, sales.first]).toEqual(['[]', true, undefined]);
  });

  test('are in the order of days, and their text follows every change', () => {
    const sales = new DaySales();
    for (const day of [5, 9, 2, 7]) {
      sales.add(day, 1, 1);
      sales.text();
    }
    expect(parsed(sales).map(([day]) => day)).toEqual([2, 5, 7, 9]);
    sales.add(5, 10, 1); // a day before the last
    expect(parsed(sales)[1]).toEqual([5, 11, 2]);
    sales.add(9, 10, 1);
    expect(parsed(sales)[3]).toEqual([9, 11, 2]);
    sales.add(9, 1, -1);
    sales.add(9, 10, -1);
    expect(parsed(sales)).toEqual([
      [2, 1, 1],
      [5, 11, 2],
      [7, 1, 1],
    ]);
    expect(new DaySales(parsed(sales)).text()).toBe(sales.text());
    expect([sales.unitsBetween(2, 5), sales.unitsBetween(3, 6), sales.lastSale(6), sales.lastSale(1)]).toEqual([
      12,
      11,
      5,
      undefined,
    ]);
  });

  test('may be taken back before they come', () => {
    const sales = new DaySales();
    expect(sales.add(5, 3, -1)).toBe(false);
    expect([sales.unitsBetween(5, 5), sales.lastSale(5), sales.first]).toEqual([0, undefined, undefined]);
    expect(sales.add(5, -2, -1)).toBe(false);
    expect(sales.unitsBetween(5, 5)).toBe(0);
    sales.add(5, -2, 1);
    sales.add(5, 3, 1);
    expect(sales.isEmpty).toBe(true);
  });

  test('are forgotten before a day, and tell when something was sold', () => {
    const sales = new DaySales([
      [1, 4, 1],
      [2, 0, 0, 3, 1],
      [3, 4, 1],
      [4, 4, 1],
    ]);
    sales.text();
    const soldOn: number[] = [];
    sales.forget(4, (day) => soldOn.push(day));
    expect([soldOn, sales.text()]).toEqual([[1, 3], '[[4,4,1]]']);
  });
});
