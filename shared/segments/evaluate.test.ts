import fc from 'fast-check';
import { expect, test } from 'vitest';
import { USER_EVENT_TYPES } from '../events/user-event.ts';
import { compileRuleSet, evaluateEvents } from './evaluate.ts';
import { RULE_ATTRIBUTES, RULE_OPERATORS, type SegmentDefinition, SEGMENT_WINDOWS, WINDOW_KINDS } from './rule-set.ts';
import { leavesAt, windowEnd, windowStart } from './rule-window.ts';
import { addToCell, cellOf, countInCell, emptyTotals, sumInCell } from './totals.ts';

const MINUTE = 60_000;

function segment(id: string, rest: Partial<SegmentDefinition>): SegmentDefinition {
  const shape = { type: 'INDEPENDENT', windowMinutes: 5, rules: [], baseSegmentIds: [] } as const;
  return { id, name: id, ...shape, revision: 1, createdAt: '', updatedAt: '', ...rest };
}

test('an event belongs from its time until it leaves, as the bounds of the window say', () => {
  const any = fc.record({ kind: fc.constantFrom(...WINDOW_KINDS), minutes: fc.constantFrom(...SEGMENT_WINDOWS) });
  fc.assert(
    fc.property(any, fc.integer({ min: -1e7, max: 1e7 }), fc.nat(1e7), ({ kind, minutes }, t, after) => {
      const window = { kind, sizeMs: minutes * MINUTE };
      const [start, end] = [windowStart(window, t + after), windowEnd(window, t + after)];
      expect(leavesAt(window, t) > t + after).toBe(kind === 'trailing' ? t > start : t >= start);
      expect(end - start).toBe(window.sizeMs);
    }),
  );
});

test('evaluation is the rules read literally', () => {
  const anyRule = fc.record({
    id: fc.constant('r'),
    eventType: fc.constantFrom(...USER_EVENT_TYPES),
    attribute: fc.constantFrom(...RULE_ATTRIBUTES),
    operator: fc.constantFrom(...RULE_OPERATORS),
    value: fc.integer({ min: 0, max: 4 }),
  });
  const anyEvent = fc.record({
    t: fc.integer({ min: 0, max: 90 * MINUTE }),
    type: fc.constantFrom(...USER_EVENT_TYPES),
    value: fc.integer({ min: -2, max: 4 }),
  });
  const compare = {
    GT: (a: number, b: number) => a > b,
    LT: (a: number, b: number) => a < b,
    EQ: (a: number, b: number) => a === b,
    NEQ: (a: number, b: number) => a !== b,
    GTE: (a: number, b: number) => a >= b,
    LTE: (a: number, b: number) => a <= b,
  };
  fc.assert(
    fc.property(
      anyRule,
      fc.constantFrom(...SEGMENT_WINDOWS),
      fc.array(anyEvent),
      fc.integer({ min: 0, max: 90 * MINUTE }),
      (rule, windowMinutes, events, asOf) => {
        const plan = compileRuleSet({ version: 1, segments: [segment('a', { windowMinutes, rules: [rule] })] });
        const counted = events.filter(
          ({ t, type }) => type === rule.eventType && t <= asOf && t > asOf - windowMinutes * MINUTE,
        );
        const sum = counted.reduce((total, { value }) => total + value, 0);
        const value = rule.attribute === 'count' ? counted.length : sum;
        const qualified = compare[rule.operator](value, rule.value);
        expect(evaluateEvents(plan, events, asOf).get('a')).toMatchObject({ value, qualified, ruleId: 'r' });
      },
    ),
  );
});

test('bases are evaluated before what follows them, wherever they stand', () => {
  const base = segment('base', {
    rules: [{ id: 'r', eventType: 'view', attribute: 'count', operator: 'GTE', value: 1 }],
  });
  const follow = (id: string, of: string) => segment(id, { type: 'DERIVED', baseSegmentIds: [of], combine: 'NOT' });
  const plan = compileRuleSet({ version: 1, segments: [follow('b', 'a'), follow('a', 'base'), base] });
  expect(plan.segments.map(({ id }) => id)).toEqual(['base', 'a', 'b']);
  const results = evaluateEvents(plan, [{ t: 0, type: 'view', value: 1 }], 0);
  expect([...results].map(([id, { qualified, ruleId }]) => [id, qualified, ruleId])).toEqual([
    ['base', true, 'r'],
    ['a', false, null],
    ['b', true, null],
  ]);
});

test('sums are exact, and do not depend on the order of adding and taking away', () => {
  const anyValue = fc.integer({ min: -2e15, max: 2e15 });
  fc.assert(
    fc.property(fc.array(anyValue, { maxLength: 50 }), fc.array(anyValue, { maxLength: 50 }), (kept, gone) => {
      const [totals, ordered] = [emptyTotals(1), emptyTotals(1)];
      const cell = cellOf(0, 2);
      for (const value of [...kept, ...gone]) addToCell(totals, cell, 1, 1, value);
      for (const value of gone) addToCell(totals, cell, -1, 1, value);
      for (const value of kept.toSorted()) addToCell(ordered, cell, 1, 1, value);
      const sum = kept.reduce((total, value) => total + BigInt(value), 0n);
      expect([countInCell(totals, cell), sumInCell(totals, cell)]).toEqual([kept.length, Number(sum)]);
      expect(sumInCell(ordered, cell)).toBe(sumInCell(totals, cell));
    }),
  );
});
