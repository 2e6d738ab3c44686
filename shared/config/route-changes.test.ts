import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { routeChanges } from './route-changes.ts';
import { type EventRoute, type MirrorRoute, type Route, routeDefaults, routeOf } from './routes.ts';

const json: EventRoute = { ...routeDefaults('order', 'json'), topic: 'a' };
const family: EventRoute = { ...routeDefaults('order', 'json'), topic: '/./', topicFilter: '*' };
const mirror: MirrorRoute = { topic: 'a', decoder: 'raw', maxRecordBytes: 1024 };
const changeOf = (former: readonly Route[], next: readonly Route[]) =>
  routeChanges(former, next, ['a']).get('a')?.change;

describe('a topic is', () => {
  it('unchanged when the same becomes of its records (invariant 1)', () => {
    expect(changeOf([json], [structuredClone(json)])).toBe('unchanged');
    expect(changeOf([json], [{ ...json, base64AmountScale: undefined }])).toBe('unchanged');
    expect(changeOf([json], [family])).toBe('unchanged');
    expect(changeOf([json], [{ ...mirror, topic: 'b' }, json])).toBe('unchanged');
  });
  it('changed by any member, however deep', () => {
    const others: readonly Route[] = [
      mirror,
      { ...json, decoder: 'avro' },
      { ...routeDefaults('maip', 'json'), topic: 'a' },
      { ...json, timeUnit: 's' },
      { ...json, base64AmountScale: 2 },
      { ...json, outOfOrdernessMs: 1 },
      { ...json, maxRecordBytes: 1 },
      { ...json, idle: { ...json.idle, afterMs: 1 } },
      { ...json, fields: { ...routeDefaults('order', 'json').fields, key: ['buyer'] } },
    ];
    for (const other of others)
      expect(routeChanges([json], [other], ['a']).get('a')).toEqual({ change: 'changed', from: json, to: other });
  });
  it('added, removed, or not spoken of', () => {
    expect(routeChanges([], [json], ['a', 'b'])).toEqual(new Map([['a', { change: 'added', to: json }]]));
    expect(routeChanges([json], [], ['a', 'b'])).toEqual(new Map([['a', { change: 'removed', from: json }]]));
  });
});

describe('of any routes', () => {
  const route = fc
    .record({
      topic: fc.constantFrom('a', 'b', 'c', '/[ab]/', '/./'),
      outOfOrdernessMs: fc.nat({ max: 1 }),
      policy: fc.constantFrom('advance' as const, 'hold' as const),
      isMirror: fc.boolean(),
    })
    .map(({ topic, outOfOrdernessMs, policy, isMirror }): Route => {
      if (isMirror) return { ...mirror, topic };
      const filter = topic.startsWith('/') ? { topicFilter: '*' } : {};
      return { ...json, topic, ...filter, outOfOrdernessMs, idle: { ...json.idle, policy } };
    });
  const routes = fc.array(route, { maxLength: 4 });
  const topics = ['a', 'b', 'c', 'd'];

  it('each topic that either takes is spoken of, with the routes that take it', () => {
    const property = fc.property(routes, routes, (former, next) => {
      const changes = routeChanges(former, next, topics);
      for (const topic of topics) {
        const [from, to] = [routeOf(former, topic), routeOf(next, topic)];
        const change = changes.get(topic);
        expect(change !== undefined).toBe(from !== undefined || to !== undefined);
        if (change?.change === 'changed') expect([change.from, change.to]).toEqual([from, to]);
        if (change?.change === 'unchanged')
          expect({ ...to, topic: '', topicFilter: '' }).toEqual({ ...from, topic: '', topicFilter: '' });
      }
    });
    fc.assert(property, { numRuns: 300 });
  });
  it('nothing changes against a copy, nor where the order of routes decides nothing (invariant 1)', () => {
    const property = fc.property(routes, (former) => {
      const changes = routeChanges(former, structuredClone(former), topics);
      expect([...changes.values()].filter(({ change }) => change !== 'unchanged')).toEqual([]);
      const names = former.filter((one) => !one.topic.startsWith('/'));
      const unique = names.filter((one, at) => names.findIndex((other) => other.topic === one.topic) === at);
      const reversed = routeChanges(unique, unique.toReversed(), topics);
      expect([...reversed.values()].every(({ change }) => change === 'unchanged')).toBe(true);
    });
    fc.assert(property, { numRuns: 200 });
  });
  it('going back turns each change around (invariant 2)', () => {
    const opposite = { unchanged: 'unchanged', changed: 'changed', added: 'removed', removed: 'added' };
    const property = fc.property(routes, routes, (former, next) => {
      const there = routeChanges(former, next, topics);
      const back = routeChanges(next, former, topics);
      expect([...back].map(([topic, { change }]) => [topic, change])).toEqual(
        [...there].map(([topic, { change }]) => [topic, opposite[change]]),
      );
    });
    fc.assert(property, { numRuns: 200 });
  });
});
