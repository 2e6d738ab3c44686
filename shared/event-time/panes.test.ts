import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Aggregate } from './aggregate.ts';
import { combinePanes, lastWindowOf, paneStartOf, paneStartsOf, windowStartsOf } from './panes.ts';
import { slidingWindows, windowsOf } from './windows.ts';

/** Sorted event times: tells any event that is missing or counted twice. */
const times: Aggregate<number, number[]> = {
  create: () => [],
  add: (all, t) => [...all, t].sort((a, b) => a - b),
  merge: (into, from) => [...into, ...from].sort((a, b) => a - b),
};

const windowsArbitrary = fc
  .tuple(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 6 }), fc.integer({ min: -20, max: 20 }))
  .map(([slide, slides, offset]) => slidingWindows(slide * slides, slide, offset));

test('an hour sliding by 5 minutes: 12 panes a window, 12 windows a pane', () => {
  const windows = slidingWindows(60, 5);
  expect(paneStartOf(windows, 64)).toBe(60);
  expect(paneStartsOf(windows, 60)).toEqual([60, 65, 70, 75, 80, 85, 90, 95, 100, 105, 110, 115]);
  expect(windowStartsOf(windows, 60)).toEqual([5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60]);
  expect(lastWindowOf(windows, 60)).toEqual({ start: 60, end: 120 });
});

test('property: the windows of an event are those of its pane, and hold the pane (invariants 1 and 2)', () => {
  fc.assert(
    fc.property(windowsArbitrary, fc.integer({ min: -200, max: 200 }), (windows, t) => {
      const pane = paneStartOf(windows, t);
      expect(pane <= t && t < pane + windows.slideMs).toBe(true);
      expect(windowStartsOf(windows, pane)).toEqual(windowsOf(windows, t).map((window) => window.start));
      for (const start of windowStartsOf(windows, pane)) expect(paneStartsOf(windows, start)).toContain(pane);
      expect(windowStartsOf(windows, pane).at(-1)).toBe(lastWindowOf(windows, pane).start);
    }),
  );
});

test('property: a sliding window is the union of its panes (invariant 3)', () => {
  fc.assert(
    fc.property(windowsArbitrary, fc.array(fc.integer({ min: -60, max: 60 }), { maxLength: 30 }), (windows, events) => {
      const panes = new Map<number, number[]>();
      const direct = new Map<number, number[]>();
      for (const t of events) {
        const pane = paneStartOf(windows, t);
        panes.set(pane, times.add(panes.get(pane) ?? [], t));
        for (const { start } of windowsOf(windows, t)) direct.set(start, times.add(direct.get(start) ?? [], t));
      }
      const before = JSON.stringify([...panes]);
      for (const [start, expected] of direct)
        expect(combinePanes(windows, start, (pane) => panes.get(pane), times)).toEqual(expected);
      expect(JSON.stringify([...panes])).toBe(before);
    }),
  );
});

test('a window without events has no aggregate', () => {
  expect(combinePanes(slidingWindows(10, 5), 0, () => undefined, times)).toBeUndefined();
});
