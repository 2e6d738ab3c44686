import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { averageMoney, formatMoney, moneyFromNumber, parseMoney } from './money.ts';

const MAX = Number.MAX_SAFE_INTEGER; // 9007199254740991: 2^53 - 1 cents
const cents = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -100_000, max: 100_000 }));

describe('parseMoney', () => {
  test.each([
    ['0', 0],
    ['12.5', 1250],
    ['12.50', 1250],
    ['12.500000', 1250],
    ['12', 1200],
    ['0.01', 1],
    ['0.05', 5],
    ['+3.10', 310],
    ['-3.10', -310],
    ['-0.05', -5],
    ['007.00', 700],
    ['90071992547409.91', MAX],
    ['-90071992547409.91', -MAX],
    ['0.000', 0],
  ])('reads %j as %i', (text, minor) => {
    expect(parseMoney(text)).toBe(minor);
  });

  test('reads minus nothing as 0, not as -0', () => {
    expect(Object.is(parseMoney('-0.00'), 0)).toBe(true);
  });

  test.each([
    '',
    ' ',
    'abc',
    '1e2',
    '1e400',
    '1,5',
    '1.',
    '.5',
    '--1',
    '1.2.3',
    ' 1',
    '1 ',
    '0x10',
    'NaN',
    'Infinity',
    '１',
  ])('refuses %j', (text) => {
    expect(() => parseMoney(text)).toThrow(`Cannot read ${JSON.stringify(text)} as an amount: expected a decimal`);
  });

  test.each(['0.001', '12.345', '-1.009'])('refuses %j rather than round it', (text) => {
    expect(() => parseMoney(text)).toThrow('more than 2 fraction digits');
  });

  test.each(['90071992547409.92', '90071992547409.93', '-90071992547409.92', `${'9'.repeat(400)}`])(
    'refuses what does not fit 2^53 (%j)',
    (text) => {
      expect(() => parseMoney(text)).toThrow('over 2^53 minor units');
    },
  );

  test('quotes no more than the beginning of a long text', () => {
    expect(() => parseMoney('x'.repeat(10_000))).toThrow(/^Cannot read "x{40}…" as an amount/);
  });
});

describe('moneyFromNumber', () => {
  test.each([
    [12.35, 1235],
    [0.07, 7],
    [1.1, 110],
    [0.29, 29],
    [1.005e2, 10050],
    [-19.99, -1999],
    [1234567.89, 123456789],
    [0, 0],
    [-76113114422880.1, -7611311442288010],
    [38884458551276.34, 3888445855127634],
    [80000000000000.03, 8000000000000003],
  ])('reads the double %d as %i', (amount, minor) => {
    expect(moneyFromNumber(amount)).toBe(minor);
  });

  test('reads -0 as 0', () => {
    expect(Object.is(moneyFromNumber(-0), 0)).toBe(true);
  });

  test.each([0.001, 12.345, 0.1 + 0.2, 1e-9, -1.009, Number.MIN_VALUE])('refuses %d rather than round it', (amount) => {
    expect(() => moneyFromNumber(amount)).toThrow('more than 2 fraction digits');
  });

  test.each([2 ** 53, 1e14, 1e300, Number.MAX_VALUE, -(2 ** 53)])('refuses %d, over 2^53 cents', (amount) => {
    expect(() => moneyFromNumber(amount)).toThrow('over 2^53');
  });

  test('refuses what JSON makes of 1e400', () => {
    for (const amount of [JSON.parse('1e400') as number, JSON.parse('-1e400') as number, Number.NaN])
      expect(() => moneyFromNumber(amount)).toThrow('not a finite number');
  });

  test('agrees with the decimal text of the number', () => {
    const amounts = fc.oneof(
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      cents.map((minor) => minor / 100),
    );
    fc.assert(
      fc.property(amounts, (amount) => {
        const text = String(amount);
        if (/e/.test(text)) return; // parseMoney takes plain decimals only
        expect(outcome(() => moneyFromNumber(amount))).toBe(outcome(() => parseMoney(text)));
      }),
    );
  });
});

describe('formatMoney', () => {
  test.each([
    [1250, '12.50'],
    [-5, '-0.05'],
    [0, '0.00'],
    [-0, '0.00'],
    [7, '0.07'],
    [100, '1.00'],
    [-12345, '-123.45'],
    [MAX, '90071992547409.91'],
  ])('writes %i as %s', (minor, text) => {
    expect(formatMoney(minor)).toBe(text);
  });

  test('is undone by parseMoney', () => {
    fc.assert(fc.property(cents, (minor) => void expect(parseMoney(formatMoney(minor))).toBe(minor + 0)));
  });
});

describe('averageMoney', () => {
  test.each([
    [0, 0, 0],
    [100, 3, 33],
    [101, 2, 51],
    [-101, 2, -51],
    [-100, 3, -33],
    [5, 10, 1],
    [4, 10, 0],
  ])('%i over %i is %i', (total, count, average) => {
    expect(averageMoney(total, count)).toBe(average);
  });
});

function outcome(read: () => number): number | 'refused' {
  try {
    return read();
  } catch {
    return 'refused';
  }
}
