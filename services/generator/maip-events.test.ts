import { describe, expect, it } from 'vitest';
import { DEFAULT_ROUTES, routeOf } from '../../shared/config/routes.ts';
import { MaipSource } from './maip-events.ts';

const NOW = Date.UTC(2026, 0, 1);

function make(count: number, seed = 1) {
  const source = new MaipSource(seed, 1_000);
  return Array.from({ length: count }, (_, at) => source.next(NOW + at * 100));
}

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
    for (const { topic, value } of make(5_000)) {
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
