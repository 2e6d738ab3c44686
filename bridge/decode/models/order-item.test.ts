import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EventRoute, routeDefaults } from '../../../shared/config/routes.ts';
import { formatMoney } from '../../../shared/events/money.ts';
import { decode, lines, NOW, only, refuses } from './_cases.ts';

const cdc: EventRoute = { ...routeDefaults('orderItem', 'debezium-json'), topic: 'dbserver1.public.order_items' };
const flat: EventRoute = { ...routeDefaults('orderItem', 'json'), topic: 'items' };
const good = {
  order_item_id: 9,
  order_id: 7,
  product_id: 3,
  quantity: 2,
  unit_price: '19.99',
  created_at: NOW - 1000,
};
const event = { t: NOW - 1000, k: '3', id: '9', order: '7', quantity: 2, price: 1999 };
const change = (op: string, before: unknown, after: unknown) => ({ before, after, op, ts_ms: NOW });

describe('a line of an order', () => {
  it('is read', () => {
    expect(only(decode(flat, good))).toEqual(event);
    expect(lines(flat, good)).toEqual([`{"t":${NOW - 1000},"k":"3","id":"9","order":"7","quantity":2,"price":1999}`]);
  });
  it('may be a return', () => {
    expect(only(decode(flat, { ...good, quantity: '-2' }))).toMatchObject({ quantity: -2 });
  });
  it('is taken back when it changes and when it is deleted', () => {
    expect(lines(cdc, change('u', good, { ...good, quantity: 5 }))).toEqual([
      `{"t":${NOW - 1000},"k":"3","id":"9","order":"7","quantity":2,"price":1999,"retract":true}`,
      `{"t":${NOW - 1000},"k":"3","id":"9","order":"7","quantity":5,"price":1999}`,
    ]);
    expect(decode(cdc, change('d', good, null)).events).toEqual([{ ...event, retract: true }]);
  });
  it('without its former row cannot be taken back', () => {
    expect(decode(cdc, change('d', { order_item_id: 9 }, null)).outcome).toBe('unattributable');
  });
  it('does not count twice when what changed is not ours', () => {
    expect(decode(cdc, change('u', good, { ...good, note: 'gift' })).outcome).toBe('unchanged');
  });
});

describe('a line of an order with a bad value', () => {
  refuses(flat, good, [
    ['product_id', undefined, 'missing-key'],
    ['product_id', {}, 'bad-id'],
    ['order_item_id', null, 'bad-id'],
    ['order_item_id', 1.5, 'bad-id'],
    ['order_id', '', 'bad-id'],
    ['quantity', null, 'bad-value', 'whole number'],
    ['quantity', 1.5, 'bad-value'],
    ['quantity', 'two', 'bad-value'],
    ['unit_price', null, 'bad-amount'],
    ['unit_price', '19.999', 'bad-amount'],
    ['created_at', null, 'bad-time'],
    ['created_at', 0, 'bad-time', 'too early'],
  ]);
});

it('the line of any order line parses to the event', () => {
  const any = fc.record({
    id: fc.string({ minLength: 1, maxLength: 20, unit: 'binary' }),
    order: fc.oneof(fc.maxSafeInteger(), fc.string({ minLength: 1, maxLength: 20, unit: 'binary' })),
    product: fc.string({ minLength: 1, maxLength: 20, unit: 'binary' }),
    quantity: fc.maxSafeInteger(),
    cents: fc.integer({ min: 0, max: 2 ** 44 }),
  });
  const property = fc.property(any, ({ id, order, product, quantity, cents }) => {
    const row = {
      order_item_id: id,
      order_id: order,
      product_id: product,
      quantity,
      unit_price: formatMoney(cents),
      created_at: NOW,
    };
    const expected = { t: NOW, k: product, id, order: String(order), quantity, price: cents };
    expect(lines(flat, row)).toEqual([JSON.stringify(expected)]);
  });
  fc.assert(property);
});
