import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Decoded } from '../decode/decoded.ts';
import { type Batch, Ledger } from './ledger.ts';

const BOUND_MS = 10;

function counted(t: number): Decoded {
  return { outcome: 'counted', events: [{ t, k: 'c' }] };
}

/** A batch of one event for each offset, at event time 1000 + offset. */
function enter(ledger: Ledger, offset: number, open: number): Batch {
  for (let at = ledger.next; at <= offset; at++) ledger.enter(counted(1_000 + at));
  return ledger.close(offset, open, 100);
}

describe('what is settled', () => {
  it('speaks of a batch only when those before are settled, in the terms of that batch (invariant 1)', () => {
    const ledger = new Ledger({}, BOUND_MS);
    const [one, two, three] = [enter(ledger, 3, 2), enter(ledger, 5, 1), enter(ledger, 9, 1)];
    expect(ledger.settle(two)).toBe(false);
    expect(ledger.settle(one)).toBe(false);
    expect(ledger.settled).toEqual({});
    expect(ledger.settle(one)).toBe(true);
    expect(ledger.settled).toEqual({ offset: 5, watermark: 1_005 - 11, counts: { counted: 6, events: 6 } });
    expect([ledger.isSettled, ledger.openBytes, ledger.next]).toEqual([false, 100, 10]);
    expect(ledger.settle(three)).toBe(true);
    expect(ledger.settled).toEqual({ offset: 9, watermark: 1_009 - 11, counts: { counted: 10, events: 10 } });
  });

  it('covers the dead letters of settled batches only', () => {
    const ledger = new Ledger({ dlq: 3 }, BOUND_MS);
    const [one, two] = [enter(ledger, 0, 1), enter(ledger, 1, 2)];
    two.dlq = 8;
    ledger.settle(two);
    ledger.settle(one);
    expect(ledger.settled.dlq).toBe(3);
    ledger.settle(two);
    expect(ledger.settled.dlq).toBe(8);
  });

  it('never falls, whatever is settled in whatever order (invariant 2)', () => {
    const times = fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 20 });
    const property = fc.property(times, fc.infiniteStream(fc.nat()), (all, picks) => {
      const ledger = new Ledger({}, BOUND_MS);
      const open = all.map((t, offset) => {
        ledger.enter(counted(t));
        return ledger.close(offset, 1, 1);
      });
      let [offset, watermark] = [-1, Number.NEGATIVE_INFINITY];
      while (open.length > 0) {
        const [batch] = open.splice((picks.next().value ?? 0) % open.length, 1);
        if (batch) ledger.settle(batch);
        expect(ledger.settled.offset ?? -1).toBeGreaterThanOrEqual(offset);
        expect(ledger.settled.watermark ?? Number.NEGATIVE_INFINITY).toBeGreaterThanOrEqual(watermark);
        offset = ledger.settled.offset ?? offset;
        watermark = ledger.settled.watermark ?? watermark;
      }
      expect(ledger.settled).toMatchObject({ offset: all.length - 1, watermark: Math.max(...all) - 11 });
    });
    fc.assert(property);
  });
});

describe('the books', () => {
  it('go on from what was settled before', () => {
    const ledger = new Ledger({ offset: 4, watermark: 5_000, dlq: 2, counts: { counted: 5, events: 7 } }, BOUND_MS);
    expect(ledger.next).toBe(5);
    ledger.settle(enter(ledger, 5, 1));
    expect(ledger.settled).toEqual({ offset: 5, watermark: 5_000, dlq: 2, counts: { counted: 6, events: 8 } });
  });

  it('take no event time from what is taken back: it was seen when it was brought', () => {
    const ledger = new Ledger({}, BOUND_MS);
    ledger.enter({ outcome: 'counted', events: [{ t: 9_000, k: 'c', retract: true }] });
    ledger.settle(ledger.close(0, 1, 0));
    expect(ledger.settled.watermark).toBeUndefined();
  });

  it('count what is missing', () => {
    const ledger = new Ledger({ offset: 1 }, BOUND_MS);
    ledger.skip(9, 8);
    expect(ledger.sweep()).toBe(true);
    expect(ledger.settled).toEqual({ offset: 9, missing: [[2, 9]], counts: { missing: 8 } });
  });

  it('keep the newest eight ranges of what is missing', () => {
    const ledger = new Ledger({ missing: [[0, 0]] }, BOUND_MS);
    for (let n = 1; n <= 8; n++) ledger.skip(n * 10, 2);
    ledger.sweep();
    expect(ledger.settled.missing?.length).toBe(8);
    expect(ledger.settled.missing?.[0]).toEqual([9, 10]);
    expect(ledger.settled.counts).toEqual({ missing: 16 });
  });

  it('tell the kind, and the mark of the last record that is settled', () => {
    const ledger = new Ledger({}, BOUND_MS, 'order');
    const mark = (offset: number) => ({ offset, ms: 1, crc: 2 });
    const one = ledger.close(3, 1, 0, mark(3));
    ledger.close(7, 1, 0, mark(6));
    ledger.settle(one);
    expect(ledger.settled).toEqual({ offset: 3, kind: 'order', mark: mark(3), counts: {} });
    expect(new Ledger(ledger.settled, BOUND_MS).settled.mark).toEqual(mark(3));
  });

  it('say idle, and idle no more', () => {
    const ledger = new Ledger({ offset: 1, watermark: 7 }, BOUND_MS);
    ledger.setIdle(true);
    expect(ledger.settled).toMatchObject({ offset: 1, watermark: 7, idle: true });
    ledger.setIdle(false, 50);
    expect(ledger.settled).toEqual({ offset: 1, watermark: 50, counts: {} });
  });
});
