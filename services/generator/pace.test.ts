import { expect, it } from 'vitest';
import { Pace } from './pace.ts';

/** What is taken when so many ms have gone by, in turn. */
function taken(rate: number, ...elapsed: number[]): number[][] {
  let now = 0;
  const pace = new Pace({ rate, startMs: 1_000_000, elapsedMs: () => now });
  return elapsed.map((ms) => {
    now = ms;
    return pace.take();
  });
}

it('gives each record its time, whenever it is asked', () => {
  const times = [1_000_000, 1_000_100, 1_000_200, 1_000_300, 1_000_400];
  expect(taken(10, 0, 500)).toEqual([[], times]);
  expect(taken(10, 130, 130, 249, 777).flat()).toEqual([...times, 1_000_500, 1_000_600]);
});

it('makes up for what was away, a thousand at once, but not for more than five minutes', () => {
  expect(taken(100, 30_000, 30_000, 30_000, 30_000).map(({ length }) => length)).toEqual([1_000, 1_000, 1_000, 0]);
  const [first = []] = taken(1, 3_600_000);
  expect([first.length, first[0], first.at(-1)]).toEqual([300, 4_300_000, 4_599_000]);
});

it('with a rate of 0 has nothing to do', () => {
  expect(taken(0, 1e9)).toEqual([[]]);
});
