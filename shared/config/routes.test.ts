import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DEFAULT_ROUTES,
  EVENT_KINDS,
  type EventRoute,
  type MirrorRoute,
  type Route,
  routeDefaults,
  routeOf,
  topicsOfKind,
} from './routes.ts';
import { covers, WEIR_TOPICS } from './topic-filter.ts';

const family: EventRoute<'order'> = {
  topic: '/eu[0-9]+\\.public\\.orders/',
  topicFilter: '*.public.orders',
  ...routeDefaults('order', 'debezium-json'),
};
const mirror = (topic: string): MirrorRoute => ({ topic, decoder: 'raw', maxRecordBytes: 1024 });

describe('the route of a topic', () => {
  it('is the first that matches (invariant 1)', () => {
    const first: EventRoute = { ...family, topic: 'eu1.public.orders', topicFilter: undefined, timeUnit: 's' };
    expect(routeOf([first, family], 'eu1.public.orders')).toBe(first);
    expect(routeOf([first, family], 'eu2.public.orders')).toBe(family);
  });
  it('is matched over the whole name', () => {
    expect(routeOf([family], 'xeu2.public.orders')).toBeUndefined();
    expect(routeOf([family], 'eu2.public.orders.old')).toBeUndefined();
    expect(routeOf(DEFAULT_ROUTES, 'orders2')).toBeUndefined();
  });
  it('takes only what its filter covers, or stages would not see it (invariant 2)', () => {
    const wide: Route = { ...family, topic: '/.*orders/' };
    expect(routeOf([wide], 'us.public.orders')).toBe(wide);
    expect(routeOf([wide], 'us.private.orders')).toBeUndefined();
    expect(routeOf([wide], 'us.west.public.orders')).toBeUndefined();
  });
  it('needs no filter when it is a mirror, which stages do not read', () => {
    expect(routeOf([mirror('/audit.*/')], 'audit.eu.west')).toBeDefined();
  });
});

describe('topics that only an exact name takes (invariant 3)', () => {
  const everything: readonly Route[] = [
    ...[1, 2, 3].map((tokens): Route => ({ ...family, topic: '/.*/', topicFilter: Array(tokens).fill('*').join('.') })),
    mirror('/.*/'),
  ];
  for (const topic of [...WEIR_TOPICS, '__consumer_offsets', '__debezium-heartbeat.dbserver1', '_schemas'])
    it(topic, () => {
      expect(routeOf(everything, topic)).toBeUndefined();
      expect(routeOf(DEFAULT_ROUTES, topic)).toBeUndefined();
      expect(routeOf([...everything, mirror(topic)], topic)).toEqual(mirror(topic));
    });
});

describe('topics of a kind', () => {
  it('are names, and filters of families; none covers another, for NATS refuses overlapping subjects', () => {
    expect(topicsOfKind(DEFAULT_ROUTES, 'order')).toEqual(['dbserver1.public.orders', 'orders']);
    expect(topicsOfKind([...DEFAULT_ROUTES, family, family], 'order')).toEqual(['orders', '*.public.orders']);
    expect(topicsOfKind(DEFAULT_ROUTES, 'maip')).toEqual(
      ['product', 'customer', 'application', 'order'].map((one) => `maip.${one}.*`),
    );
    expect(topicsOfKind([mirror('a'), mirror('/b.*/')], 'order')).toEqual([]);
  });
  it('cover every topic that a route of the kind takes (invariant 2)', () => {
    const token = fc.constantFrom('a', 'b', '*');
    const filter = fc.array(token, { minLength: 1, maxLength: 3 }).map((tokens) => tokens.join('.'));
    const name = fc
      .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 })
      .map((tokens) => tokens.join('.'));
    const property = fc.property(fc.array(filter, { maxLength: 5 }), name, (filters, topic) => {
      const routes = filters.map((topicFilter): Route => ({ ...family, topic: '/.*/', topicFilter }));
      const isCovered = topicsOfKind(routes, 'order').some((one) => covers(one, topic));
      expect(isCovered).toBe(routeOf(routes, topic) !== undefined);
    });
    fc.assert(property, { numRuns: 300 });
  });
});

describe('the built-in routes', () => {
  it.each([
    ['dbserver1.public.orders', 'order', 'debezium-json'],
    ['dbserver1.public.order_items', 'orderItem', 'debezium-json'],
    ['dbserver1.public.products', 'product', 'debezium-json'],
    ['orders', 'order', 'json'],
    ['content-downloads', 'download', 'avro'],
    ['maip.order.created', 'maip', 'json'],
    ['maip.product.viewed', 'maip', 'json'],
    ['maip.customer.updated', 'maip', 'json'],
    ['maip.application.started', 'maip', 'json'],
    ['order_events', 'userEvent', 'json'],
    ['activity_events', 'userEvent', 'json'],
    ['install_events', 'userEvent', 'json'],
  ] as const)('take %s as %s from %s', (topic, kind, decoder) => {
    expect(routeOf(DEFAULT_ROUTES, topic)).toMatchObject({ kind, decoder });
  });
  it('know every kind, and how late its records may be', () => {
    const bounds = EVENT_KINDS.map((kind) => [kind, routeDefaults(kind, 'json').outOfOrdernessMs]);
    expect(Object.fromEntries(bounds)).toEqual({
      order: 5_000,
      orderItem: 5_000,
      product: 5_000,
      download: 10_000,
      maip: 5_000,
      userEvent: 30_000,
    });
  });
});
