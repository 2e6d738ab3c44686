import { describe, expect, it } from 'vitest';
import { itemsOf, PRODUCTS, UNSOLD } from './shop-items.ts';

const cents = (text: string) => Math.round(Number(text) * 100);

describe('items of an order', () => {
  it('add up to its amount, to the cent', () => {
    for (let order_id = 1; order_id <= 2_000; order_id++) {
      const total_amount = ((order_id * 37) % 40_000) + 1;
      const items = itemsOf({ order_id, total_amount: (total_amount / 100).toFixed(2) });
      expect(items.reduce((sum, { quantity, unit_price }) => sum + quantity * cents(unit_price), 0)).toBe(total_amount);
    }
  });

  it('are of products that exist, one to three lines, the same each time', () => {
    const known = new Set(PRODUCTS.map(({ product_id }) => product_id));
    const lines = new Set<number>();
    for (let order_id = 1; order_id <= 500; order_id++) {
      const items = itemsOf({ order_id, total_amount: '120.00' });
      expect(items).toEqual(itemsOf({ order_id, total_amount: '120.00' }));
      expect(items.every(({ product_id, quantity }) => known.has(product_id) && quantity > 0)).toBe(true);
      lines.add(items.length);
    }
    expect([...lines].sort()).toEqual([1, 2, 3]);
  });
});

it('has fifty products that sell and two that nobody buys, with names and prices of their own', () => {
  expect(new Set(PRODUCTS.map(({ name }) => name)).size).toBe(52);
  const sold = new Set(
    Array.from({ length: 5_000 }, (_, order_id) => itemsOf({ order_id, total_amount: '99.00' })).flatMap((items) =>
      items.map(({ product_id }) => product_id),
    ),
  );
  expect(PRODUCTS.filter(({ product_id }) => !sold.has(product_id))).toEqual(UNSOLD);
  expect(PRODUCTS.every(({ price }) => /^\d+\.\d\d$/.test(price))).toBe(true);
});
