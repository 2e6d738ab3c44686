import { describe, expect, test } from 'vitest';
import { Lane } from './lane.ts';
import type { WaitingEntry } from './waiting-entry.ts';

function entry(key: string, revision: number): WaitingEntry {
  const stored = { storedAtMs: revision, expiresAtMs: undefined };
  return { key, revision, ...stored, text: `{"n":${revision}}`, sinceSeq: revision, sinceMs: revision };
}

function laneOf(...entries: WaitingEntry[]): Lane {
  const lane = new Lane();
  for (const one of entries) lane.put(one);
  return lane;
}

function keys(batch: readonly WaitingEntry[]): string[] {
  return batch.map(({ key, revision, sinceSeq }) => `${key}@${revision} since ${sinceSeq}`);
}

describe('a lane', () => {
  test('keeps the newest value of a key, in the place of the first (invariants 1 and 2)', () => {
    const lane = laneOf(entry('a', 1), entry('b', 2), entry('a', 3), entry('a', 2));
    expect(lane.waiting).toBe(2);
    expect(keys(lane.take(10))).toEqual(['a@3 since 1', 'b@2 since 2']);
  });

  test('hands out so many at most, oldest first, and counts what is being written', () => {
    const lane = laneOf(entry('a', 1), entry('b', 2), entry('c', 3));
    expect(keys(lane.take(2))).toEqual(['a@1 since 1', 'b@2 since 2']);
    expect([lane.waiting, lane.size, lane.has('a'), lane.has('c'), lane.has('d')]).toEqual([1, 3, true, true, false]);
    expect(lane.oldest()?.key).toBe('a');
    expect(keys(lane.written())).toEqual(['a@1 since 1', 'b@2 since 2']);
    expect([lane.size, lane.has('a'), lane.oldest()?.key]).toEqual([1, false, 'c']);
  });

  test('takes back what was not written, newer values in its place (invariant 3)', () => {
    const lane = laneOf(entry('a', 1), entry('b', 2));
    lane.take(2);
    lane.put(entry('c', 3));
    lane.put(entry('b', 4));
    const grown = lane.put(entry('d', 5));
    expect(lane.restore()).toBe(grown); // the value of b that nobody needs is as long as that of d
    expect(lane.size).toBe(4);
    expect(keys(lane.take(10))).toEqual(['a@1 since 1', 'b@4 since 2', 'c@3 since 3', 'd@5 since 5']);
  });

  test('tells by how much it has grown', () => {
    const lane = laneOf(entry('a', 1));
    expect(lane.put({ ...entry('a', 2), text: `{"n":2}${' '.repeat(100)}` })).toBe(100);
    expect(lane.put({ ...entry('a', 3), text: undefined })).toBe(-107);
    expect(lane.put(entry('a', 2))).toBe(0);
  });
});
