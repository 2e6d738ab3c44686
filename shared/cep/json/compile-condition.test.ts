import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MeshEvent } from '../../events/event.ts';
import { anyJson } from '../../testing/any-json.ts';
import type { MatchedSoFar } from '../pattern.ts';
import { compileCondition } from './compile-condition.ts';
import { isReadable } from './field-reader.ts';
import type { ConditionSpec, MatchedSpec } from './pattern-spec.ts';

interface Sample extends MeshEvent {
  readonly [name: string]: unknown;
}

const EVENT: Sample = {
  ...{ t: 1_000, k: 'c1', type: 'maip.order.created', amount: 250, flag: true, none: null },
  payload: { total: 12.5, 'a b': 1, lines: [{ price: 7 }, { price: 9 }], customer: { name: 'Ann' } },
};

function matchedSoFar(stages: Readonly<Record<string, readonly MeshEvent[]>>): MatchedSoFar<MeshEvent> {
  return { t: 0, events: (stage) => stages[stage] ?? [] };
}

function holds(spec: ConditionSpec, event: MeshEvent = EVENT, stages: Record<string, readonly MeshEvent[]> = {}) {
  return compileCondition(spec)(event, matchedSoFar(stages));
}

function amounts(...all: readonly unknown[]): Sample[] {
  return all.map((amount, t) => ({ t, k: 'c1', amount }));
}

describe('comparisons with a member of the event', () => {
  for (const [spec, expected] of [
    [{ field: 'type', eq: 'maip.order.created' }, true],
    [{ field: 'type', eq: 'maip.order' }, false],
    [{ field: 'type', ne: 'maip.order' }, true],
    [{ field: 'type', ne: 'maip.order.created' }, false],
    [{ field: 'amount', gt: 249, lt: 251 }, true],
    [{ field: 'amount', gt: 249, lt: 250 }, false],
    [{ field: 'amount', gt: 250 }, false],
    [{ field: 'amount', gte: 250, lte: 250 }, true],
    [{ field: 'type', gt: 'maip', lt: 'maip.z' }, true],
    [{ field: 'flag', eq: true }, true],
    [{ field: 'none', eq: null }, true],
    [{ field: 'amount', in: [1, 250] }, true],
    [{ field: 'amount', in: [1, '250'] }, false],
    [{ field: 'type', startsWith: 'maip.', endsWith: '.created', contains: 'order' }, true],
    [{ field: 'type', startsWith: 'order' }, false],
    [{ field: 'type', endsWith: 'order' }, false],
    [{ field: 'type', contains: 'paid' }, false],
    [{ field: 'amount', startsWith: '2' }, false],
    [{ field: 'payload.total', eq: 12.5 }, true],
    [{ field: 'payload.a b', eq: 1 }, true],
    [{ field: 'payload.customer.name', eq: 'Ann' }, true],
    [{ field: 'payload.lines.1.price', eq: 9 }, true],
    [{ field: 'payload.lines.length', eq: 2 }, true],
    [{ field: 'amount', gt: { field: 'payload.total' } }, true],
    [{ field: 'amount', eq: { field: 'payload.total', factor: 20 } }, true],
    [{ field: 'amount', lt: { field: 'payload.total', factor: 20, plus: 0.5 } }, true],
    [{ field: 'amount', lt: { field: 'payload.total', factor: 20, plus: -0.5 } }, false],
    [{ field: 'type', eq: { field: 'type' } }, true],
    [{ field: 'type', eq: { field: 'type', factor: 2 } }, false],
    [{ field: 'type', gte: 'maip.order.created', lte: 'maip.order.created' }, true],
    [{ field: 'type', gte: { field: 'type' }, lte: { field: 'type' } }, true],
    [{ field: 'amount', gte: { field: 'amount' }, lte: { field: 'amount' } }, true],
    [{ field: 'type', gt: { field: 'type' } }, false],
    [{ field: 'amount', lt: { field: 'amount' } }, false],
  ] as const)
    it(`${JSON.stringify(spec)}: ${expected}`, () => {
      expect(holds(spec)).toBe(expected);
    });

  it('hold between values of one type only', () => {
    const text: Sample = { ...EVENT, amount: '250' };
    for (const spec of [{ eq: 250 }, { gt: 1 }, { gte: 250 }, { lt: 999 }, { lte: 250 }])
      expect(holds({ field: 'amount', ...spec }, text)).toBe(false);
  });
  it('hold for nothing that is not there, ne neither', () => {
    for (const field of [
      'no',
      'payload.no',
      'payload.no.more.below',
      'type.length',
      'none.x',
      'payload',
      'payload.lines',
    ])
      for (const spec of [
        { eq: 0 },
        { ne: 0 },
        { gt: -1 },
        { lte: 9 },
        { in: [0] },
        { contains: 'a' },
        { eq: { field: 'no' } },
      ])
        expect(holds({ field, ...spec })).toBe(false);
  });
  it('tell what is there: objects and null, too', () => {
    for (const field of ['type', 'none', 'payload', 'payload.lines', 'payload.lines.0']) {
      expect(holds({ field, exists: true })).toBe(true);
      expect(holds({ field, exists: false })).toBe(false);
    }
    for (const field of ['no', 'payload.no', 'none.x', 'payload.lines.2']) {
      expect(holds({ field, exists: false })).toBe(true);
      expect(holds({ field, exists: true })).toBe(false);
    }
  });
});

describe('and, or, not', () => {
  const yes = { field: 'amount', eq: 250 };
  const no = { field: 'amount', eq: 0 };

  it('are those of logic, for any number of conditions', () => {
    for (const [all, expected] of [
      [[yes], true],
      [[yes, yes, yes, yes], true],
      [[yes, yes, no], false],
      [[no, yes, yes], false],
    ] as const)
      expect(holds({ and: all })).toBe(expected);
    for (const [some, expected] of [
      [[no], false],
      [[no, no, no, yes], true],
      [[no, no, no], false],
      [[yes, no], true],
    ] as const)
      expect(holds({ or: some })).toBe(expected);
    expect(holds({ not: no })).toBe(true);
    expect(holds({ not: { and: [yes, { or: [no, yes] }] } })).toBe(false);
  });
});

describe('comparisons with what was matched before', () => {
  const of = (aggregate: MatchedSpec['aggregate'], field = 'amount'): MatchedSpec =>
    aggregate === 'count' ? { stage: 'a', aggregate } : { stage: 'a', aggregate, field };
  const taken = { a: amounts(10, 30, 20) };

  for (const [aggregate, value] of [
    ['count', 3],
    ['sum', 60],
    ['avg', 20],
    ['min', 10],
    ['max', 30],
    ['first', 10],
    ['last', 20],
  ] as const)
    it(`${aggregate} of 10, 30, 20 is ${value}`, () => {
      expect(holds({ matched: of(aggregate), eq: value }, EVENT, taken)).toBe(true);
      expect(holds({ matched: of(aggregate), gt: value }, EVENT, taken)).toBe(false);
      const event: Sample = { ...EVENT, amount: value };
      expect(holds({ field: 'amount', eq: { matched: of(aggregate) } }, event, taken)).toBe(true);
      expect(holds({ field: 'amount', lt: { matched: of(aggregate), plus: 1 } }, event, taken)).toBe(true);
      expect(holds({ field: 'amount', lt: { matched: of(aggregate), factor: 0.5 } }, event, taken)).toBe(false);
    });

  it('of nothing are 0 for count and sum, and else what orElse says, or false', () => {
    expect(holds({ matched: of('count'), eq: 0 })).toBe(true);
    expect(holds({ matched: of('sum'), eq: 0 })).toBe(true);
    for (const aggregate of ['avg', 'min', 'max', 'first', 'last'] as const) {
      expect(holds({ field: 'amount', gt: { matched: of(aggregate) } })).toBe(false);
      expect(holds({ field: 'amount', gt: { matched: { ...of(aggregate), orElse: 249 } } })).toBe(true);
      expect(holds({ field: 'amount', gt: { matched: { ...of(aggregate), orElse: 250 } } })).toBe(false);
      expect(holds({ matched: of(aggregate), exists: false })).toBe(true);
      expect(holds({ matched: of(aggregate), exists: true }, EVENT, taken)).toBe(true);
    }
  });
  it('pass over what is no number in sum and avg, and mix no types in min and max', () => {
    const mixed = { a: amounts('x', 4, null, { y: 1 }, 8, undefined) };
    expect(holds({ matched: of('sum'), eq: 12 }, EVENT, mixed)).toBe(true);
    expect(holds({ matched: of('avg'), eq: 6 }, EVENT, mixed)).toBe(true);
    expect(holds({ matched: of('max'), eq: 'x' }, EVENT, mixed)).toBe(true);
    expect(holds({ matched: of('min'), eq: 4 }, EVENT, { a: amounts(null, 8, 'a', 4) })).toBe(true);
    expect(holds({ matched: of('min'), eq: 'a' }, EVENT, { a: amounts('c', 'a', 'b') })).toBe(true);
  });
  it('of times tell how long ago it was', () => {
    const spec: ConditionSpec = { field: 't', gte: { matched: of('last', 't'), plus: 998 } };
    expect(holds(spec, EVENT, taken)).toBe(true);
    expect(holds(spec, { ...EVENT, t: 999 }, taken)).toBe(false);
  });
});

describe('whatever the data', () => {
  const path = fc.array(fc.constantFrom('payload', 'a', '0', 'length', 'x y', ''), { minLength: 1, maxLength: 4 });
  const comparison = fc.constantFrom<ConditionSpec>(
    { eq: 1 },
    { gt: 'a' },
    { exists: true },
    { contains: 'a' },
    { in: [1, 'a'] },
  );

  it('a condition answers true or false, and not both for itself and its contrary', () => {
    fc.assert(
      fc.property(anyJson(), path, comparison, (payload, names, said) => {
        const spec = { field: names.join('.'), ...said };
        const event: Sample = { t: 0, k: 'k', payload };
        const answer = holds(spec, event, { a: [event] });
        expect(typeof answer).toBe('boolean');
        expect(holds({ not: spec }, event)).toBe(!answer);
      }),
    );
  });
  it('names that every object inherits are no path', () => {
    for (const name of [
      'constructor',
      '__proto__',
      'toString',
      'hasOwnProperty',
      'payload.constructor',
      'payload..a',
      '',
    ])
      expect(isReadable(name)).toBe(false);
    expect(isReadable('payload.length')).toBe(true);
  });
});
