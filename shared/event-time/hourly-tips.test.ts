/** Two window operators in a row, as in a service of two stages: sums per driver and hour, then the best of each hour. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { WindowOperator } from './window-operator.ts';
import { tumblingWindows } from './windows.ts';

type Triple = readonly [number, number, number];
interface Cases {
  readonly cases: readonly {
    readonly id: string;
    readonly fares: readonly Triple[];
    readonly results: readonly Triple[];
  }[];
}

const MINUTE = 60_000;
const HOURS = tumblingWindows(60 * MINUTE);
const { cases }: Cases = JSON.parse(
  readFileSync(new URL('./fixtures/hourly-tips-cases.json', import.meta.url), 'utf8'),
);

function hourlyBest(fares: readonly Triple[], watermarks: readonly number[]): number[][] {
  const results: number[][] = [];
  const onLate = () => {
    throw new Error('A fare or a sum came late');
  };
  const best = new WindowOperator<{ driver: number; sum: number }, { driver: number; sum: number }>({
    windows: HOURS,
    aggregate: {
      create: () => ({ driver: 0, sum: -1 }),
      add: (best, next) => (next.sum > best.sum ? next : best),
      merge: (a, b) => (b.sum > a.sum ? b : a),
    },
    onResult: ({ window, value }) => results.push([window.end / MINUTE, value.driver, value.sum]),
    onLate,
  });
  const sums = new WindowOperator<number, number>({
    windows: HOURS,
    aggregate: { create: () => 0, add: (sum, tip) => sum + tip, merge: (a, b) => a + b },
    onResult: ({ key, window, value }) => best.add('all', window.end - 1, { driver: Number(key), sum: value }),
    onLate,
  });
  for (const [driver, minute, tip] of fares) sums.add(String(driver), minute * MINUTE, tip);
  for (const watermark of watermarks) {
    sums.advance(watermark); // first: what it sends must not be late for the second
    best.advance(watermark);
  }
  return results;
}

describe('hourly tips', () => {
  for (const { id, fares, results } of cases)
    test(id, () => {
      expect(hourlyBest(fares, [1_000 * MINUTE])).toEqual(results);
      const everyMinute = Array.from({ length: 200 }, (_, minute) => minute * MINUTE);
      expect(hourlyBest(fares.toReversed(), everyMinute)).toEqual(results);
    });
});
