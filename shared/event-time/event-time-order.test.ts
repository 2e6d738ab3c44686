import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventTimeBuffer } from './event-time-order.ts';

function release(buffer: EventTimeBuffer<string>, watermark: number): string[] {
  const released: string[] = [];
  buffer.release(watermark, (held) => released.push(held.event));
  return released;
}

describe('EventTimeBuffer', () => {
  test('releases by t, source, sequence, when the watermark reaches t (invariant 1)', () => {
    const buffer = new EventTimeBuffer<string>();
    buffer.add('5 b 1', 5, 'b', 1);
    buffer.add('5 a 10', 5, 'a', 10);
    buffer.add('5 a 9', 5, 'a', 9);
    buffer.add('4 b 2', 4, 'b', 2);
    buffer.add('6 a 1', 6, 'a', 1);
    expect(release(buffer, 3)).toEqual([]);
    expect(release(buffer, 5)).toEqual(['4 b 2', '5 a 9', '5 a 10', '5 b 1']);
    expect(buffer.size).toBe(1);
  });

  test('refuses late events (invariant 2)', () => {
    const buffer = new EventTimeBuffer<string>();
    buffer.release(10, () => {});
    expect(buffer.add('late', 10, 'a', 1)).toBe(false);
    expect(buffer.add('in time', 11, 'a', 2)).toBe(true);
    expect(release(buffer, 9)).toEqual([]);
    expect(buffer.add('late still', 10, 'a', 3)).toBe(false);
    expect(release(buffer, 11)).toEqual(['in time']);
  });

  test('without sequences keeps the order of coming, over a restore too (invariant 3)', () => {
    const buffer = new EventTimeBuffer<string>();
    for (const event of ['1st', '2nd', '3rd']) buffer.add(event, 5, 'a');
    const copy = new EventTimeBuffer<string>();
    copy.restore(buffer.entries(), 0);
    copy.add('4th', 5, 'a');
    expect(copy.add('late', 0, 'a')).toBe(false);
    expect(release(copy, 5)).toEqual(['1st', '2nd', '3rd', '4th']);
  });

  test('property: any interleaving and any steps give one order; a restore at any point changes nothing', () => {
    const event = fc.record({ t: fc.integer({ min: 1, max: 20 }), source: fc.constantFrom('a', 'b', 'c') });
    const watermarks = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 5 });
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 30 }),
        watermarks,
        fc.infiniteStream(fc.nat()),
        (events, steps, random) => {
          const numbered = events.map(({ t, source }, sequence) => ({ t, source, sequence }));
          const shuffled = numbered
            .map((entry) => ({ entry, rank: random.next().value }))
            .sort((a, b) => a.rank - b.rank)
            .map(({ entry }) => entry);
          const buffer = new EventTimeBuffer<string>();
          for (const { t, source, sequence } of shuffled) buffer.add(`${t} ${source} ${sequence}`, t, source, sequence);
          let current = buffer;
          const released: string[] = [];
          let reached = 0;
          for (const watermark of [...steps.toSorted((a, b) => a - b), 20]) {
            const next = new EventTimeBuffer<string>();
            next.restore(JSON.parse(JSON.stringify(current.entries())), reached);
            released.push(...release(next, watermark));
            reached = watermark;
            current = next;
          }
          const expected = numbered
            .toSorted((a, b) => a.t - b.t || a.source.localeCompare(b.source) || a.sequence - b.sequence)
            .map(({ t, source, sequence }) => `${t} ${source} ${sequence}`);
          expect(released).toEqual(expected);
        },
      ),
    );
  });
});
