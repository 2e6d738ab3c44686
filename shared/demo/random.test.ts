import { expect, it } from 'vitest';
import { mulberry32, pick, pickEvenly } from './random.ts';

it('a choice is as likely as it weighs', () => {
  const choices = [
    ['a', 1],
    ['b', 3],
  ] as const;
  expect([0, 0.24, 0.25, 0.99].map((dice) => pick(choices, dice))).toEqual(['a', 'a', 'b', 'b']);
  expect(() => pick(choices, 1)).toThrow(RangeError);
  expect([0, 0.49, 0.5, 0.99].map((dice) => pickEvenly(['a', 'b'], dice))).toEqual(['a', 'a', 'b', 'b']);
  expect(() => pickEvenly([], 0)).toThrow(RangeError);
});

it('a seed decides the numbers, on every runtime', () => {
  const random = mulberry32(1);
  expect([random(), random()].map((number) => number.toFixed(8))).toEqual(['0.62707394', '0.00273572']);
});
