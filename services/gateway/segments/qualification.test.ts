import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { USER_EVENT_TYPES } from '../../../shared/events/user-event.ts';
import { compileRuleSet, evaluateEvents } from '../../../shared/segments/evaluate.ts';
import { EventChunk } from '../../../shared/segments/event-chunk.ts';
import type { SegmentDefinition } from '../../../shared/segments/rule-set.ts';
import { leavesAt } from '../../../shared/segments/rule-window.ts';
import { scaleValue } from '../../../shared/segments/value.ts';
import { storedSegment } from '../_segments.ts';
import { qualify } from './qualification.ts';

const MINUTE = 60_000;
const NOW = Date.UTC(2024, 5, 1, 12, 7);

interface Event {
  readonly t: number;
  readonly type: (typeof USER_EVENT_TYPES)[number];
  readonly value: number;
}

function chunkOf(events: readonly Event[]): EventChunk {
  const chunk = new EventChunk();
  for (const { t, type, value } of events) chunk.add(t, USER_EVENT_TYPES.indexOf(type), scaleValue(value) ?? 0);
  return chunk;
}

function qualifyAll(segments: readonly SegmentDefinition[], target: string, events: readonly Event[]) {
  return qualify(compileRuleSet({ version: 1, segments }), target, [chunkOf(events)], NOW);
}

const purchase = (minutesAgo: number, value: number): Event => ({
  t: NOW - minutesAgo * MINUTE,
  type: 'purchase',
  value,
});

describe('who would be in a segment', () => {
  it('is in it now while what counts has not slid out', () => {
    const segment = storedSegment();
    expect(qualifyAll([segment], segment.id, [purchase(20, 60), purchase(10, 40)])).toEqual({
      now: true,
      inLastHour: true,
    });
    expect(qualifyAll([segment], segment.id, [purchase(31, 60), purchase(10, 40)])).toEqual({
      now: false,
      inLastHour: true,
    });
    expect(qualifyAll([segment], segment.id, [purchase(45, 60), purchase(10, 40)])).toEqual({
      now: false,
      inLastHour: false,
    });
  });

  it('does not count events that are newer than the moment, nor what was over an hour ago', () => {
    const segment = storedSegment();
    expect(qualifyAll([segment], segment.id, [purchase(-1, 500)])).toEqual({ now: false, inLastHour: false });
    expect(qualifyAll([segment], segment.id, [purchase(95, 500)])).toEqual({ now: false, inLastHour: false });
  });

  it('is nobody for a moment that is none: all that comes and goes at once is one change', () => {
    const withViews = (value: number) =>
      storedSegment({
        windowMinutes: 5,
        rules: [{ id: 'r1', eventType: 'view', attribute: 'count', operator: 'EQ', value }],
      });
    const views = (...minutesAgo: readonly number[]) =>
      minutesAgo.map((minutes): Event => ({ t: NOW - minutes * MINUTE, type: 'view', value: 1 }));
    const nobody = { now: false, inLastHour: false };
    expect(qualifyAll([withViews(1)], 'big-spenders', views(1, 1))).toEqual(nobody);
    // One slides out at the very moment at which the other comes.
    expect(qualifyAll([withViews(0)], 'big-spenders', views(6, 1))).toEqual(nobody);
  });

  it('is whom a naive evaluation at every moment finds', () => {
    const anyEvent = fc.record({
      t: fc.integer({ min: -90, max: 2 }).map((minutes) => NOW + minutes * MINUTE),
      type: fc.constantFrom(...USER_EVENT_TYPES),
      value: fc.integer({ min: 0, max: 60 }),
    });
    const anyRule = fc.record({
      eventType: fc.constantFrom(...USER_EVENT_TYPES),
      attribute: fc.constantFrom('count' as const, 'sum' as const),
      operator: fc.constantFrom(
        'GT' as const,
        'LT' as const,
        'EQ' as const,
        'NEQ' as const,
        'GTE' as const,
        'LTE' as const,
      ),
      value: fc.integer({ min: 0, max: 100 }),
    });
    const anyShape = fc.record({
      windowMinutes: fc.constantFrom(5 as const, 30 as const, 60 as const),
      window: fc.constantFrom('trailing' as const, 'tumbling' as const),
      combine: fc.constantFrom('AND' as const, 'OR' as const, 'NOT' as const),
    });
    fc.assert(
      fc.property(
        fc.array(anyEvent, { maxLength: 20 }),
        anyRule,
        anyRule,
        anyShape,
        (events, one, two, { combine, ...shape }) => {
          const base = (id: string, rule: typeof one) => storedSegment({ id, ...shape, rules: [{ id: 'r', ...rule }] });
          const derived = storedSegment({
            id: 'd',
            ...shape,
            type: 'DERIVED',
            rules: [],
            baseSegmentIds: ['a', 'b'],
            combine,
          });
          const segments = [derived, base('a', one), base('b', two)];
          const plan = compileRuleSet({ version: 1, segments });
          const isIn = (asOf: number) => evaluateEvents(plan, events, asOf).get('d')?.qualified === true;
          const known = events.filter(({ t }) => t <= NOW).map(({ t }) => t);
          const moments = known.flatMap((t) => [t, ...plan.windows.map((window) => leavesAt(window, t))]);
          const within = moments.filter((t) => t <= NOW && t > NOW - 60 * MINUTE);
          const naive = { now: known.length > 0 && isIn(NOW), any: within.some(isIn) };
          expect(qualify(plan, 'd', [chunkOf(events)], NOW)).toEqual({
            now: naive.now,
            inLastHour: naive.any || naive.now,
          });
        },
      ),
      { numRuns: 300 },
    );
  });
});
