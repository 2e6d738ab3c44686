import { describe, expect, it } from 'vitest';
import { AbsentSchemas, BELIEVED_MISSES, MAX_REMEMBERED } from './absent-schemas.ts';

describe('AbsentSchemas', () => {
  it('lets nobody ask before the back-off is over (1)', () => {
    const absent = new AbsentSchemas();
    expect(absent.verdict(1, 0)).toEqual({ kind: 'ask' });
    expect(absent.miss(1, 0)).toEqual({ kind: 'wait', misses: 1, notBeforeMs: 1000 });
    expect(absent.verdict(1, 999).kind).toBe('wait');
    expect(absent.verdict(1, 1000)).toEqual({ kind: 'ask' });
    expect(absent.verdict(2, 999)).toEqual({ kind: 'ask' });
  });

  it('believes the fifth miss, 15 s after the first at the earliest (2)', () => {
    const absent = new AbsentSchemas();
    let nowMs = 0;
    for (let n = 1; n < BELIEVED_MISSES; n++) {
      const verdict = absent.miss(1, nowMs);
      if (verdict.kind !== 'wait') throw new Error(`Expected to wait after miss ${n}`);
      nowMs = verdict.notBeforeMs;
    }
    expect(nowMs).toBe(15_000);
    expect(absent.miss(1, nowMs)).toEqual({ kind: 'unknown', misses: 5 });
    expect(absent.verdict(1, 74_999).kind).toBe('unknown');
    expect(absent.verdict(1, 75_000).kind).toBe('ask');
    expect(absent.miss(1, 75_000).kind).toBe('unknown');
  });

  it('remembers a bounded number, and forgets the ones missed longest ago (3)', () => {
    const absent = new AbsentSchemas();
    for (let id = 0; id < MAX_REMEMBERED; id++) absent.miss(id, 0);
    absent.miss(0, 500);
    absent.miss(-1, 500);
    expect(absent.verdict(0, 500).kind).toBe('wait');
    expect(absent.verdict(1, 500).kind).toBe('ask');
    expect(absent.verdict(2, 500).kind).toBe('wait');
  });
});
