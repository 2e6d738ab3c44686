import { describe, expect, it } from 'vitest';
import { DEFAULT_ROUTES, type EventRoute, type Route, routeDefaults, routeOf, topicsOfKind } from './routes.ts';
import { loadRoutes, parseRoutes } from './routes-file.ts';
import { SettingError } from './environment.ts';

const family: EventRoute<'order'> = {
  topic: '/eu[0-9]+\\.public\\.orders/',
  topicFilter: '*.public.orders',
  ...routeDefaults('order', 'debezium-json'),
};

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
});

it('topics of a kind are names, and filters of families', () => {
  expect(topicsOfKind([...DEFAULT_ROUTES, family], 'order')).toEqual([
    'dbserver1.public.orders',
    'orders',
    '*.public.orders',
  ]);
});

describe('a routes file', () => {
  it('fills in what a route leaves out, by its decoder', () => {
    const [route] = parseRoutes(
      'routes:\n  - topic: shop.orders\n    decoder: debezium-json\n    fields: { amount: [total] }\n    idle: { policy: hold }\n',
      'routes.yaml',
    );
    const defaults = routeDefaults('order', 'debezium-json');
    expect(route).toEqual({
      ...defaults,
      topic: 'shop.orders',
      fields: { ...defaults.fields, amount: ['total'] },
      idle: { policy: 'hold', afterMs: 30_000 },
    });
  });

  it('may be JSON', () => {
    const text = JSON.stringify({ routes: [{ topic: 'o', decoder: 'json', outOfOrdernessMs: 0 }] });
    expect(parseRoutes(text, 'r.json')).toEqual([
      { ...routeDefaults('order', 'json'), topic: 'o', outOfOrdernessMs: 0 },
    ]);
  });

  const bad: Readonly<Record<string, [routes: unknown, message: RegExp]>> = {
    'without routes': [{}, /routes: /],
    'with an empty list': [{ routes: [] }, /routes: /],
    'with an unknown decoder': [{ routes: [{ topic: 'o', decoder: 'xml' }] }, /routes\.0\.decoder: /],
    'with an unknown member': [{ routes: [{ topic: 'o', decoder: 'json', feilds: {} }] }, /feilds/],
    'with a bound below zero': [
      { routes: [{ topic: 'o', decoder: 'json', outOfOrdernessMs: -1 }] },
      /routes\.0\.outOfOrdernessMs: /,
    ],
    'with a topic name that Kafka refuses': [
      { routes: [{ topic: 'a b', decoder: 'json' }] },
      /routes\.0\.topic: "a b"/,
    ],
    'with a broken expression': [{ routes: [{ topic: '/(/', decoder: 'json' }] }, /no valid regular expression/],
    'with an open expression': [{ routes: [{ topic: '/abc', decoder: 'json' }] }, /lacks its closing slash/],
    'with an expression without a filter': [{ routes: [{ topic: '/a.*/', decoder: 'json' }] }, /topicFilter: .*needs/],
    'with a filter beside a name': [
      { routes: [{ topic: 'a', topicFilter: '*', decoder: 'json' }] },
      /topicFilter: only/,
    ],
  };
  for (const [name, [routes, message]] of Object.entries(bad))
    it(`${name} is refused, and told where`, () => {
      const read = () => parseRoutes(JSON.stringify(routes), 'my.json');
      expect(read).toThrow(SettingError);
      expect(read).toThrow(message);
      expect(read).toThrow('"my.json"');
    });

  it('that is no YAML, or not there, is refused', () => {
    expect(() => parseRoutes('a: [', 'my.yaml')).toThrow('neither JSON nor YAML');
    expect(() => loadRoutes('no/such/file.yaml')).toThrow('check WEIR_ROUTES');
  });
});
