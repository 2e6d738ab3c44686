import { describe, expect, it } from 'vitest';
import { lagTrend } from './lag-trend.ts';

function trendOf(...seconds: number[]) {
  return lagTrend(seconds.map((lag, at) => ({ atS: at * 5, records: 0, seconds: lag })));
}

describe('lagTrend', () => {
  it('does not grow when it stays, falls, or is nothing worth the name', () => {
    expect(trendOf(0, 0.1, 0, 0.2, 0.9, 0.9)).toEqual({ early: 0.1, late: 0.9, worst: 0.9, isGrowing: false });
    expect(trendOf(3, 3, 3, 2, 3, 4).isGrowing).toBe(false);
    expect(trendOf(9, 9, 5, 5, 1, 1).isGrowing).toBe(false);
    expect(trendOf().isGrowing).toBe(false);
  });

  it('grows when the last third is well behind the first; one spike is not the third', () => {
    expect(trendOf(0, 0, 1, 2, 3, 4)).toMatchObject({ late: 4, isGrowing: true });
    expect(trendOf(2, 2, 2, 3, 4, 5).isGrowing).toBe(true);
    expect(trendOf(0, 0, 0, 60, 0, 0, 0, 60, 0)).toMatchObject({ worst: 60, isGrowing: false });
  });

  it('takes a worker that does not answer for one that lags without end', () => {
    expect(trendOf(0, 0, Number.NaN).isGrowing).toBe(true);
  });
});
