import { describe, expect, it } from 'vitest';
import { DEFAULT_ROUTES, routeOf } from '../config/routes.ts';
import { MaipSource } from './maip-events.ts';

const NOW = Date.UTC(2026, 0, 1);

function make(count: number, seed = 1) {
  const source = new MaipSource(seed, 1_000);
  return Array.from({ length: count }, (_, at) => source.next(NOW + at * 100));
}

/** One customer's amounts, in order, are unusual at the last of these: over 3 deviations above those before. */
function isUnusual(amounts: readonly number[]): boolean {
  const [last = 0, former] = [amounts.at(-1), amounts.slice(0, -1)];
  if (former.length < 5) return false;
  const mean = former.reduce((sum, one) => sum + one, 0) / former.length;
  const variance = former.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (former.length - 1);
  return last > mean + 3 * Math.sqrt(variance);
}

/** The orders of half an hour at two events a second. */
function ordersOf(bursts: boolean) {
  const source = new MaipSource(1, 1_000, { bursts });
  const made = Array.from({ length: 3_600 }, (_, at) => source.next(NOW + at * 500));
  return made
    .filter(({ topic }) => topic === 'maip.order.created')
    .map(({ key, value }) => ({
      customer: key,
      t: value.timestamp as number,
      amount: (value.payload as { amount: number }).amount,
    }))
    .sort((a, b) => a.t - b.t);
}

function hasTenAMinute(orders: readonly { readonly t: number }[]): boolean {
  return orders.some(({ t }, at) => (orders[at + 9]?.t ?? Number.POSITIVE_INFINITY) - t < 60_000);
}

describe('bursts of MAIP orders', () => {
  const byCustomer = (bursts: boolean) => [...Map.groupBy(ordersOf(bursts), ({ customer }) => customer).values()];

  it('are ten and more within a minute, of all and of one customer, and else there are not so many', () => {
    expect(hasTenAMinute(ordersOf(true))).toBe(true);
    expect(byCustomer(true).some(hasTenAMinute)).toBe(true);
    const some = byCustomer(true).filter((orders) => !hasTenAMinute(orders));
    expect(hasTenAMinute(some.flat().sort((a, b) => a.t - b.t))).toBe(true); // of many customers
    expect(hasTenAMinute(ordersOf(false))).toBe(false);
  });

  it('have amounts that are unusual for their customer', () => {
    const unusual = byCustomer(true).filter((orders) => isUnusual(orders.map(({ amount }) => amount)));
    expect(unusual.length).toBeGreaterThanOrEqual(5);
  });
});

it('only one type, when asked for; what is cancelled then was ordered before anybody looked', () => {
  const source = new MaipSource(1, 1_000, { only: 'maip.order.cancelled', disorderMs: 0 });
  for (const { topic, value } of Array.from({ length: 50 }, () => source.next(NOW))) {
    expect(topic).toBe('maip.order.cancelled');
    expect(value.timestamp).toBe(NOW);
    expect((value.payload as { amount: number }).amount).toBeGreaterThanOrEqual(5);
  }
});

describe('MAIP events of the demo', () => {
  it('are the same for the same seed, and others for another; ids go on', () => {
    expect(make(50)).toEqual(make(50));
    expect(make(50)).not.toEqual(make(50, 2));
    expect(make(2).map(({ value }) => value.eventId)).toEqual(['maip-1000', 'maip-1001']);
  });

  it('go to the topic of their type, which the built-in routes take', () => {
    const { topics } = new MaipSource(1, 0);
    for (const topic of topics) expect(routeOf(DEFAULT_ROUTES, topic)).toMatchObject({ kind: 'maip' });
    const made = make(2_000);
    expect(new Set(made.map(({ topic }) => topic))).toEqual(new Set(topics));
    for (const { topic, value } of made) expect([topic, undefined]).toContain(value.eventType);
    expect(made.filter(({ value }) => value.eventType === undefined).length).toBeGreaterThan(100);
  });

  it('are keyed by customer, never ahead of their time, and late by at most 2 s', () => {
    for (const [at, { key, value }] of make(2_000).entries()) {
      expect(value.customerId).toBe(key);
      const t = new Date(value.timestamp as number | string).getTime();
      expect(t).toBeLessThanOrEqual(NOW + at * 100);
      expect(t).toBeGreaterThan(NOW + at * 100 - 2_000);
    }
  });

  it('cancel only what was ordered, once, by who ordered it', () => {
    const placed = new Map<unknown, unknown>();
    let cancelled = 0;
    for (const { topic, value } of make(20_000)) {
      const { orderId } = value.payload as { orderId?: string };
      if (topic === 'maip.order.created') placed.set(orderId, value.customerId);
      if (topic !== 'maip.order.cancelled') continue;
      expect(placed.get(orderId)).toBe(value.customerId);
      placed.delete(orderId);
      cancelled++;
    }
    expect(cancelled).toBeGreaterThan(100);
  });
});
