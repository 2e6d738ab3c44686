import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EventRoute, routeDefaults } from '../../../shared/config/routes.ts';
import { formatMoney } from '../../../shared/events/money.ts';
import { decode, lines, NOW, only, refuses } from './_cases.ts';

const cdc: EventRoute = { ...routeDefaults('product', 'debezium-json'), topic: 'dbserver1.public.products' };
const flat: EventRoute = { ...routeDefaults('product', 'json'), topic: 'products' };
const good = { product_id: 3, name: 'Lamp, "blue"', stock_quantity: 12, price: '19.99', updated_at: NOW - 1000 };
const event = { t: NOW - 1000, k: '3', name: 'Lamp, "blue"', stock: 12, price: 1999 };
const change = (op: string, before: unknown, after: unknown) => ({ before, after, op, ts_ms: NOW });
const DAY = 86_400_000;

describe('a product', () => {
  it('is read', () => {
    expect(only(decode(flat, good))).toEqual(event);
    expect(lines(flat, good)).toEqual([
      `{"t":${NOW - 1000},"k":"3","name":"Lamp, \\"blue\\"","stock":12,"price":1999}`,
    ]);
  });
  it('may be oversold, and have no name', () => {
    expect(only(decode(flat, { ...good, stock_quantity: -2, name: null }))).toMatchObject({ stock: -2, name: '' });
  });
  it('stands at its latest row: nothing is taken back, and no former row is needed', () => {
    for (const before of [null, { product_id: 3 }, { ...good, stock_quantity: 'many' }])
      expect(decode(cdc, change('u', before, good))).toEqual({ outcome: 'counted', events: [event] });
  });
  it('is gone when its row is, for which its key is enough', () => {
    for (const before of [good, { product_id: 3 }]) {
      expect(lines(cdc, change('d', before, null), { timestampMs: NOW - 500 })).toEqual([
        `{"t":${NOW - 500},"k":"3","deleted":true}`,
      ]);
    }
    expect(decode(cdc, change('d', null, null)).outcome).toBe('unattributable');
  });
});

describe('a product without a time (invariant 1)', () => {
  const timeless = { ...good, updated_at: null };
  it("has its record's", () => {
    expect(only(decode(flat, timeless, { timestampMs: NOW - 7 }))).toMatchObject({ t: NOW - 7 });
  });
  it('has the earliest plausible one when its record has none', () => {
    expect(only(decode(flat, timeless, { timestampMs: -1 }))).toMatchObject({ t: Date.UTC(1990, 0, 1) });
  });
  it("is a dead letter when its record's is in the future, and so is its delete", () => {
    const ahead = { timestampMs: NOW + DAY + 1 };
    const dead = { reason: 'bad-time', text: expect.stringContaining('correct the clock') };
    expect(decode(flat, timeless, ahead).dead).toEqual(dead);
    expect(decode(cdc, change('d', good, null), ahead).dead).toEqual(dead);
  });
});

describe('a product with a bad value', () => {
  refuses(flat, good, [
    ['product_id', undefined, 'missing-key'],
    ['product_id', [3], 'bad-id'],
    ['name', {}, 'bad-value'],
    ['name', 'x'.repeat(1025), 'bad-value'],
    ['stock_quantity', null, 'bad-value'],
    ['stock_quantity', 1.5, 'bad-value'],
    ['price', 'free', 'bad-amount'],
    ['price', undefined, 'bad-amount'],
    ['updated_at', 'never', 'bad-time'],
    ['updated_at', NOW + DAY + 1, 'bad-time'],
  ]);
});

it('the line of any product parses to the event', () => {
  const any = fc.record({
    id: fc.string({ minLength: 1, maxLength: 20, unit: 'binary' }),
    name: fc.string({ maxLength: 20, unit: 'binary' }),
    stock: fc.maxSafeInteger(),
    cents: fc.integer({ min: 0, max: 2 ** 44 }),
  });
  const property = fc.property(any, ({ id, name, stock, cents }) => {
    const row = { product_id: id, name, stock_quantity: stock, price: formatMoney(cents), updated_at: NOW };
    expect(lines(flat, row)).toEqual([JSON.stringify({ t: NOW, k: id, name, stock, price: cents })]);
  });
  fc.assert(property);
});
