import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mergeSession } from './sessions.ts';
import type { TimeWindow } from './windows.ts';

const GAP = 10;

function sessionsOf(times: readonly number[]): TimeWindow[] {
  let sessions: TimeWindow[] = [];
  for (const t of times) {
    const { window, absorbed } = mergeSession(sessions, { start: t, end: t + GAP });
    sessions = [...sessions.filter((session) => !absorbed.includes(session)), window];
  }
  return sessions.sort((a, b) => a.start - b.start);
}

describe('mergeSession', () => {
  test('merges events exactly the gap apart, and not 1 ms more (invariant 1)', () => {
    expect(sessionsOf([0, 10])).toEqual([{ start: 0, end: 20 }]);
    expect(sessionsOf([10, 0])).toEqual([{ start: 0, end: 20 }]);
    expect(sessionsOf([0, 11])).toEqual([
      { start: 0, end: 10 },
      { start: 11, end: 21 },
    ]);
  });

  test('one event can connect two sessions; both are absorbed, by start', () => {
    const later = { start: 15, end: 25 };
    const earlier = { start: 0, end: 10 };
    expect(mergeSession([later, earlier], { start: 8, end: 18 })).toEqual({
      window: { start: 0, end: 25 },
      absorbed: [earlier, later],
    });
  });

  test('an event inside a session leaves it as it is', () => {
    expect(mergeSession([{ start: 0, end: 30 }], { start: 5, end: 15 }).window).toEqual({ start: 0, end: 30 });
  });

  test('property: sessions are the runs of sorted times, in any order of coming (invariants 2 and 3)', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -100, max: 100 }), { maxLength: 25 }), (times) => {
        const runs: { start: number; end: number }[] = [];
        for (const t of times.toSorted((a, b) => a - b)) {
          const run = runs.at(-1);
          if (run && t <= run.end) run.end = t + GAP;
          else runs.push({ start: t, end: t + GAP });
        }
        expect(sessionsOf(times)).toEqual(runs);
      }),
    );
  });
});
