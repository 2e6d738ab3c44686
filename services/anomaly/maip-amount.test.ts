import { expect, test } from 'vitest';
import { AMOUNT_FIELDS, maipAmount } from '../../shared/events/maip-amount.ts';
import { amountFinder } from './maip-amount.ts';

const PAYLOADS = [
  { amount: 12.5 },
  { total: '20.00' },
  { amount: null, order_total: 7 },
  { amount: '12,50', total: 3 },
  { amount: 1.005 },
  {},
  null,
  'text',
];

test('with the shared fields, is the shared rule', () => {
  expect(PAYLOADS.map(amountFinder(AMOUNT_FIELDS))).toEqual(PAYLOADS.map(maipAmount));
  expect(PAYLOADS.map(maipAmount)).toEqual([1250, 2000, 700, undefined, undefined, undefined, undefined, undefined]);
});

test('is found inside objects, where the options say so', () => {
  const find = amountFinder(['amount', 'order.total']);
  expect([{ order: { total: '20.00' } }, { order: 5 }, { order: null }].map(find)).toEqual([
    2000,
    undefined,
    undefined,
  ]);
});
