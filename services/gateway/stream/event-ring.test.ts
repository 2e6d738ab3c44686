import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventRing } from './event-ring.ts';
import type { StreamEvent } from './stream-event.ts';

const MOST_BYTES = 20_000;

function event(seq: number, length: number): StreamEvent {
  return { seq, type: 'sales.window', fields: {}, text: 'x'.repeat(length) };
}

/** What is behind a sequence, by places. */
function behind(ring: EventRing, seq: number): number[] {
  const found: number[] = [];
  for (let place = ring.placeAfter(seq), held = ring.at(place); held; held = ring.at(++place)) found.push(held.seq);
  return found;
}

describe('an event ring', () => {
  it('holds every event from heldFrom on, in order, and no more than its bytes', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.nat(400)), { maxLength: 4_000, minLength: 1 });
    fc.assert(
      fc.property(steps, fc.nat(100), (all, start) => {
        const ring = new EventRing(start + 1, MOST_BYTES);
        let seq = start;
        const pushed = all.map(([step, length]) => {
          seq += step;
          return event(seq, length);
        });
        for (const one of pushed) ring.push(one);
        const held = pushed.filter((one) => one.seq >= ring.heldFrom).map((one) => one.seq);
        expect(behind(ring, ring.heldFrom - 1)).toEqual(held);
        const middle = held[Math.floor(held.length / 2)] ?? 0;
        expect(behind(ring, middle)).toEqual(held.filter((one) => one > middle));
        expect(ring.bytesFrom(ring.placeAfter(0))).toBeLessThanOrEqual(MOST_BYTES);
        expect(held.length > 0 || pushed.length === 0).toBe(true);
        if (pushed.length * 700 <= MOST_BYTES) expect(ring.heldFrom).toBe(start + 1);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps places while old events go, and tells a place that has gone', () => {
    const ring = new EventRing(1, MOST_BYTES);
    ring.push(event(1, 10));
    const first = ring.placeAfter(0);
    expect(ring.at(first)?.seq).toBe(1);
    for (let seq = 2; seq <= 5_000; seq++) {
      ring.push(event(seq, 10));
      expect(ring.at(ring.end - 1)?.seq).toBe(seq);
    }
    expect([ring.at(first), ring.bytesFrom(first)]).toEqual([undefined, Number.POSITIVE_INFINITY]);
    expect(ring.bytesFrom(ring.end)).toBe(0);
    expect(ring.bytesFrom(ring.end - 1)).toBeGreaterThan(10);
  });

  it('holds an event that is larger than all of it for nobody', () => {
    const ring = new EventRing(1, MOST_BYTES);
    ring.push(event(1, MOST_BYTES + 1));
    expect([ring.heldFrom, ring.at(ring.placeAfter(0))]).toEqual([2, undefined]);
  });
});
