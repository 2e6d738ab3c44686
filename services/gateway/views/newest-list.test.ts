import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NewestList } from './newest-list.ts';

const all = { limit: 1000, accept: () => true };
const keys = fc.integer({ min: 0, max: 40 }).map((n) => String(n).padStart(2, '0'));
type Step = { readonly key: string; readonly kind: 'put' | 'delete' };
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({ key: keys, kind: fc.constantFrom('put', 'put', 'put', 'delete') }),
);

/** The plain meaning: a map, sorted, of which the oldest are dropped as soon as there are too many. */
function model(todo: readonly Step[], capacity: number): string[] {
  let kept: string[] = [];
  for (const { key, kind } of todo) {
    kept = kept.filter((other) => other !== key);
    if (kind === 'put') kept = [...kept, key].sort().slice(-capacity);
  }
  return kept.reverse();
}

function filled(todo: readonly Step[], capacity: number): NewestList<string> {
  const list = new NewestList<string>(capacity);
  for (const { key, kind } of todo) kind === 'put' ? list.put(key, key) : list.delete(key);
  return list;
}

describe('NewestList', () => {
  it('holds the newest values, newest first, up to its capacity (invariants 1 and 2)', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 12 }), (todo, capacity) => {
        const list = filled(todo, capacity);
        expect(list.page(all).items).toEqual(model(todo, capacity));
        expect(list.size).toBeLessThanOrEqual(capacity);
      }),
    );
  });

  it('says what it left out (invariant 3)', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 12 }), (todo, capacity) => {
        const list = filled(todo, capacity);
        const { leftOut = '' } = list;
        const there = model(todo, Number.POSITIVE_INFINITY);
        expect(list.page(all).items.filter((key) => key > leftOut)).toEqual(there.filter((key) => key > leftOut));
        if (there.length > capacity) expect(leftOut).not.toBe('');
      }),
    );
  });

  it('pages through exactly what one large page shows, in any range (invariant 4)', () => {
    const bound = fc.option(keys, { nil: undefined });
    fc.assert(
      fc.property(steps, bound, bound, fc.integer({ min: 1, max: 5 }), (todo, from, to, limit) => {
        const list = filled(todo, 30);
        const accept = (value: string) => Number(value) % 3 !== 0;
        const seen: string[] = [];
        let after: string | undefined;
        do {
          const page = list.page({ from, to, after, limit, accept });
          expect(page.items.length).toBeLessThanOrEqual(limit);
          seen.push(...page.items);
          after = page.next;
        } while (after !== undefined);
        const wanted = model(todo, 30).filter(
          (key) => accept(key) && (from === undefined || key >= from) && (to === undefined || key < to),
        );
        expect(seen).toEqual(wanted);
      }),
    );
  });

  it('has no next page when the last one is exactly full', () => {
    const list = filled([{ key: '01', kind: 'put' }], 5);
    expect(list.page({ ...all, limit: 1 })).toEqual({ items: ['01'] });
  });

  it('replaces the value of a known key', () => {
    const list = new NewestList<number>(1);
    list.put('a', 1);
    list.put('a', 2);
    expect(list.page(all).items).toEqual([2]);
  });
});
