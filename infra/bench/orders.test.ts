import { describe, expect, it } from 'vitest';
import { CUSTOMERS, customerOf, orderEnvelope, orderKey } from './orders.ts';

describe('orderEnvelope', () => {
  it('is a Debezium insert of a realistic size', () => {
    const text = orderEnvelope({ number: 123_456, customer: 4711, t: Date.UTC(2026, 0, 1) });
    expect(JSON.parse(text)).toMatchObject({
      op: 'c',
      after: { order_id: 1_123_456, customer_id: 4711, order_date: Date.UTC(2026, 0, 1) * 1000 },
    });
    expect(text.length).toBeGreaterThan(350);
    expect(text.length).toBeLessThan(450);
    expect(JSON.parse(orderKey(123_456))).toEqual({ order_id: 1_123_456 });
  });
});

describe('customerOf', () => {
  it('spreads orders evenly', () => {
    const orders = new Map<number, number>();
    for (let n = 0; n < 10 * CUSTOMERS; n++) {
      const customer = customerOf(n);
      orders.set(customer, (orders.get(customer) ?? 0) + 1);
    }
    expect(orders.size).toBeGreaterThan(0.99 * CUSTOMERS);
    expect(Math.min(...orders.keys())).toBe(1);
    expect(Math.max(...orders.keys())).toBe(CUSTOMERS);
    expect(Math.max(...orders.values())).toBeLessThan(40);
  });
});
