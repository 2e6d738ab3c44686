import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DownloadEvent } from '../../shared/events/download.ts';
import { download } from './_downloads.ts';
import {
  averageDuration,
  averageSpeed,
  count,
  createTally,
  holds,
  MAX_MEASURED,
  measure,
  numbersOf,
  successRate,
  sumTallies,
  type Tally,
} from './tally.ts';

function tallyOf(downloads: readonly Partial<DownloadEvent>[]): Tally {
  const tally = createTally();
  for (const each of downloads) count(tally, measure(download(0, 'c', each)), 1);
  return tally;
}

const anyMeasured = fc.double({ min: 0, max: 1_000, noNaN: true });
const anyDownload = fc.record(
  { status: fc.constantFrom('SUCCESS' as const, 'FAILED' as const), mbps: anyMeasured, seconds: anyMeasured },
  { requiredKeys: ['status'] },
);

describe('a tally', () => {
  test('averages what was measured and leaves out what was not (invariant 2)', () => {
    const tally = tallyOf([{ mbps: 10, seconds: 1 }, { mbps: 20.0005 }, { status: 'FAILED' }]);
    expect(successRate(tally)).toBe(0.6667);
    expect(averageSpeed(tally)).toBe(15.001); // 10,000 and 20,001 kbit/s; halves up
    expect(averageDuration(tally)).toBe(1);
  });

  test('counts a zero as a measurement', () => {
    expect(averageSpeed(tallyOf([{ mbps: 0 }, { mbps: 4 }]))).toBe(2);
  });

  test('of nothing has no rate and no averages', () => {
    const tally = createTally();
    expect([successRate(tally), averageSpeed(tally), averageDuration(tally)]).toEqual([null, null, null]);
  });

  test('takes what cannot have been measured for not measured, so sums stay exact', () => {
    const tally = tallyOf([{ mbps: 1e300, seconds: MAX_MEASURED * 1.01 }, { mbps: MAX_MEASURED }]);
    expect(tally).toMatchObject({ events: 2, speeds: 1, speedSum: MAX_MEASURED * 1_000, durations: 0, durationSum: 0 });
  });

  test('is the same for any order of counting, any split, and with what was taken back (invariant 1)', () => {
    fc.assert(
      fc.property(fc.array(anyDownload), fc.array(anyDownload), fc.nat(), (kept, gone, cut) => {
        const expected = tallyOf(kept);
        const at = kept.length === 0 ? 0 : cut % kept.length;
        const mixed = tallyOf([...kept.slice(at), ...gone, ...kept.slice(0, at)]);
        for (const each of gone) {
          expect(holds(mixed, measure(download(0, 'c', each)))).toBe(true);
          count(mixed, measure(download(0, 'c', each)), -1);
        }
        expect(mixed).toEqual(expected);
        const parts = [tallyOf(kept.slice(at)), tallyOf(kept.slice(0, at))].map(numbersOf);
        expect(sumTallies(parts)).toEqual(expected);
      }),
    );
  });

  test('knows what it cannot have counted', () => {
    const tally = tallyOf([{ mbps: 5 }]);
    const isHeld = (rest: Partial<DownloadEvent>) => holds(tally, measure(download(0, 'c', rest)));
    expect([isHeld({}), isHeld({ mbps: 5 })]).toEqual([true, true]);
    expect([isHeld({ status: 'FAILED' }), isHeld({ seconds: 1 })]).toEqual([false, false]);
  });
});
