import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readRuleSet } from './read-rule-set.ts';
import {
  checkRuleSet,
  MAX_SEGMENTS,
  parseEventType,
  type SegmentDefinition,
  type SegmentRule,
  type SegmentRuleSet,
} from './rule-set.ts';

function rule(rest: Partial<SegmentRule> = {}): SegmentRule {
  return { id: 'r1', eventType: 'purchase', attribute: 'count', operator: 'GTE', value: 2, ...rest };
}

function segment(id: string, rest: Partial<SegmentDefinition> = {}): SegmentDefinition {
  const at = '2026-01-01T00:00:00Z';
  const none = { type: 'INDEPENDENT', windowMinutes: 5, rules: [rule()], baseSegmentIds: [] } as const;
  return { id, name: `Segment ${id}`, ...none, revision: 1, createdAt: at, updatedAt: at, ...rest };
}

function derived(id: string, baseSegmentIds: readonly string[], rest: Partial<SegmentDefinition> = {}) {
  return segment(id, { type: 'DERIVED', rules: [], baseSegmentIds, ...rest });
}

function set(...segments: SegmentDefinition[]): SegmentRuleSet {
  return { version: 1, segments };
}

test('a rule set without problems', () => {
  expect(checkRuleSet(set())).toEqual([]);
  expect(checkRuleSet(set(derived('c', ['a', 'b']), segment('a'), derived('b', ['a'], { combine: 'NOT' })))).toEqual(
    [],
  );
  expect(checkRuleSet(set(segment('a', { rules: [rule({ attribute: 'sum', value: -12.345678 })] })))).toEqual([]);
});

describe('each problem is a sentence (invariant 1)', () => {
  test.each<[string, SegmentRuleSet, string]>([
    ['a version', { version: 1.5, segments: [] }, 'The rule set\'s version "1.5" is no whole number from 0 on'],
    [
      'ids that are the same',
      set(segment('a'), segment('a')),
      'There are several segments "a"; give each an id of its own',
    ],
    [
      'an id that is no token',
      set(segment('a.b')),
      'Segment "a.b" has an id that is no text of 1 to 64 of the characters A-Z a-z 0-9 _ -; choose another',
    ],
    ['no name', set(segment('a', { name: ' ' })), 'Segment "a" has no name; give it one'],
    [
      'a window',
      set(segment('a', { windowMinutes: 7 as 5 })),
      'Segment "a" has the window of minutes "7"; choose one of 5, 30, 60',
    ],
    [
      'a kind of window',
      set(segment('a', { window: 'session' as 'tumbling' })),
      'Segment "a" has the kind of window "session"; choose one of trailing, tumbling',
    ],
    ['no rules', set(segment('a', { rules: [] })), 'Segment "a" has no rules; add one'],
    [
      'too many rules',
      set(segment('a', { rules: Array.from({ length: 51 }, (_, n) => rule({ id: `r${n}` })) })),
      'Segment "a" has 51 rules; the most is 50',
    ],
    ['no bases', set(derived('a', [])), 'Segment "a" is DERIVED and has no bases; name one'],
    [
      'rules of a derived one',
      set(segment('b'), derived('a', ['b'], { rules: [rule()] })),
      'Segment "a" is DERIVED and has rules; remove them, or make it INDEPENDENT',
    ],
    [
      'bases of an independent one',
      set(segment('b'), segment('a', { baseSegmentIds: ['b'] })),
      'Segment "a" is INDEPENDENT and has bases; remove them, or make it DERIVED',
    ],
    [
      'a base that is none',
      set(derived('a', ['b'])),
      'Segment "a" follows "b", which is no segment; create it or remove it here',
    ],
    [
      'a base named twice',
      set(segment('b'), derived('a', ['b', 'b'])),
      'Segment "a" names its base "b" twice; name it once',
    ],
    [
      'another window of a base',
      set(segment('b', { windowMinutes: 30 }), derived('a', ['b'])),
      'Segment "a" (trailing 5 minutes) follows "b" (trailing 30 minutes); bases must have the same window',
    ],
    [
      'another kind of window of a base',
      set(segment('b', { window: 'tumbling' }), derived('a', ['b'])),
      'Segment "a" (trailing 5 minutes) follows "b" (tumbling 5 minutes); bases must have the same window',
    ],
    [
      'a circle',
      set(derived('a', ['b']), derived('b', ['c']), derived('c', ['a'])),
      'Segments follow one another in a circle: a -> b -> c -> a; remove one of these bases',
    ],
    [
      'a circle of one',
      set(derived('a', ['a'])),
      'Segments follow one another in a circle: a -> a; remove one of these bases',
    ],
    [
      'rules of one id',
      set(segment('a', { rules: [rule(), rule()] })),
      'Segment "a" has several rules "r1"; give each an id of its own',
    ],
    [
      'an event type',
      set(segment('a', { rules: [rule({ eventType: 'click' as 'view' })] })),
      'Segment "a" has rule "r1" that has the event type "click"; choose one of purchase, view, install',
    ],
    [
      'an operator',
      set(segment('a', { rules: [rule({ operator: '>' as 'GT' })] })),
      'Segment "a" has rule "r1" that has the operator ">"; choose one of GT, LT, EQ, NEQ, GTE, LTE',
    ],
    [
      'no number as threshold',
      set(segment('a', { rules: [rule({ value: Number.NaN })] })),
      'Segment "a" has rule "r1" with the threshold "NaN"; it must be a number',
    ],
    [
      'too fine a threshold',
      set(segment('a', { rules: [rule({ value: 0.1234567 })] })),
      'Segment "a" has rule "r1" with the threshold 0.1234567; the most is 2000000000, with 6 decimals',
    ],
    [
      'too large a threshold',
      set(segment('a', { rules: [rule({ value: 2_000_000_001 })] })),
      'Segment "a" has rule "r1" with the threshold 2000000001; the most is 2000000000, with 6 decimals',
    ],
    [
      'a count below 0',
      set(segment('a', { rules: [rule({ value: -1 })] })),
      'Segment "a" has rule "r1" with the threshold -1; a count is never below 0',
    ],
    [
      'too many segments',
      set(...Array.from({ length: MAX_SEGMENTS + 1 }, (_, n) => segment(`s${n}`))),
      'There are 1001 segments; remove some, the most is 1000',
    ],
  ])('%s', (_name, wrong, problem) => {
    expect(checkRuleSet(wrong)).toEqual([problem]);
  });

  test('and all of them are named', () => {
    expect(checkRuleSet(set(derived('a', ['x']), segment('b', { rules: [] }), segment('b')))).toHaveLength(3);
  });

  test('a long chain of derived segments is no circle', () => {
    const chain = Array.from({ length: MAX_SEGMENTS - 1 }, (_, n) =>
      derived(`s${n}`, [n === 998 ? 'base' : `s${n + 1}`]),
    );
    expect(checkRuleSet(set(segment('base'), ...chain))).toEqual([]);
  });
});

describe('reading', () => {
  test('takes orders for purchases, and defaults for what is not there', () => {
    expect(parseEventType('orders')).toBe('purchase');
    expect(parseEventType('clicks')).toBeUndefined();
    const json = {
      version: 3,
      segments: [
        { id: 'a', name: 'A', type: 'INDEPENDENT', windowMinutes: 5, rules: [{ ...rule(), eventType: 'orders' }] },
      ],
    };
    expect(readRuleSet(json)).toEqual({
      kind: 'right',
      set: { version: 3, segments: [segment('a', { name: 'A', revision: 0, createdAt: '', updatedAt: '' })] },
    });
  });

  test('gives back what was written', () => {
    const written = set(
      segment('a', { window: 'tumbling' }),
      derived('b', ['a'], { window: 'tumbling', combine: 'OR' }),
    );
    expect(readRuleSet(JSON.parse(JSON.stringify(written)))).toEqual({ kind: 'right', set: written });
  });

  test.each<[unknown, string]>([
    [7, 'The rule set is 7; it must be an object'],
    [{ version: 1 }, 'The rule set has "segments" undefined; it must be a list'],
    [{ version: '1', segments: [] }, 'The rule set has "version" "1"; it must be a number'],
    [{ version: 1, segments: [{ ...segment('a'), id: 4 }] }, 'Segment 1 has "id" 4; it must be a text'],
    [
      { version: 1, segments: [{ ...segment('a'), rules: [{ ...rule(), value: '2' }] }] },
      'Segment 1, rule 1, has "value" "2"; it must be a number',
    ],
    [
      { version: 1, segments: [derived('a', ['a'])] },
      'Segments follow one another in a circle: a -> a; remove one of these bases',
    ],
  ])('of %j says what is wrong', (json, problem) => {
    expect(readRuleSet(json)).toEqual({ kind: 'wrong', problems: [problem] });
  });

  test('never throws, and what it calls right is right', () => {
    const part = fc.oneof(fc.jsonValue(), fc.constantFrom('a', 'DERIVED', 'INDEPENDENT', 5, 'purchase', 'sum', 'GT'));
    const anyRule = fc.record({ id: part, eventType: part, attribute: part, operator: part, value: part });
    const anySegment = fc.record({ id: part, name: part, type: part, windowMinutes: part, rules: fc.array(anyRule) });
    const anySet = fc.oneof(fc.jsonValue(), fc.record({ version: fc.nat(), segments: fc.array(anySegment) }));
    fc.assert(
      fc.property(anySet, (json) => {
        const reading = readRuleSet(json);
        if (reading.kind === 'right') expect(checkRuleSet(reading.set)).toEqual([]);
        else expect(reading.problems.length).toBeGreaterThan(0);
      }),
    );
  });
});
