import { describe, expect, it } from 'vitest';
import { sampleTimes } from './sample-times.ts';

const at = (eventMs: number, recordMs = eventMs, partition = 0) => ({ partition, eventMs, recordMs });

describe('times of a sample', () => {
  it('tell how far events are behind their records', () => {
    const { lagMs } = sampleTimes([at(100, 150), at(200, 200), at(300, 290)], 0) ?? {};
    expect(lagMs).toEqual({ least: -10, median: 0, most: 50 });
    expect(sampleTimes([], 0)).toBeUndefined();
  });

  it('tell how far out of order events are, in their own partition', () => {
    expect(sampleTimes([at(100), at(90), at(120), at(40, 40, 1)], 10)).toMatchObject({ outOfOrderMs: 10 });
    expect(sampleTimes([at(100), at(90)], 10)).not.toHaveProperty('suggestedMs');
  });

  it('suggest a bound with room, in round figures', () => {
    const suggested = (behindMs: number) => sampleTimes([at(behindMs), at(0)], 0)?.suggestedMs;
    expect([1, 700, 1_300, 3_000, 6_000, 40_000].map(suggested)).toEqual([1_000, 2_000, 2_000, 5_000, 10_000, 100_000]);
  });
});
