import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EventRoute, routeDefaults } from '../../../shared/config/routes.ts';
import { formatMoney } from '../../../shared/events/money.ts';
import { decode, lines, NOW, only, refuses } from './_cases.ts';
import { orderLine } from './order.ts';

/** As the order processor writes them. */
const route: EventRoute<'order'> = { ...routeDefaults('order', 'json'), topic: 'orders' };
const good = { orderId: 'o-1', customerId: 'c-1', amount: 12.5, timestamp: NOW - 1000 };

describe('an order as plain JSON', () => {
  it('has its time in ms or as ISO 8601', () => {
    for (const timestamp of [
      NOW - 1000,
      '2025-12-31T23:59:59Z',
      '2025-12-31T23:59:59.000000',
      '2026-01-01 01:59:59+02',
    ])
      expect(only(decode(route, { ...good, timestamp }))).toEqual({ t: NOW - 1000, k: 'c-1', id: 'o-1', amount: 1250 });
  });
  it('has its amount as a number or as text', () => {
    for (const amount of [12.5, '12.5', '12.50', '+12.500'])
      expect(lines(route, { ...good, amount })).toEqual([`{"t":${NOW - 1000},"k":"c-1","id":"o-1","amount":1250}`]);
  });
  it('has the names of the table where it has those', () => {
    const row = { order_id: 7, customer_id: 42, total_amount: '0.01', created_at: NOW };
    expect(only(decode(route, row))).toEqual({ t: NOW, k: '42', id: '7', amount: 1 });
  });
});

describe('an order with a bad value', () => {
  refuses(route, good, [
    ['customerId', undefined, 'missing-key', 'no customer_id or customerId;'],
    ['customerId', null, 'missing-key'],
    ['customerId', false, 'bad-id'],
    ['orderId', null, 'bad-id', 'the producer must set it'],
    ['orderId', 1.5, 'bad-id'],
    ['amount', null, 'bad-amount'],
    ['amount', 'twelve', 'bad-amount'],
    ['amount', 12.345, 'bad-amount', 'more than 2 fraction digits'],
    ['amount', '', 'bad-amount'],
    ['amount', -0.01, 'bad-amount', 'allowNegativeAmounts'],
    ['amount', true, 'bad-amount'],
    ['timestamp', null, 'bad-time'],
    ['timestamp', '2026-13-01', 'bad-time'],
    ['timestamp', {}, 'bad-time'],
  ]);
});

it('the line of any order is what JSON.stringify makes of it', () => {
  const order = fc.record({
    t: fc.maxSafeNat(),
    k: fc.string({ unit: 'binary' }),
    id: fc.string({ unit: 'binary' }),
    amount: fc.maxSafeInteger(),
  });
  const property = fc.property(order, fc.boolean(), (one, isRetract) => {
    const event = { ...one, ...(isRetract && { retract: true as const }) };
    expect(orderLine(event)).toBe(JSON.stringify(event));
  });
  fc.assert(property);
});

it('any amount in cents is read as it was written, as number and as text', () => {
  const property = fc.property(fc.integer({ min: 0, max: 2 ** 44 }), (cents) => {
    for (const amount of [cents / 100, formatMoney(cents)])
      expect(only(decode(route, { ...good, amount }))).toMatchObject({ amount: cents });
  });
  fc.assert(property);
});
