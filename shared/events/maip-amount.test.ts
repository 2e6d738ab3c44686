import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AMOUNT_FIELDS, findAmount, maipAmount, readAmount } from './maip-amount.ts';
import { formatMoney, moneyFromNumber, parseMoney } from './money.ts';

describe('where the amount is', () => {
  test.each(AMOUNT_FIELDS)('in %s', (name) => {
    expect(maipAmount({ orderId: 'o-1', [name]: 12.5 })).toBe(1250);
  });

  test('in the first field that is there and not null', () => {
    expect(maipAmount({ total: 3, totalAmount: 2, amount: 1 })).toBe(100);
    expect(maipAmount({ total: 3, totalAmount: 2, amount: null })).toBe(200);
  });

  test('an amount that cannot be used hides those after it: no second guess', () => {
    expect(maipAmount({ amount: 'ten', total: 3 })).toBeUndefined();
    expect(findAmount({ amount: 'ten', total: 3 })).toBe('ten');
  });

  test.each([[null], ['12.5'], [12.5], [[]], [{}], [{ price: 9 }], [{ order: { amount: 1 } }], [{ amount: null }]])(
    'not in %j',
    (payload) => {
      expect(findAmount(payload)).toBeUndefined();
      expect(maipAmount(payload)).toBeUndefined();
    },
  );
});

describe('what an amount is', () => {
  test.each([
    [12.35, 1235],
    [0, 0],
    [-0, 0],
    [-5, -500],
    ['12.5', 1250],
    ['12.50000', 1250],
    ['-0.05', -5],
    [9_999_999_999_999, 999_999_999_999_900],
    ['9999999999999.99', 999_999_999_999_999],
  ])('%j is %i cents', (found, minor) => {
    expect(readAmount(found)).toBe(minor);
  });

  test.each([
    [12.345],
    [0.1 + 0.2],
    [1e13],
    [1e300],
    [NaN],
    ['12,50'],
    ['1e3'],
    [''],
    ['12.345'],
    ['10000000000000.0.0'],
  ])('%j cannot be used', (found) => {
    expect(readAmount(found)).toBeUndefined();
  });

  test.each([[true], [{ value: 1 }], [[1]]])('%j cannot be used', (found) => {
    expect(maipAmount({ amount: found })).toBeUndefined();
  });

  test('agrees with money.ts on every amount in cents, as number and as text', () => {
    const cents = fc.integer({ min: -(10 ** 15) + 1, max: 10 ** 15 - 1 });
    fc.assert(
      fc.property(cents, (minor) => {
        const text = formatMoney(minor);
        expect(readAmount(text)).toBe(parseMoney(text));
        expect(readAmount(Number(text))).toBe(moneyFromNumber(Number(text)));
        expect(readAmount(text)).toBe(minor);
      }),
    );
  });

  test('never throws', () => {
    fc.assert(fc.property(fc.anything(), (found) => void readAmount(found)));
  });
});
