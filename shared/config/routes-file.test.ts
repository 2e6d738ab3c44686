import { describe, expect, it } from 'vitest';
import { SettingError } from './environment.ts';
import { problemsTogether } from './route-problems.ts';
import { DEFAULT_ROUTES, routeDefaults, topicsOfKind } from './routes.ts';
import { loadRoutes, parseRoutes } from './routes-file.ts';
import { overlap } from './topic-filter.ts';

const read = (document: unknown) => parseRoutes(JSON.stringify(document), 'my.json');
const readRoutes = (...routes: readonly object[]) => read({ routes });

describe('a routes file', () => {
  it('fills in what a route leaves out, by its decoder', () => {
    const text =
      'routes:\n  - topic: shop.orders\n    decoder: debezium-json\n    fields: { amount: [total] }\n    idle: { policy: hold }\n';
    const [route] = parseRoutes(text, 'routes.yaml');
    const defaults = routeDefaults('order', 'debezium-json');
    expect(route).toEqual({
      ...defaults,
      topic: 'shop.orders',
      fields: { ...defaults.fields, amount: ['total'] },
      idle: { policy: 'hold', afterMs: 30_000 },
    });
  });
  it('may be JSON, with tabs, and name its schema', () => {
    const document = {
      $schema: './routes.schema.json',
      routes: [{ topic: 'o', decoder: 'json', outOfOrdernessMs: 0 }],
    };
    const expected = [{ ...routeDefaults('order', 'json'), topic: 'o', outOfOrdernessMs: 0 }];
    expect(read(document)).toEqual(expected);
    expect(parseRoutes(JSON.stringify(document, null, '\t'), 'my.json')).toEqual(expected);
  });
  it('may have mirrors, of families without a filter too', () => {
    expect(readRoutes({ topic: '/audit.*/', decoder: 'raw' })).toEqual([
      { topic: '/audit.*/', decoder: 'raw', maxRecordBytes: 1_048_576 },
    ]);
  });
  it('may say what the built-in routes say', () => {
    expect(problemsTogether(DEFAULT_ROUTES)).toEqual([]);
  });
});

const o = { topic: 'o', decoder: 'json' };
const maip = { topic: '/maip.*/', topicFilter: 'maip.*.*', decoder: 'json', kind: 'maip' };

describe('a routes file is refused, and told where and what to do (invariant 1)', () => {
  const bad: Readonly<Record<string, [document: unknown, message: RegExp]>> = {
    'without routes': [{}, /: routes: is missing; set it/],
    'with nothing in it': [null, /the file: null is no object/],
    'with an empty list': [{ routes: [] }, /routes: \[\] is empty; fill it/],
    'with an unknown decoder': [
      { routes: [{ ...o, decoder: 'xml' }] },
      /routes\[0\]\.decoder: "xml" is not known; set one of debezium-json, .*raw$/,
    ],
    'without a decoder': [{ routes: [{ topic: 'o' }] }, /routes\[0\]\.decoder: is missing; set one of/],
    'with an unknown kind': [{ routes: [{ ...o, kind: 'orders' }] }, /kind: "orders" is not known; set one of order, /],
    'with an unknown member': [{ routes: [{ ...o, feilds: {} }] }, /routes\[0\]\.feilds: is no member.*routes\.md/],
    'with an unknown member beside routes': [{ routes: [o], defaults: {} }, /line 1, defaults: is no member/],
    'with a member of another kind': [
      { routes: [{ ...o, fields: { stock: ['s'] } }] },
      /routes\[0\]\.fields\.stock: kind "order" has no such member; it has id, key, amount, time/,
    ],
    'with one name where a list belongs': [
      { routes: [{ ...o, fields: { key: 'buyer' } }] },
      /routes\[0\]\.fields\.key: "buyer" is no list \(write \[ \] around it\)/,
    ],
    'with a number for a name': [{ routes: [{ ...o, topic: 7 }] }, /topic: 7 is no text \(put it in quotes\)/],
    'with a bound below zero': [{ routes: [{ ...o, outOfOrdernessMs: -1 }] }, /outOfOrdernessMs: -1 is below 0/],
    'with a broken bound': [{ routes: [{ ...o, outOfOrdernessMs: 1.5 }] }, /outOfOrdernessMs: 1.5 is no whole number/],
    'with a scale too large': [{ routes: [{ ...o, base64AmountScale: 39 }] }, /39 is over 38; lower it/],
    'with an idle policy that is empty': [{ routes: [{ ...o, idle: null }] }, /routes\[0\]\.idle: null is no object/],
    'with a topic name that Kafka refuses': [
      { routes: [{ ...o, topic: 'a b' }] },
      /routes\[0\]\.topic: "a b" is no Kafka/,
    ],
    'with a topic name of two dots': [{ routes: [{ ...o, topic: '..' }] }, /"\.\." is no Kafka topic name/],
    'with a broken expression': [
      { routes: [{ ...o, topic: '/(/' }] },
      /"\/\(\/" is no regular expression \(.*\); correct/,
    ],
    'with an open expression': [{ routes: [{ ...o, topic: '/abc' }] }, /lacks its closing slash/],
    'with an expression without a filter': [{ routes: [{ ...o, topic: '/a.*/' }] }, /topicFilter: .* needs one/],
    'with a filter that is none': [{ routes: [{ ...maip, topicFilter: 'maip.>' }] }, /"maip\.>" is no filter; write/],
    'with a filter beside a name': [{ routes: [{ ...o, topicFilter: '*' }] }, /topicFilter: only .*; leave it out/],
    'with a filter for a mirror': [
      { routes: [{ topic: '/a.*/', topicFilter: 'a.*', decoder: 'raw' }] },
      /topicFilter: a raw topic is kept as it is/,
    ],
    'with a kind for a mirror': [
      { routes: [{ ...o, decoder: 'raw', kind: 'order' }] },
      /kind: a raw topic .*leave this out/,
    ],
  };
  for (const [name, [document, message]] of Object.entries(bad))
    it(name, () => {
      expect(() => read(document)).toThrow(SettingError);
      expect(() => read(document)).toThrow(message);
      expect(() => read(document)).toThrow('Cannot use the routes file "my.json": ');
    });

  it('with several mistakes, at once, each with its line', () => {
    const text = 'routes:\n  - topic: a\n    decoder: xml\n\n  - decoder: json\n    topic: b\n    idel: 1\n';
    expect(() => parseRoutes(text, 'my.yaml')).toThrow(
      /: line 3, routes\[0\]\.decoder: .*\n {2}line 7, routes\[1\]\.idel: /,
    );
  });
  it('when it is no YAML', () => {
    expect(() => parseRoutes('routes:\n  - topic: [', 'my.yaml')).toThrow(
      /"my\.yaml": it is neither JSON nor YAML \(line 2: /,
    );
    expect(() => parseRoutes('routes: []\nroutes: []', 'my.yaml')).toThrow(/line 2: Map keys must be unique/);
    expect(() => parseRoutes('routes: *none', 'my.yaml')).toThrow(/"my\.yaml": /);
  });
  it('when it is not there', () => {
    expect(() => loadRoutes('no/such/file.yaml')).toThrow('check WEIR_ROUTES');
  });
});

describe('routes beside one another', () => {
  it('must each have topics of their own: one that can never match is refused', () => {
    expect(() => readRoutes(o, o)).toThrow(
      /routes\[1\]\.topic: "o" can never match: routes\[0\] \("o"\) takes its topics first/,
    );
    expect(() => readRoutes(maip, { ...o, topic: 'maip.order.created', kind: 'maip' })).toThrow(
      /routes\[1\].*can never match/,
    );
    expect(() => readRoutes(maip, maip)).toThrow('can never match');
    expect(() => readRoutes({ topic: '/.*/', decoder: 'raw' }, maip)).toThrow('can never match');
  });
  it('may be a name before the family it is of', () => {
    expect(readRoutes({ ...o, topic: 'maip.order.created', kind: 'maip', timeUnit: 's' }, maip)).toHaveLength(2);
    expect(
      readRoutes({ topic: 'maip.order.secret', decoder: 'raw' }, maip, { topic: '/.*/', decoder: 'raw' }),
    ).toHaveLength(3);
  });
  it('must not show stages events of another kind', () => {
    expect(() => readRoutes({ ...o, topic: 'maip.order.created' }, maip)).toThrow(
      /routes\[1\]\.topicFilter: "maip\.\*\.\*" and routes\[0\] .*stages of kind maip would read events of kind order; narrow/,
    );
  });
  it('must not make a consumer with overlapping subjects', () => {
    expect(() =>
      readRoutes({ ...maip, topicFilter: 'maip.order.*' }, { ...maip, topic: '/.*\\.x/', topicFilter: 'maip.*.x' }),
    ).toThrow(/neither has all of the other's; give both one topicFilter/);
    const routes = readRoutes({ ...maip, topic: '/maip.order.*/', topicFilter: 'maip.order.*' }, maip);
    expect(topicsOfKind(routes, 'maip')).toEqual(['maip.*.*']);
    expect(overlap('maip.order.*', 'maip.*.x')).toBe(true);
  });
});
