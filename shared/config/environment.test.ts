import { describe, expect, test } from 'vitest';
import { numberSetting } from './environment.ts';

describe('a number in the environment', () => {
  const range = { least: 0, most: 1 };

  test('is read, its ends included', () => {
    for (const text of ['0', '0.25', ' 1 ', '1e-3'])
      expect(numberSetting({ SHARE: text }, 'SHARE', 0.5, range)).toBe(Number(text));
  });

  test('falls back when absent or blank', () => {
    for (const env of [{}, { SHARE: '' }, { SHARE: '  ' }]) expect(numberSetting(env, 'SHARE', 0.5, range)).toBe(0.5);
  });

  test.each(['-0.1', '1.1', 'half', 'NaN', 'Infinity', '0,5'])('is refused when it is "%s"', (text) => {
    expect(() => numberSetting({ SHARE: text }, 'SHARE', 0.5, range)).toThrow(
      `Cannot use SHARE="${text}": expected a number from 0 to 1`,
    );
  });

  test('is refused with a fraction where it counts things', () => {
    expect(() => numberSetting({ COUNT: '2.5' }, 'COUNT', 1, { least: 1, most: 9, whole: true })).toThrow(
      'Cannot use COUNT="2.5": expected a whole number from 1 to 9',
    );
  });
});
