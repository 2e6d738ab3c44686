import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  floorMod,
  isWindowComplete,
  isWindowLate,
  sessionWindows,
  slidingWindows,
  tumblingWindows,
  windowsOf,
} from './windows.ts';

const HOUR = 3_600_000;

describe('windowsOf', () => {
  test('tumbling: one window, its start included, its end not', () => {
    const hours = tumblingWindows(HOUR);
    expect(windowsOf(hours, HOUR)).toEqual([{ start: HOUR, end: 2 * HOUR }]);
    expect(windowsOf(hours, 2 * HOUR - 1)).toEqual([{ start: HOUR, end: 2 * HOUR }]);
    expect(windowsOf(hours, -1)).toEqual([{ start: -HOUR, end: 0 }]);
  });

  test('a negative offset moves windows back: days of UTC+8 start at 16:00 UTC', () => {
    const days = tumblingWindows(24 * HOUR, -8 * HOUR);
    expect(windowsOf(days, 16 * HOUR)).toEqual([{ start: 16 * HOUR, end: 40 * HOUR }]);
    expect(windowsOf(days, 16 * HOUR - 1)).toEqual([{ start: -8 * HOUR, end: 16 * HOUR }]);
  });

  test('session: the window an event has alone', () => {
    expect(windowsOf(sessionWindows(30), 100)).toEqual([{ start: 100, end: 130 }]);
  });

  test('property: sliding windows are all those on the grid that hold t, by start', () => {
    const grid = fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 8 }), fc.integer());
    fc.assert(
      fc.property(grid, fc.integer(), ([slide, slides, offset], t) => {
        const found = windowsOf(slidingWindows(slide * slides, slide, offset), t);
        expect(found.length).toBe(slides);
        for (const [at, { start, end }] of found.entries()) {
          expect(start <= t && t < end && end - start === slide * slides).toBe(true);
          expect(floorMod(start - offset, slide)).toBe(0);
          if (at > 0) expect(start).toBe((found[at - 1]?.start ?? 0) + slide);
        }
      }),
    );
  });
});

test('a window is complete at end - 1, and late from end - 1 + lateness on', () => {
  expect(isWindowComplete(1_000, 998)).toBe(false);
  expect(isWindowComplete(1_000, 999)).toBe(true);
  expect(isWindowLate(1_000, 0, 998)).toBe(false);
  expect(isWindowLate(1_000, 0, 999)).toBe(true);
  expect(isWindowLate(1_000, 10, 1_008)).toBe(false);
  expect(isWindowLate(1_000, 10, 1_009)).toBe(true);
});

test('floorMod has the sign of the divisor, and no -0', () => {
  expect([-6, -5, -1, 0, 4, 5].map((n) => floorMod(n, 5))).toEqual([4, 0, 4, 0, 4, 0]);
});

test('sizes that make no sense are refused, with the value and what to do', () => {
  expect(() => slidingWindows(10, 3)).toThrow('size must be a multiple of slide');
  expect(() => slidingWindows(3, 10)).toThrow('size must be a multiple of slide');
  expect(() => tumblingWindows(0)).toThrow('"0" as window size');
  expect(() => tumblingWindows(1.5)).toThrow('"1.5"');
  expect(() => tumblingWindows(10, Number.NaN)).toThrow('"NaN" as window offset');
  expect(() => sessionWindows(-1)).toThrow('"-1" as session gap');
});
