import { describe, expect, test } from 'vitest';
import { Freshness } from './freshness.ts';

const HOUR = 3_600_000;

describe('freshness', () => {
  test('keys must be compared when nothing is known to be fresh, or what is known is too old', () => {
    expect(new Freshness(0, 10 * HOUR, HOUR).isDue).toBe(true);
    expect(new Freshness(9 * HOUR - 1, 10 * HOUR, HOUR).isDue).toBe(true);
    expect(new Freshness(9 * HOUR, 10 * HOUR, HOUR).isDue).toBe(false);
  });

  test('goes on with what was read, never back, and is due when that stands still for long', () => {
    const freshness = new Freshness(10 * HOUR, 10 * HOUR, HOUR);
    freshness.advance(10 * HOUR + 5, 10 * HOUR + 5);
    freshness.advance(10 * HOUR + 2, 10 * HOUR + 6);
    expect([freshness.asOfMs, freshness.isDue]).toEqual([10 * HOUR + 5, false]);
    freshness.advance(10 * HOUR, 11 * HOUR + 6);
    expect(freshness.isDue).toBe(true);
  });

  test('stands still while keys must be compared, and goes on behind that (invariant 1)', () => {
    const freshness = new Freshness(5 * HOUR, 10 * HOUR, HOUR);
    freshness.advance(10 * HOUR, 10 * HOUR);
    expect([freshness.asOfMs, freshness.isDue]).toEqual([5 * HOUR, true]);
    freshness.compared(10 * HOUR);
    expect([freshness.asOfMs, freshness.isDue]).toEqual([10 * HOUR, false]);
    freshness.advance(10 * HOUR + 1, 10 * HOUR + 1);
    expect(freshness.asOfMs).toBe(10 * HOUR + 1);
  });
});
