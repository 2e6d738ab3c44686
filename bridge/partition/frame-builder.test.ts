import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OrderEvent } from '../../shared/events/order.ts';
import { partitionOf } from '../../shared/events/partition.ts';
import { orderLine } from '../decode/models/order.ts';
import { FrameBuilder } from './frame-builder.ts';

const event: fc.Arbitrary<OrderEvent> = fc.record(
  {
    t: fc.maxSafeInteger(),
    k: fc.string({ unit: 'grapheme', minLength: 1 }),
    id: fc.string({ unit: 'grapheme', minLength: 1 }),
    amount: fc.maxSafeInteger(),
    retract: fc.constant<true>(true),
  },
  { requiredKeys: ['t', 'k', 'id', 'amount'] },
);

describe('a line', () => {
  it('is what JSON.stringify writes', () => {
    const property = fc.property(event, (one) => {
      expect(JSON.parse(orderLine(one))).toEqual(one);
    });
    fc.assert(property);
    expect(orderLine({ t: 1, k: 'a"\\\n\u2028', id: 'x', amount: 2, retract: true })).toBe(
      JSON.stringify({ t: 1, k: 'a"\\\n\u2028', id: 'x', amount: 2, retract: true }),
    );
  });
});

describe('frames', () => {
  const records = fc.array(fc.array(event, { maxLength: 3 }), { maxLength: 40 });

  it('hold every line once, in order, by partition; records whole; within the limit', () => {
    const property = fc.property(records, fc.integer({ min: 1, max: 400 }), (all, maxBytes) => {
      const builder = new FrameBuilder<OrderEvent>(maxBytes, (event) => JSON.stringify(event));
      for (const [offset, events] of all.entries()) builder.add(offset, events);
      const wanted = new Map<number, string[]>();
      all.forEach((events, offset) => {
        for (const one of events) {
          const lines = wanted.get(partitionOf(one.k)) ?? [];
          wanted.set(partitionOf(one.k), [...lines, `${offset} ${orderLine(one)}`]);
        }
      });
      const got = new Map<number, string[]>();
      const ends = new Map<number, number>();
      for (const [partition, { lines, offsets, bytes }] of builder.take()) {
        expect(bytes).toBe(lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0));
        if (new Set(offsets).size > 1) expect(bytes).toBeLessThanOrEqual(maxBytes + largest(all));
        expect(offsets[0]).toBeGreaterThan(ends.get(partition) ?? -1); // invariant 1
        ends.set(partition, offsets.at(-1) ?? -1);
        got.set(partition, [...(got.get(partition) ?? []), ...lines.map((line, at) => `${offsets[at]} ${line}`)]);
      }
      expect(got).toEqual(wanted);
      expect(builder.take()).toEqual([]);
    });
    fc.assert(property);
  });

  it('are closed at the limit', () => {
    const builder = new FrameBuilder<OrderEvent>(100, (event) => JSON.stringify(event));
    for (let offset = 0; offset < 10; offset++) builder.add(offset, [{ t: 1, k: 'one', id: 'x', amount: 1 }]);
    expect(builder.take().map(([, { lines }]) => lines.length)).toEqual([2, 2, 2, 2, 2]);
  });
});

/** Bytes of the largest record: what a frame may exceed its limit by, for the sake of invariant 1. */
function largest(all: readonly (readonly OrderEvent[])[]): number {
  return Math.max(
    0,
    ...all.map((events) => events.reduce((sum, one) => sum + Buffer.byteLength(orderLine(one)) + 1, 0)),
  );
}
