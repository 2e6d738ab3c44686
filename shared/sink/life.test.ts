import { describe, expect, it } from 'vitest';
import { createdMsOf, firstLife, isSameStream, nextLife } from './life.ts';

const JUNE = Date.UTC(2024, 5, 1);

describe('the life of a bucket', () => {
  it('is later after messages were lost, and later still when the bucket was made anew', () => {
    const lives = [firstLife(JUNE), nextLife(firstLife(JUNE)), firstLife(JUNE + 1), nextLife(firstLife(JUNE + 1))];
    expect(lives).toEqual(lives.toSorted((a, b) => a - b));
    expect(new Set(lives).size).toBe(4);
    expect(lives.map(createdMsOf)).toEqual([JUNE, JUNE, JUNE + 1, JUNE + 1]);
  });

  it('tells losses of one stream from another stream', () => {
    expect(isSameStream(firstLife(JUNE), nextLife(firstLife(JUNE)))).toBe(true);
    expect(isSameStream(firstLife(JUNE), firstLife(JUNE + 1))).toBe(false);
  });

  it('is exact for centuries, and does not run into the next one', () => {
    expect(Number.isSafeInteger(firstLife(Date.UTC(2200, 0)))).toBe(true);
    let life = firstLife(JUNE);
    for (let lost = 1; lost < 1_000; lost++) life = nextLife(life);
    expect(() => nextLife(life)).toThrow('make the bucket anew');
  });
});
