import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CHUNK_EVENTS, decodeChunk, encodeChunk, EventChunk } from './event-chunk.ts';

const START = Date.parse('2024-06-01T10:00:00Z');

const anyEvents = fc.array(
  fc.record({ t: fc.integer({ min: 0, max: 30 }), type: fc.nat(2), scaled: fc.integer({ min: -1e15, max: 2e15 }) }),
  { minLength: 1, maxLength: 40 },
);

function chunkOf(events: Iterable<{ t: number; type: number; scaled: number }>): EventChunk {
  const chunk = new EventChunk();
  for (const { t, type, scaled } of events) chunk.add(START + t, type, scaled);
  return chunk;
}

test('is written as times, kinds and values', () => {
  const chunk = chunkOf([
    { t: 250, type: 0, scaled: 19_990_000 },
    { t: 0, type: 1, scaled: 5_000_000 },
    { t: 250, type: 0, scaled: 10_000 },
  ]);
  expect(encodeChunk(chunk)).toBe('[1717236000000,0,1,5000000,250,3,20000000]');
  expect([chunk.first, chunk.last, chunk.size, chunk.countAt(1), chunk.typeAt(1)]).toEqual([
    START,
    START + 250,
    2,
    2,
    0,
  ]);
});

test('entries ascend by time, and hold all events (invariant 1)', () => {
  fc.assert(
    fc.property(anyEvents, (events) => {
      const chunk = chunkOf(events);
      const places = Array.from({ length: chunk.size }, (_, at) => at);
      for (const at of places.slice(1)) expect(chunk.timeAt(at)).toBeGreaterThanOrEqual(chunk.timeAt(at - 1));
      for (const type of [0, 1, 2]) {
        const own = places.filter((at) => chunk.typeAt(at) === type);
        const given = events.filter((event) => event.type === type);
        expect(own.reduce((sum, at) => sum + chunk.countAt(at), 0)).toBe(given.length);
        const sum = own.reduce((total, at) => total + BigInt(chunk.valueAt(at)), 0n);
        expect(sum).toBe(given.reduce((total, { scaled }) => total + BigInt(scaled), 0n));
      }
    }),
  );
});

test('reads what it wrote, at any time of its growth (invariant 2)', () => {
  fc.assert(
    fc.property(anyEvents, (events) => {
      const chunk = new EventChunk();
      for (const { t, type, scaled } of events) {
        chunk.add(START + t, type, scaled);
        const text = encodeChunk(chunk);
        const read = decodeChunk(JSON.parse(text) as number[]);
        expect(read.entries).toEqual(chunk.entries);
        expect(encodeChunk(read)).toBe(text);
      }
    }),
  );
});

test('what is taken back is gone, and nothing else', () => {
  fc.assert(
    fc.property(anyEvents, (events) => {
      const [{ t, type } = { t: 0, type: 0 }, ...others] = events;
      const chunk = chunkOf([...others, { t, type, scaled: 0 }]);
      const before = chunk.size;
      expect(chunk.remove(START + t, type, 0)).toBe(true);
      expect(chunk.remove(START + 99, type, 0)).toBe(false);
      const left = chunkOf(others);
      expect([left.size, left.size + 1]).toContain(before);
      if (left.size + 1 === before) expect([...chunk.entries].sort()).toEqual([...left.entries].sort());
    }),
  );
});

test('is split between two times, near its middle', () => {
  const chunk = chunkOf(Array.from({ length: 2 * CHUNK_EVENTS }, (_, t) => ({ t, type: 0, scaled: 1 })));
  expect([chunk.isFull, chunk.isOverfull]).toEqual([true, true]);
  const later = chunk.split();
  expect([chunk.size, later?.size, later?.first]).toEqual([16, 16, START + 16]);
  const oneTime = chunkOf(Array.from({ length: 4 }, () => ({ t: 0, type: 0, scaled: 9e15 })));
  expect([oneTime.size, oneTime.split()]).toEqual([4, undefined]); // too large to be one entry
  oneTime.add(START - 1, 0, 1);
  expect([oneTime.split()?.size, oneTime.size]).toEqual([4, 1]);
});
