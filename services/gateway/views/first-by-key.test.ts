import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstByKey } from './first-by-key.ts';

const keys = fc.uniqueArray(fc.integer({ min: 0, max: 60 }).map((n) => String(n).padStart(2, '0')));
const itself = (key: string) => key;

describe('firstByKey', () => {
  it('gives what sorting and cutting would (invariant 1)', () => {
    const after = fc.option(
      fc.integer({ min: 0, max: 60 }).map((n) => String(n).padStart(2, '0')),
      { nil: undefined },
    );
    fc.assert(
      fc.property(keys, after, fc.integer({ min: 1, max: 8 }), (values, behind, limit) => {
        const accept = (key: string) => Number(key) % 3 !== 0;
        const wanted = values.filter((key) => accept(key) && (behind === undefined || key > behind)).sort();
        const page = firstByKey(values, itself, { after: behind, limit, accept });
        expect(page.items).toEqual(wanted.slice(0, limit));
        expect(page.next).toBe(wanted.length > limit ? wanted[limit - 1] : undefined);
      }),
    );
  });

  it('pages without repeats or holes while others come and go (invariant 2)', () => {
    fc.assert(
      fc.property(keys, keys, fc.integer({ min: 1, max: 8 }), (stay, others, limit) => {
        const seen: string[] = [];
        for (let after: string | undefined, odd = false; seen.length <= stay.length; odd = !odd) {
          const values = [...stay, ...others.filter((key) => !stay.includes(key) && odd)];
          const { items, next } = firstByKey(values, itself, { after, limit, accept: () => true });
          seen.push(...items.filter((key) => stay.includes(key)));
          if (next === undefined) break;
          after = next;
        }
        expect(seen).toEqual([...stay].sort());
      }),
    );
  });
});
