import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PARTITIONS } from '../events/partition.ts';
import { desiredOwner } from './rendezvous.ts';

const members = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 8 });

describe('desiredOwner', () => {
  test('is nobody where there is nobody, and a member otherwise', () => {
    expect(desiredOwner('p00', [])).toBeUndefined();
    fc.assert(fc.property(members, (list) => void expect(list).toContain(desiredOwner('p07', list))));
  });

  test('is the same whatever the order of the list', () => {
    fc.assert(
      fc.property(members, (list) => {
        for (const key of PARTITIONS) expect(desiredOwner(key, list.toReversed())).toBe(desiredOwner(key, list));
      }),
    );
  });

  test('moves only to a member that comes, and only from a member that goes', () => {
    fc.assert(
      fc.property(members, fc.string({ minLength: 13, maxLength: 13 }), (list, comer) => {
        for (const key of PARTITIONS) {
          const before = desiredOwner(key, list);
          const after = desiredOwner(key, [...list, comer]);
          expect([before, comer]).toContain(after);
        }
      }),
    );
  });

  test('of two equal names is one of them, without a preference for the later', () => {
    expect(desiredOwner('p00', ['a', 'a'])).toBe('a');
  });

  test('spreads the partitions over members whose names are nearly alike', () => {
    for (let n = 1000; n < 1400; n++) {
      const list = [`rfm-host-${n}`, `rfm-host-${n + 1}`];
      const share = PARTITIONS.filter((key) => desiredOwner(key, list) === list[0]).length;
      expect(share).toBeGreaterThan(0);
      expect(share).toBeLessThan(PARTITIONS.length);
    }
  });

  test.each([2, 3, 4, 8])('spreads many keys over %i members, within a fifth', (count) => {
    const list = Array.from({ length: count }, (_, at) => `rfm-host-${4000 + at}`);
    const owned = new Map(list.map((member) => [member, 0]));
    const keys = 16_000;
    for (let key = 0; key < keys; key++) {
      const owner = desiredOwner(`k${key}`, list) ?? '';
      owned.set(owner, (owned.get(owner) ?? 0) + 1);
    }
    for (const share of owned.values()) expect(Math.abs(share - keys / count)).toBeLessThan(keys / count / 5);
  });
});
