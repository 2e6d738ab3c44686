import { describe, expect, test } from 'vitest';
import { Backlog } from './backlog.ts';
import type { WaitingEntry } from './waiting-entry.ts';

function entry(key: string, revision: number): WaitingEntry {
  const stored = { storedAtMs: revision, expiresAtMs: undefined };
  return { key, revision, ...stored, text: '{}', sinceSeq: revision, sinceMs: revision };
}

const ROOMY = { maxWaiting: 1_000, maxWaitingBytes: 1_000_000 };

describe('lanes (invariant 1)', () => {
  test('are by the first token of the key; what has none of ours shares one', () => {
    const backlog = new Backlog(ROOMY);
    const lane = (key: string, revision: number) => backlog.lanes.indexOf(backlog.put(entry(key, revision)));
    expect(lane('p00.customer.1', 1)).toBe(lane('p00.customer.2', 2));
    expect(new Set(['p00.a', 'p15.a', 'all.a', 'other.a', 'bare'].map((key, at) => lane(key, 3 + at))).size).toBe(4);
    expect(lane('other.b', 9)).toBe(lane('p0', 10));
    expect(backlog.lanes).toHaveLength(18);
  });
});

describe('position (invariant 2)', () => {
  test('is what was read when nothing waits, and else before the oldest that waits or is being written', () => {
    const backlog = new Backlog(ROOMY);
    expect(backlog.position(7)).toBe(7);
    const first = backlog.put(entry('p00.a', 8));
    const second = backlog.put(entry('p01.b', 9));
    backlog.put(entry('p00.a', 10));
    expect(backlog.position(10)).toBe(7);
    first.take(5);
    expect(backlog.position(10)).toBe(7);
    backlog.restore(first);
    first.take(5);
    backlog.written(first);
    expect(backlog.position(10)).toBe(8);
    second.take(5);
    backlog.written(second);
    expect([backlog.position(10), backlog.size]).toEqual([10, 0]);
  });
});

describe('room (invariant 3)', () => {
  test('is there again when something was written, or is not needed any more', async () => {
    const backlog = new Backlog({ maxWaiting: 2, maxWaitingBytes: 1_000_000 });
    const lane = backlog.put(entry('p00.a', 1));
    expect(backlog.room()).toBeUndefined();
    backlog.put(entry('p00.b', 2));
    const room = backlog.room();
    expect(room).toBeDefined();
    lane.take(1);
    backlog.written(lane);
    await room;
    expect(backlog.room()).toBeUndefined();
  });

  test('bytes are given back, whatever became of the values', () => {
    const backlog = new Backlog({ maxWaiting: 1_000, maxWaitingBytes: 600 });
    for (let round = 0; round < 50; round++) {
      const lane = backlog.put(entry('p00.a', 3 * round + 1));
      lane.take(1);
      backlog.put(entry('p00.a', 3 * round + 2));
      if (round % 2 === 0) backlog.restore(lane);
      else backlog.written(lane);
      while (lane.waiting > 0) {
        lane.take(1);
        backlog.written(lane);
      }
      expect([backlog.size, backlog.room()]).toEqual([0, undefined]);
    }
  });
});

describe('waiting', () => {
  test('until all is written, and until what is watched is', async () => {
    const backlog = new Backlog(ROOMY);
    await backlog.emptied();
    await backlog.watchedWritten();
    const lane = backlog.put(entry('p00.a', 1));
    backlog.putWatched(entry('p00.b', 2));
    const said: string[] = [];
    const watching = Promise.all([
      backlog.watchedWritten().then(() => said.push('watched')),
      backlog.emptied().then(() => said.push('empty')),
    ]);
    lane.take(1);
    backlog.written(lane);
    await Promise.resolve();
    expect(said).toEqual([]);
    backlog.put(entry('p00.b', 3));
    backlog.put(entry('p00.c', 4));
    lane.take(1);
    backlog.written(lane);
    await backlog.watchedWritten();
    expect(said).toEqual(['watched']);
    lane.take(1);
    backlog.written(lane);
    await watching;
    expect(said).toEqual(['watched', 'empty']);
  });
});
