import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addTime, type EventTimes, removeTime } from './event-times.ts';

const anyTimes = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 12 });

function timesOf(added: readonly number[]): EventTimes {
  const times: EventTimes = [];
  for (const time of added) addTime(times, time);
  return times;
}

describe('event times', () => {
  test('are the two oldest and the two newest, whatever the order of adding', () => {
    fc.assert(
      fc.property(anyTimes, (added) => {
        const sorted = [...added].sort((a, b) => a - b);
        const expected = added.length <= 4 ? sorted : [...sorted.slice(0, 2), ...sorted.slice(-2)];
        expect(timesOf(added)).toEqual(expected);
      }),
    );
  });

  test('keep first and last exact when any one event is taken back', () => {
    fc.assert(
      fc.property(anyTimes, fc.nat(), (added, pick) => {
        fc.pre(added.length > 1);
        const times = timesOf(added);
        const [gone = 0] = added.slice(pick % added.length);
        removeTime(times, gone);
        const left = added.toSpliced(added.indexOf(gone), 1);
        expect([times[0], times.at(-1)]).toEqual([Math.min(...left), Math.max(...left)]);
      }),
    );
  });
});
