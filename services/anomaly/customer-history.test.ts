import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CustomerHistory, MAX_RECENT } from './customer-history.ts';

const HORIZON = 100;

function restored(history: CustomerHistory): CustomerHistory {
  return CustomerHistory.decode(JSON.parse(history.encode()));
}

interface Entry {
  readonly id: string;
  readonly t: number;
}

/** Orders less than `withinMs` apart, up to the last one that is so near to `t`. */
function recount(entries: readonly Entry[], t: number, withinMs: number): string[] {
  const near = entries.filter((entry) => entry.t < t + withinMs);
  const last = Math.max(...near.map((entry) => entry.t));
  return near.filter((entry) => entry.t > last - withinMs).map(({ id }) => id);
}

test('counts equal a recount, with orders taken back, over restarts (invariant 1)', () => {
  const step = fc.record({
    gap: fc.nat({ max: 8 }),
    back: fc.nat({ max: 20 }),
    remove: fc.option(fc.nat({ max: 5 })),
    restart: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: HORIZON - 20 }), (steps, withinMs) => {
      let history = new CustomerHistory();
      let entries: Entry[] = [];
      let now = 0;
      for (const [n, { gap, back, remove, restart }] of steps.entries()) {
        now += gap;
        const entry = { id: `o${n}`, t: now - back };
        expect(history.add(entry.id, entry.t, 10, HORIZON)).toBe(true);
        entries = [...entries, entry].sort((a, b) => a.t - b.t);
        const gone = remove === null ? undefined : entries.at(-1 - remove);
        if (gone) {
          expect(history.remove(gone.id, gone.t, 10)).toBe(true);
          entries = entries.filter((other) => other !== gone);
        }
        if (restart) history = restored(history);
        if (entries.length === 0) continue;
        const at = entries.at(-1)?.t ?? 0;
        const expected = recount(entries, at, withinMs);
        expect(history.countAround(at, withinMs)).toBe(expected.length);
        expect(history.idsAround(at, withinMs).sort()).toEqual(expected.slice(-20).sort());
      }
      expect(history.amounts.count).toBe(entries.length);
    }),
  );
});

test('an order is in it once (invariant 2), and can be taken out once', () => {
  const history = new CustomerHistory();
  expect(history.add('a', 5, 10, HORIZON)).toBe(true);
  expect(history.add('a', 6, 99, HORIZON)).toBe(false);
  expect(history.add('b', 7, 20, HORIZON)).toBe(true);
  expect(history.remove('a', 5, 10)).toBe(true);
  expect(history.remove('a', 5, 10)).toBe(false);
  expect(history.amounts.encode()).toBe('[1,"20","400"]');
});

test('an order that is recent no more can still be taken out, one that never was cannot (invariant 3)', () => {
  let history = new CustomerHistory();
  history.add('old', 5, 10, HORIZON);
  history.add('new', 5 + HORIZON, 20, HORIZON);
  history = restored(history);
  expect(history.has('old')).toBe(false);
  expect(history.remove('other', 6, 10)).toBe(false); // would be known
  expect(history.remove('old', 5, 10)).toBe(true);
  expect(history.amounts.encode()).toBe('[1,"20","400"]');
});

test('a customer with a flood of orders is bounded: a count goes to MAX_RECENT and no further', () => {
  let history = new CustomerHistory();
  for (let n = 0; n < 2 * MAX_RECENT; n++) history.add(`o${n}`, n, 10, 1_000_000);
  expect(history.countAround(2 * MAX_RECENT, 1_000_000)).toBe(MAX_RECENT);
  history.remove(`o${MAX_RECENT}`, MAX_RECENT, 10);
  history = restored(history);
  expect(history.remove('never', MAX_RECENT + 1, 10)).toBe(false);
  expect(history.remove('o3', 3, 10)).toBe(true);
  expect(history.amounts.count).toBe(2 * MAX_RECENT - 2);
});
