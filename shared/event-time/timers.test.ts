import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Timers } from './timers.ts';

function fired(timers: Timers<string>, watermark: number): string[] {
  const all: string[] = [];
  timers.advance(watermark, (value, time, id) => all.push(`${time}:${id}:${value}`));
  return all;
}

describe('Timers', () => {
  test('fires what is due, by time and then id (invariant 1)', () => {
    const timers = new Timers<string>();
    timers.schedule(20, 'b', 'x');
    timers.schedule(10, 'z', 'y');
    timers.schedule(20, 'a', 'z');
    timers.schedule(21, 'a', 'w');
    expect(timers.next).toBe(10);
    expect(fired(timers, 9)).toEqual([]);
    expect(fired(timers, 20)).toEqual(['10:z:y', '20:a:z', '20:b:x']);
    expect(fired(timers, 20)).toEqual([]);
    expect(timers.size).toBe(1);
  });

  test('a timer may schedule others, which fire in the same advance when due (invariant 2)', () => {
    const timers = new Timers<number>();
    const seen: number[] = [];
    timers.schedule(1, 'k', 1);
    timers.advance(3, (n) => {
      seen.push(n);
      timers.schedule(n + 1, 'k', n + 1);
    });
    expect(seen).toEqual([1, 2, 3]);
    expect(timers.next).toBe(4);
  });

  test('clear forgets all; a time that is none is refused', () => {
    const timers = new Timers<string>();
    timers.schedule(1, 'a', '');
    timers.clear();
    expect(fired(timers, 9)).toEqual([]);
    expect(timers.next).toBeUndefined();
    expect(() => timers.schedule(Number.NaN, 'order-1', '')).toThrow('Cannot schedule "order-1" at "NaN"');
  });

  test('property: any order of scheduling and any steps give the sorted order (invariants 1 and 3)', () => {
    const timer = fc.tuple(fc.integer({ min: -20, max: 20 }), fc.constantFrom('a', 'b', 'c', 'd', 'e'));
    const unique = fc.uniqueArray(timer, { selector: ([time, id]) => `${time}${id}`, maxLength: 60 });
    fc.assert(
      fc.property(unique, fc.array(fc.integer({ min: -25, max: 25 })), (entries, steps) => {
        const timers = new Timers<string>();
        for (const [time, id] of entries) timers.schedule(time, id, '');
        const order = [...steps.toSorted((a, b) => a - b), 25].flatMap((watermark) => fired(timers, watermark));
        const sorted = entries.toSorted(([t1, id1], [t2, id2]) => t1 - t2 || (id1 < id2 ? -1 : 1));
        expect(order).toEqual(sorted.map(([time, id]) => `${time}:${id}:`));
        expect(timers.size).toBe(0);
      }),
    );
  });
});
