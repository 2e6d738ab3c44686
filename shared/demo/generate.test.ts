import { describe, expect, it } from 'vitest';
import { DEFAULT_ROUTES, EVENT_KINDS, routeOf } from '../config/routes.ts';
import { GENERATED_TOPICS, GenerateError, type GenerateRequest, generateRecords, SPREAD_MS } from './generate.ts';

const NOW = Date.UTC(2026, 0, 1);

function make(topic: string, more: Partial<GenerateRequest> = {}) {
  return generateRecords({ topic, count: 500, seed: 1, nowMs: NOW, ...more });
}

function members(topic: string, more?: Partial<GenerateRequest>) {
  return make(topic, more).map(({ value }) => value as { value: number; metadata: object; eventType: string });
}

/** Each member's values that were seen, sorted. */
function choices(records: readonly { readonly metadata: object }[]): Record<string, unknown[]> {
  const seen = new Map<string, Set<unknown>>();
  for (const { metadata } of records)
    for (const [name, value] of Object.entries(metadata)) seen.set(name, (seen.get(name) ?? new Set()).add(value));
  return Object.fromEntries([...seen].map(([name, values]) => [name, [...values].sort()]));
}

describe.each(GENERATED_TOPICS)('%s', (topic) => {
  it('has exactly as many records as asked for, the same for the same request (invariant 1)', () => {
    for (const count of [1, 7, 1_000]) expect(make(topic, { count })).toHaveLength(count);
    const made = make(topic);
    expect(new Set(made.map((record) => record.topic))).toEqual(new Set([topic]));
    expect(make(topic)).toEqual(made);
    expect(make(topic, { seed: 2 })).not.toEqual(made);
    expect(made.slice(0, 5)).not.toEqual(make(topic, { nowMs: NOW + 1 }).slice(0, 5));
  });
  it('is taken by a built-in route of events', () => {
    expect(routeOf(DEFAULT_ROUTES, topic)?.decoder).toMatch(/json|avro/);
  });
});

it('there is a topic of every kind of event', () => {
  const kinds = GENERATED_TOPICS.map((topic) => routeOf(DEFAULT_ROUTES, topic)).map(
    (route) => route && 'kind' in route && route.kind,
  );
  expect(new Set(kinds)).toEqual(new Set(EVENT_KINDS));
});

describe('user events', () => {
  it('are by user_001 to user_100 in turn, or users with another prefix', () => {
    const users = (prefix: string) =>
      Array.from({ length: 100 }, (_, at) => `${prefix}_${String(at + 1).padStart(3, '0')}`);
    const keys = (userPrefix?: string) => make('order_events', { count: 200, userPrefix }).map(({ key }) => key);
    expect(keys()).toEqual([...users('user'), ...users('user')]);
    expect(keys('test')).toEqual([...users('test'), ...users('test')]);
  });

  it('are purchases of $10 to $510 with categories and payment methods', () => {
    const purchases = members('order_events', { count: 5_000 });
    expect(new Set(purchases.map(({ eventType }) => eventType))).toEqual(new Set(['purchase']));
    const values = purchases.map(({ value }) => value);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(10);
    expect(Math.min(...values)).toBeLessThan(12);
    expect(Math.max(...values)).toBeLessThanOrEqual(510);
    expect(Math.max(...values)).toBeGreaterThan(508);
    expect(choices(purchases)).toEqual({
      category: ['books', 'clothing', 'electronics', 'home', 'sports'],
      paymentMethod: ['card', 'paypal', 'transfer', 'wallet'],
    });
  });

  it('are views of 5 to 305 s with pages, referrers and devices', () => {
    const views = members('activity_events', { count: 5_000 });
    expect(new Set(views.map(({ eventType }) => eventType))).toEqual(new Set(['view']));
    const values = views.map(({ value }) => value);
    expect([Math.min(...values), Math.max(...values)]).toEqual([5, 305]);
    expect(Object.keys(choices(views))).toEqual(['page', 'referrer', 'device']);
  });

  it('are installs with versions, platforms and sources', () => {
    const installs = members('install_events');
    expect(new Set(installs.map(({ eventType }) => eventType))).toEqual(new Set(['install']));
    expect(Object.keys(choices(installs))).toEqual(['version', 'platform', 'source']);
  });
});

describe('times (invariant 2)', () => {
  for (const topic of ['order_events', 'activity_events', 'orders', 'maip.order.created', 'content-downloads'])
    it(`of ${topic} are spread evenly over five minutes, and rise`, () => {
      const times = make(topic, { count: 300 }).map(({ value }) => value.timestamp as number);
      expect(times.at(-1)).toBe(NOW);
      expect(times[0]).toBe(NOW - SPREAD_MS + 1_000);
      for (const [at, time] of times.entries()) expect(time - (times[at - 1] ?? time - 1_000)).toBe(1_000);
    });
  it('are spread over as much as is asked for', () => {
    const times = make('order_events', { count: 10, spreadMs: 100 }).map(({ value }) => value.timestamp);
    expect(times).toEqual(Array.from({ length: 10 }, (_, at) => NOW - 90 + at * 10));
  });
});

describe('with a user prefix', () => {
  for (const [topic, member] of [
    ['orders', 'customerId'],
    ['maip.product.viewed', 'customerId'],
    ['content-downloads', 'user_id'],
  ] as const)
    it(`records of ${topic} are of such users, in turn`, () => {
      const [first, second] = make(topic, { userPrefix: 'it' });
      expect([first?.value[member], second?.value[member]]).toEqual(['it_001', 'it_002']);
      if (member === 'customerId') expect([first?.key, second?.key]).toEqual(['it_001', 'it_002']);
      else expect(first?.key).toBe(first?.value.content_id);
    });
});

describe('refuses', () => {
  for (const [request, message] of [
    [{ topic: 'payments' }, 'Cannot generate topic "payments": expected one of order_events, '],
    [{ count: 0 }, 'Cannot generate "0" records'],
    [{ count: 1.5 }, 'Cannot generate "1.5" records'],
    [{ count: 100_001 }, 'Cannot generate "100001" records'],
    [{ seed: 0.5 }, 'Cannot use seed "0.5"'],
    [{ userPrefix: '' }, 'Cannot use user prefix ""'],
    [{ userPrefix: 'a b' }, 'Cannot use user prefix "a b"'],
    [{ topic: 'dbserver1.public.orders', userPrefix: 'test' }, 'its customers are numbers'],
  ] as const)
    it(JSON.stringify(request), () => {
      expect(() => make('order_events', request)).toThrow(GenerateError);
      expect(() => make('order_events', request)).toThrow(message);
    });
});
