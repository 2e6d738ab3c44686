import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isExactValue, MAX_VALUE, scaleValue, unscaleValue } from './value.ts';

test.each([
  [0, 0],
  [-0, 0],
  [0.1, 100_000],
  [19.99, 19_990_000],
  [-19.99, -19_990_000],
  [0.000_000_4, 0],
  [-0.000_000_4, 0],
  [0.000_000_5, 1],
  [MAX_VALUE, 2_000_000_000_000_000],
  [MAX_VALUE + 1, undefined],
  [-MAX_VALUE - 1, undefined],
  [Number.NaN, undefined],
  [Number.POSITIVE_INFINITY, undefined],
])('%d is %s millionths', (value, scaled) => {
  expect(scaleValue(value)).toBe(scaled);
});

test('every number of at most six decimals is exact', () => {
  fc.assert(
    fc.property(fc.integer({ min: -2e15, max: 2e15 }), (scaled) => {
      const value = Number(`${scaled}e-6`);
      expect(scaleValue(value)).toBe(scaled === 0 ? 0 : scaled);
      expect(unscaleValue(scaled)).toBe(value);
      expect(isExactValue(value)).toBe(true);
    }),
  );
});
