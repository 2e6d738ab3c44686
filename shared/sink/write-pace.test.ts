import { describe, expect, test } from 'vitest';
import { type Grant, WritePace } from './write-pace.ts';

/** All that is granted at once when everybody asks for a batch. */
async function ask(pace: WritePace, times: number, wanted: number): Promise<Grant[]> {
  const granted: Grant[] = [];
  for (let n = 0; n < times; n++) void pace.take(wanted).then((grant) => granted.push(grant));
  await new Promise((resolve) => setTimeout(resolve, 0));
  return granted;
}

function sum(grants: readonly Grant[]): number {
  return grants.reduce((total, { entries }) => total + entries, 0);
}

describe('the pace of writes', () => {
  test('is as many full batches as there are lanes, while the store takes them', async () => {
    const pace = new WritePace(25, 4);
    const grants = await ask(pace, 6, 100);
    expect(grants.map(({ entries }) => entries)).toEqual([25, 25, 25, 25]);
    pace.taken(grants[0] ?? { entries: 0, round: 0 });
    expect(pace.limit).toBe(100);
  });

  test('halves once for one moment of overload (invariant 3)', async () => {
    const pace = new WritePace(10, 4);
    const grants = await ask(pace, 4, 10);
    for (const grant of grants) pace.throttled(grant);
    expect(pace.limit).toBe(20);
    const next = await ask(pace, 4, 10);
    expect(sum(next)).toBe(20);
  });

  test('falls to one entry, never to none (invariant 1)', async () => {
    const pace = new WritePace(10, 4);
    for (let n = 0; n < 20; n++) for (const grant of await ask(pace, 1, 10)) pace.throttled(grant);
    expect(pace.limit).toBe(1);
    expect(sum(await ask(pace, 3, 10))).toBe(1);
  });

  test('an overload of few writes leaves room for few', async () => {
    const pace = new WritePace(10, 4);
    for (const grant of await ask(pace, 1, 4)) pace.throttled(grant);
    expect(pace.limit).toBe(2);
  });

  test('doubles while it is below a batch, then grows by a batch a round', async () => {
    const pace = new WritePace(10, 4);
    for (let n = 0; n < 20; n++) for (const grant of await ask(pace, 1, 10)) pace.throttled(grant);
    const limits: number[] = [];
    for (let round = 0; round < 12; round++) {
      const grants = await takeAll(pace);
      for (const grant of grants) pace.taken(grant);
      limits.push(pace.limit);
    }
    expect(limits.slice(0, 4)).toEqual([2, 4, 8, 16]);
    for (const [at, limit] of limits.entries())
      if (at > 4 && limit < 40) expect(limit - (limits[at - 1] ?? 0)).toBeLessThanOrEqual(11);
    expect(limits.at(-1)).toBe(40);
  });

  test('does not grow while it is not used: nothing is known of more', async () => {
    const pace = new WritePace(10, 4);
    for (const grant of await ask(pace, 4, 10)) pace.throttled(grant);
    for (let n = 0; n < 50; n++) for (const grant of await ask(pace, 1, 1)) pace.taken(grant);
    expect(pace.limit).toBe(20);
  });

  test('serves who asked first (invariant 2)', async () => {
    const pace = new WritePace(10, 1);
    const order: string[] = [];
    const first = await pace.take(10);
    const waiting = ['a', 'b', 'c'].map((name) =>
      pace.take(10).then((grant) => {
        order.push(name);
        pace.giveBack(grant);
      }),
    );
    pace.giveBack(first);
    await Promise.all(waiting);
    expect(order).toEqual(['a', 'b', 'c']);
  });
});

/** Grants up to the limit. */
async function takeAll(pace: WritePace): Promise<Grant[]> {
  const grants: Grant[] = [];
  for (let left = pace.limit; left > 0; ) {
    const grant = await pace.take(left);
    grants.push(grant);
    left -= grant.entries;
  }
  return grants;
}
