import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_ROUTES, type EventRoute, routeDefaults } from '../../shared/config/routes.ts';
import type { OrderEvent } from '../../shared/events/order.ts';
import type { KafkaRecord } from '../../shared/kafka/record.ts';
import { DebeziumJson } from './debezium-json.ts';
import type { Decoded } from './decoded.ts';
import { recordDecoder } from './decoder.ts';

const NOW = Date.UTC(2026, 0, 1);
const cdc: EventRoute<'order'> = { topic: 'dbserver1.public.orders', ...routeDefaults('order', 'debezium-json') };
const plain: EventRoute<'order'> = { topic: 'orders', ...routeDefaults('order', 'json') };

function decode(route: EventRoute<'order'>, value: string | Buffer | null, timestampMs = NOW): Decoded<OrderEvent> {
  const buffer = typeof value === 'string' ? Buffer.from(value) : value;
  const record: KafkaRecord = { offset: 0, timestampMs, key: null, value: buffer };
  return recordDecoder(route, route.topic).decode(record, NOW);
}

const row = { order_id: 7, customer_id: 42, total_amount: 12.5, status: 'placed', order_date: (NOW - 1000) * 1000 };
const event: OrderEvent = { t: NOW - 1000, k: '42', id: '7', amount: 1250 };

function change(op: string, before: unknown, after: unknown): Decoded<OrderEvent> {
  return decode(cdc, JSON.stringify({ before, after, source: { db: 'shop' }, op, ts_ms: NOW }));
}

describe('changes', () => {
  it('create and snapshot are one event', () => {
    expect(change('c', null, row)).toEqual({ outcome: 'counted', events: [event] });
    expect(change('r', null, row)).toEqual({ outcome: 'counted', events: [event] });
  });
  it('an update takes back and brings', () => {
    const { events } = change('u', row, { ...row, total_amount: 20, customer_id: 43 });
    expect(events).toEqual([
      { ...event, retract: true },
      { ...event, k: '43', amount: 2000 },
    ]);
  });
  it('an update of what we do not model is nothing', () => {
    expect(change('u', row, { ...row, status: 'paid' })).toEqual({ outcome: 'unchanged', events: [] });
  });
  it('a delete takes back', () => {
    expect(change('d', row, null)).toEqual({ outcome: 'counted', events: [{ ...event, retract: true }] });
  });
  for (const before of [null, { order_id: 7 }, { ...row, customer_id: null }, { ...row, total_amount: null }])
    it(`without a usable before (${JSON.stringify(before)}) it is unattributable`, () => {
      expect(change('u', before, row)).toEqual({ outcome: 'unattributable', events: [] });
      expect(change('d', before, null)).toEqual({ outcome: 'unattributable', events: [] });
    });
  it('truncate, messages and tombstones bring nothing', () => {
    expect(change('t', null, null).outcome).toBe('truncate');
    expect(change('m', null, null).outcome).toBe('message');
    expect(decode(cdc, null).outcome).toBe('tombstone');
    expect(decode(cdc, Buffer.alloc(0)).outcome).toBe('tombstone');
    expect(decode(plain, 'null').outcome).toBe('tombstone');
  });
  it('an update to something unreadable takes back, and is a dead letter', () => {
    const decoded = change('u', row, { ...row, total_amount: 'abc' });
    expect(decoded).toMatchObject({
      outcome: 'dead',
      events: [{ ...event, retract: true }],
      dead: { reason: 'bad-amount' },
    });
  });
  it('an update from something unreadable only brings: it never counted', () => {
    expect(change('u', { ...row, total_amount: 'abc' }, row)).toEqual({ outcome: 'counted', events: [event] });
    expect(change('d', { ...row, total_amount: 'abc' }, null)).toEqual({ outcome: 'uncounted', events: [] });
  });
});

describe('invariant 3', () => {
  const amount = fc.constantFrom<unknown>(1, 2.5, '3.10', 'abc', '1e400', -1, null);
  const customer = fc.constantFrom<unknown>(1, 2, '3', '', null);
  const rows = fc.array(fc.record({ amount, customer }), { minLength: 1, maxLength: 6 });

  it('the events of an order add up to its latest readable values, whatever it went through', () => {
    const property = fc.property(rows, fc.boolean(), (versions, isDeleted) => {
      const made = versions.map((one) => ({ ...row, total_amount: one.amount, customer_id: one.customer }));
      const steps = made.map((after, at) => (at === 0 ? change('c', null, after) : change('u', made[at - 1], after)));
      if (isDeleted) steps.push(change('d', made.at(-1), null));
      // A null in before is what REPLICA IDENTITY DEFAULT leaves: such a history cannot be followed.
      fc.pre(steps.every(({ outcome }) => outcome !== 'unattributable'));
      const balance = new Map<string, number>();
      for (const { k, amount: minor, retract } of steps.flatMap(({ events }) => events))
        balance.set(`${k}:${minor}`, (balance.get(`${k}:${minor}`) ?? 0) + (retract ? -1 : 1));
      const left = [...balance].filter(([, count]) => count !== 0);
      const latest = change('c', null, made.at(-1)).events[0];
      expect(left).toEqual(isDeleted || !latest ? [] : [[`${latest.k}:${latest.amount}`, 1]]);
    });
    fc.assert(property, { numRuns: 300 });
  });
});

describe('plain orders', () => {
  const order = { orderId: 'o-1', customerId: 'c-1', amount: 12.5, timestamp: NOW - 5, items: [{ sku: 'x' }] };
  const read = (changes: object) => decode(plain, JSON.stringify({ ...order, ...changes }));

  it('become the same event', () => {
    expect(read({})).toEqual({ outcome: 'counted', events: [{ t: NOW - 5, k: 'c-1', id: 'o-1', amount: 1250 }] });
  });

  const bad: Readonly<Record<string, [reason: string, value: string | Buffer]>> = {
    'malformed JSON': ['malformed', '{"orderId":'],
    'bytes that are not UTF-8': ['malformed', Buffer.from([0x7b, 0xff, 0x7d])],
    'a list': ['malformed', '[]'],
    'no customer': ['missing-key', JSON.stringify({ ...order, customerId: undefined })],
    'an empty customer': ['missing-key', JSON.stringify({ ...order, customerId: '' })],
    'no order id': ['bad-id', JSON.stringify({ ...order, orderId: null })],
    'an amount that is no number': ['bad-amount', JSON.stringify({ ...order, amount: 'abc' })],
    'an amount of 1e400': ['bad-amount', JSON.stringify(order).replace('12.5', '1e400')],
    'an amount below zero': ['bad-amount', JSON.stringify({ ...order, amount: -1 })],
    'seconds for milliseconds (1970)': ['bad-time', JSON.stringify({ ...order, timestamp: NOW / 1000 })],
    'the year 1970': ['bad-time', JSON.stringify({ ...order, timestamp: 0 })],
    'the year 9999': ['bad-time', JSON.stringify({ ...order, timestamp: Date.UTC(9999, 0, 1) })],
    'a time text': ['bad-time', JSON.stringify({ ...order, timestamp: 'soon' })],
    'no time': ['bad-time', JSON.stringify({ ...order, timestamp: undefined })],
    'more than maxRecordBytes': ['too-large', JSON.stringify({ ...order, note: 'x'.repeat(2 * 1024 * 1024) })],
  };
  for (const [name, [reason, value]] of Object.entries(bad))
    it(`${name} is a dead letter: ${reason}`, () => {
      const decoded = decode(plain, value);
      expect(decoded).toMatchObject({ outcome: 'dead', events: [], dead: { reason } });
      expect(decoded.dead?.text).toMatch(/^Cannot /);
    });

  it('refunds count where the route allows them', () => {
    const refund = JSON.stringify({ ...order, amount: -1 });
    expect(decode({ ...plain, allowNegativeAmounts: true }, refund).events[0]?.amount).toBe(-100);
  });
  it('an id beyond 2^53 keeps its digits', () => {
    const text = JSON.stringify(order).replace('"o-1"', '9007199254740993');
    expect(decode(plain, text).events[0]?.id).toBe('9007199254740993');
  });
});

describe('times ahead', () => {
  const ahead = (t: number, timestampMs: number) =>
    decode(plain, JSON.stringify({ orderId: 1, customerId: 1, amount: 1, timestamp: t }), timestampMs).outcome;
  const day = 86_400_000;

  it("are measured from the record's own timestamp, so a replay decides the same", () => {
    const written = NOW - 300 * day;
    expect(ahead(written + day, written)).toBe('counted');
    expect(ahead(written + day + 1, written)).toBe('dead');
  });
  it('are bounded by the wall clock, and by it alone when the record has no timestamp', () => {
    expect(ahead(NOW + day + 1, NOW + 300 * day)).toBe('dead');
    expect(ahead(NOW + day, -1)).toBe('counted');
    expect(ahead(NOW + day + 1, -1)).toBe('dead');
  });
});

describe('the capture of Arroyo: 830 changes of public.orders', () => {
  const read = (name: string) => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8');
  const lines = read('aggregate_updates.jsonl').split('\n').filter(Boolean);
  const route: EventRoute = {
    ...cdc,
    fields: { id: ['id'], key: ['product_name'], amount: ['price'], time: ['order_date'] },
  };

  /** The rows that the golden changelog ends with, by id. */
  function goldenRows(): Map<number, Record<string, unknown>> {
    const rows = new Map<number, Record<string, unknown>>();
    for (const line of read('debezium_pass_through.golden.jsonl').split('\n').filter(Boolean)) {
      const { before, after } = JSON.parse(line) as Record<'before' | 'after', Record<string, unknown> | null>;
      if (before) rows.delete(Number(before.id));
      if (after) rows.set(Number(after.id), after);
    }
    return rows;
  }

  it('materialises to the golden 559 rows', () => {
    const rows = new Map<number, unknown>();
    const debezium = new DebeziumJson([['id'], ['order_date']]);
    for (const line of lines) {
      const one = debezium.read(line, false);
      if (one.kind !== 'change') throw new Error(`Unexpected ${one.kind}`);
      if (one.before) rows.delete(Number(one.before.id));
      if (one.after)
        rows.set(Number(one.after.id), { ...one.after, order_date: Math.floor(Number(one.after.order_date) / 1e6) });
    }
    expect(rows.size).toBe(559);
    expect(new Map([...rows].sort())).toEqual(new Map([...goldenRows()].sort()));
  });

  it('leaves, as order events, exactly the golden orders per product', () => {
    const counts = new Map<string, number>();
    const totals = new Map<string, number>();
    for (const { outcome, events } of lines.map((line) => decode(route, line))) {
      expect(['counted', 'unchanged']).toContain(outcome);
      for (const { k, amount, retract } of events) {
        counts.set(k, (counts.get(k) ?? 0) + (retract ? -1 : 1));
        totals.set(k, (totals.get(k) ?? 0) + (retract ? -amount : amount));
      }
    }
    const { golden_agg } = JSON.parse(read('arroyo.expected.json')) as {
      golden_agg: { rows: { product: string; count: number }[] };
    };
    expect(Object.fromEntries(counts)).toEqual(
      Object.fromEntries(golden_agg.rows.map(({ product, count }) => [product, count])),
    );
    const expected = new Map<string, number>();
    for (const { product_name, price } of goldenRows().values())
      expected.set(String(product_name), (expected.get(String(product_name)) ?? 0) + Math.round(Number(price) * 100));
    expect(Object.fromEntries(totals)).toEqual(Object.fromEntries(expected));
  });
});

it('every built-in route has a decoder', () => {
  const tombstone: KafkaRecord = { offset: 0, timestampMs: NOW, key: null, value: null };
  for (const route of DEFAULT_ROUTES)
    if (route.decoder !== 'raw') expect(recordDecoder(route, 'any').decode(tombstone, NOW).outcome).toBe('tombstone');
});
