import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { covers, isReserved, overlap, topicPattern } from './topic-filter.ts';

const token = fc.constantFrom('a', 'b', '*');
const filter = fc.array(token, { minLength: 1, maxLength: 3 }).map((tokens) => tokens.join('.'));
const NAMES = ['a', 'b', 'c'].flatMap((x) => [
  x,
  ...['a', 'b', 'c'].flatMap((y) => [`${x}.${y}`, ...['a', 'b', 'c'].map((z) => `${x}.${y}.${z}`)]),
]);
const namesOf = (one: string) => NAMES.filter((name) => covers(one, name));

describe('filters', () => {
  it('cover and overlap as the sets of their topics do (invariant 1)', () => {
    const property = fc.property(filter, filter, (one, other) => {
      const mine = new Set(namesOf(one));
      expect(covers(one, other)).toBe(namesOf(other).every((name) => mine.has(name)));
      expect(overlap(one, other)).toBe(namesOf(other).some((name) => mine.has(name)));
    });
    fc.assert(property, { numRuns: 500 });
  });
  it('have one token for each star', () => {
    expect(namesOf('a.*')).toEqual(['a.a', 'a.b', 'a.c']);
    expect(covers('*', 'a.b')).toBe(false);
    expect(covers('a.b', 'a.*')).toBe(false);
  });
});

describe('a regular expression', () => {
  it('stands between slashes, and is over whole names', () => {
    expect(topicPattern('orders')).toBeUndefined();
    expect(topicPattern('/abc')).toBeUndefined();
    expect(topicPattern('//')).toBeUndefined();
    expect(topicPattern('/a|b/')?.test('a')).toBe(true);
    expect(topicPattern('/a|b/')?.test('ab')).toBe(false);
  });
  it('that is none throws', () => {
    expect(() => topicPattern('/(/')).toThrow(SyntaxError);
  });
});

it.each([
  ['__consumer_offsets', true],
  ['__debezium-heartbeat.dbserver1', true],
  ['_schemas', true],
  ['maip.analytics.aggregations', true],
  ['maip.anomaly.detected', true],
  ['analytics', true],
  ['maip.order.created', false],
  ['my_topic', false],
])('%s is reserved: %s', (topic, expected) => {
  expect(isReserved(topic)).toBe(expected);
});
