import { describe, expect, it } from 'vitest';
import { latencyFigures, percentile } from './percentiles.ts';

describe('percentile', () => {
  it('is a measured value, by nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, n) => n + 1);
    expect(percentile(hundred, 0.5)).toBe(50);
    expect(percentile(hundred, 0.99)).toBe(99);
    expect(percentile(hundred, 1)).toBe(100);
    expect(percentile(hundred, 0)).toBe(1);
    expect(percentile([7], 0.5)).toBe(7);
    expect(percentile([1, 2, 3], 0.5)).toBe(2);
  });

  it('says that nothing was measured, and refuses a share that is none', () => {
    expect(percentile([], 0.5)).toBeNaN();
    expect(() => percentile([1], 50)).toThrow('Cannot take percentile "50": expected 0 to 1');
  });
});

describe('latencyFigures', () => {
  it('sorts by number, not by text', () => {
    expect(latencyFigures([10, 9, 100, 1, 2])).toEqual({ p50: 9, p99: 100, max: 100 });
  });
});
