import { describe, expect, it } from 'vitest';
import { TokenBuckets } from './token-buckets.ts';

const POLICY = { name: 'reads', quota: 10, windowS: 5 };

function takeAll(buckets: TokenBuckets, client: string, nowMs: number): number {
  let taken = 0;
  while (buckets.take(client, nowMs).ok) taken++;
  return taken;
}

describe('a bucket', () => {
  it('holds its quota, and fills evenly within its window', () => {
    const buckets = new TokenBuckets(POLICY);
    expect(takeAll(buckets, 'a', 0)).toBe(10);
    expect(takeAll(buckets, 'a', 499)).toBe(0);
    expect(takeAll(buckets, 'a', 500)).toBe(1);
    expect(takeAll(buckets, 'a', 3_000)).toBe(5);
    expect(takeAll(buckets, 'a', 1_000_000)).toBe(10);
  });

  it('never gives more than its quota and what has come since', () => {
    const buckets = new TokenBuckets(POLICY);
    let taken = 0;
    for (let nowMs = 0; nowMs <= 20_000; nowMs += 10) if (buckets.take('a', nowMs).ok) taken++;
    expect(taken).toBe(10 + 40);
  });

  it('says what is left and how long to wait', () => {
    const buckets = new TokenBuckets(POLICY);
    expect(buckets.take('a', 0)).toEqual({ ok: true, remaining: 9, waitS: 1 });
    for (let n = 0; n < 8; n++) buckets.take('a', 0);
    expect(buckets.take('a', 0)).toEqual({ ok: true, remaining: 0, waitS: 5 });
    expect(buckets.take('a', 0)).toEqual({ ok: false, remaining: 0, waitS: 1 });
    const slow = new TokenBuckets({ name: 'writes', quota: 1, windowS: 60 });
    slow.take('a', 0);
    expect(slow.take('a', 10_000)).toEqual({ ok: false, remaining: 0, waitS: 50 });
  });

  it('takes and gives nothing when the clock is set back', () => {
    const buckets = new TokenBuckets(POLICY);
    expect(takeAll(buckets, 'a', 10_000)).toBe(10);
    expect(takeAll(buckets, 'a', 0)).toBe(0);
    expect(takeAll(buckets, 'a', 500)).toBe(1);
  });
});

it('keeps 10,000 buckets, and gives up the one that rested longest', () => {
  const buckets = new TokenBuckets({ name: 'reads', quota: 2, windowS: 1_000_000 });
  takeAll(buckets, 'busy', 0);
  takeAll(buckets, 'idle', 0);
  for (let n = 0; n < 20_000; n++) {
    buckets.take(`client ${n}`, 0);
    if (n % 5_000 === 0) expect(buckets.take('busy', 0).ok).toBe(false);
  }
  expect(buckets.size).toBe(10_000);
  expect(buckets.take('busy', 0).ok).toBe(false);
  expect(buckets.take('idle', 0).ok).toBe(true);
});
