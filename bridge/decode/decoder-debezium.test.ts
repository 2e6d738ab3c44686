import { describe, expect, it } from 'vitest';
import { type EventRoute, routeDefaults } from '../../shared/config/routes.ts';
import type { KafkaRecord } from '../../shared/kafka/record.ts';
import type { Decoded } from './decoded.ts';
import { recordDecoder } from './decoder.ts';
import { TOMBSTONE } from './place.ts';

const NOW = Date.UTC(2026, 0, 1);
const WRITTEN = NOW - 60_000;
const UNAVAILABLE = '__debezium_unavailable_value';
const orders: EventRoute<'order'> = { topic: 'orders', ...routeDefaults('order', 'debezium-json') };
const products: EventRoute<'product'> = { topic: 'products', ...routeDefaults('product', 'debezium-json') };
const source = {
  version: '3.7.0.Final',
  connector: 'postgresql',
  name: 'shop',
  ts_ms: WRITTEN,
  snapshot: 'false',
  db: 'shop',
  sequence: '["100","120"]',
};

function record(value: unknown, key: string | null = null): KafkaRecord {
  const bytes = value === null ? null : Buffer.from(JSON.stringify(value));
  return { offset: 0, timestampMs: NOW, key: key === null ? null : Buffer.from(key), value: bytes };
}

function decode(route: EventRoute, ...records: readonly KafkaRecord[]): Decoded[] {
  const decoder = recordDecoder(route, route.topic);
  return records.map((each) => decoder.decode(each, NOW));
}

function change(op: string, before: unknown, after: unknown, key: string | null = null): KafkaRecord {
  return record({ before, after, source, op, ts_ms: NOW }, key);
}

const order = { order_id: 7, customer_id: 42, total_amount: 12.5, order_date: NOW - 1000 };
const orderEvent = { t: NOW - 1000, k: '42', id: '7', amount: 1250 };
const product = { product_id: 7, name: 'Lamp', stock_quantity: 3, price: '9.50' };
const productEvent = { t: WRITTEN, k: '7', name: 'Lamp', stock: 3, price: 950 };
const deleted = { t: WRITTEN, k: '7', deleted: true };

describe('values that a change left as they were', () => {
  const lacking = { ...order, total_amount: UNAVAILABLE };
  it('are those of before', () => {
    const [one] = decode(orders, change('u', order, { ...lacking, customer_id: 43 }));
    expect(one?.events).toEqual([
      { ...orderEvent, retract: true },
      { ...orderEvent, k: '43' },
    ]);
  });
  it('are unavailable when before does not tell, and no dead letter', () => {
    const cases = [
      change('u', null, lacking),
      change('u', { order_id: 7 }, lacking),
      change('u', lacking, lacking),
      change('d', lacking, null),
    ];
    for (const one of decode(orders, ...cases)) expect(one).toMatchObject({ outcome: 'unavailable', events: [] });
    expect(decode(products, change('u', null, { ...product, name: UNAVAILABLE }))[0]).toMatchObject({
      outcome: 'unavailable',
      events: [],
    });
  });
  it('do not matter where nobody reads them', () => {
    expect(decode(orders, change('c', null, { ...order, note: UNAVAILABLE }))[0]?.events).toEqual([orderEvent]);
  });
  it('do not matter in a product that is gone', () => {
    expect(decode(products, change('d', { ...product, name: UNAVAILABLE }, null))[0]?.events).toEqual([deleted]);
  });
});

describe('flattened rows', () => {
  const flat = (op: string, more: object = {}) =>
    record({ ...order, __op: op, __deleted: String(op === 'd'), ...more });
  it('count when they are created, and are taken back when they are deleted with their last values', () => {
    expect(decode(orders, flat('c'), flat('r'), flat('d')).map(({ events }) => events)).toEqual([
      [orderEvent],
      [orderEvent],
      [{ ...orderEvent, retract: true }],
    ]);
  });
  it('are unattributable when nothing tells what they were', () => {
    const gone = record({ order_id: 7, customer_id: null, total_amount: null, order_date: null, __deleted: 'true' });
    for (const one of decode(orders, flat('u'), record(order), gone))
      expect(one).toMatchObject({ outcome: 'unattributable', events: [] });
  });
  it('stand by themselves as products', () => {
    const rows = [
      { ...product, __op: 'u', __source_ts_ms: WRITTEN },
      { ...product, __source_ts_ms: WRITTEN },
      { ...product, __deleted: 'true', __source_ts_ms: WRITTEN },
    ];
    expect(decode(products, ...rows.map((one) => record(one))).map(({ events }) => events)).toEqual([
      [productEvent],
      [productEvent],
      [deleted],
    ]);
  });
});

describe('products that are gone', () => {
  const gone = (t: number) => ({ outcome: 'counted', events: [{ t, k: '7', deleted: true }] });

  it('by a delete that has the key alone, or nothing', () => {
    const [keyOnly, nothing, neither] = decode(
      products,
      change('d', { product_id: 7 }, null),
      change('d', null, null, '{"product_id":7}'),
      change('d', null, null),
    );
    expect(keyOnly).toMatchObject(gone(WRITTEN));
    expect(nothing).toMatchObject(gone(WRITTEN));
    expect(neither).toMatchObject({ outcome: 'unattributable', events: [] });
  });
  it('by a tombstone', () => {
    for (const key of ['{"product_id":7}', '{"schema":{"type":"int64"},"payload":7}', '7'])
      expect(decode(products, record(null, key))).toEqual([{ ...gone(NOW), place: TOMBSTONE }]);
    expect(decode({ ...products, decoder: 'json' }, record(null, '7'))).toEqual([gone(NOW)]);
  });
  it('by a delete and its tombstone, which says that it is one', () => {
    const key = '{"product_id":7}';
    const [byDelete, byTombstone] = decode(products, change('d', product, null, key), record(null, key));
    expect(byDelete?.place).toMatchObject({ op: 'd' });
    expect(byTombstone).toEqual({ ...gone(NOW), place: TOMBSTONE });
  });
  it('not by a tombstone of orders, or one whose key tells nothing', () => {
    const nothing = { outcome: 'tombstone', events: [] };
    expect(decode(orders, record(null, '{"order_id":7}'))).toEqual([nothing]);
    expect(decode(products, record(null), record(null, '{"sku":7}'), record(null, 'null'))).toEqual([
      nothing,
      nothing,
      nothing,
    ]);
  });
});

describe('when and where', () => {
  it('a product without a time has that of its change', () => {
    expect(decode(products, change('c', null, product))[0]?.events).toEqual([productEvent]);
  });
  const place = { origin: 'shop', commit: 100, lsn: 120, us: WRITTEN * 1000 };
  it('every outcome has the place of its change', () => {
    const all = [
      change('c', null, order),
      change('u', order, order),
      change('u', null, order),
      change('c', null, { ...order, total_amount: 'x' }),
      change('t', null, null),
    ];
    const decoded = decode(orders, ...all);
    expect(decoded.map(({ outcome }) => outcome)).toEqual([
      'counted',
      'unchanged',
      'unattributable',
      'dead',
      'truncate',
    ]);
    for (const one of decoded) expect(one.place).toMatchObject(place);
  });
  it('records that are no changes have none', () => {
    for (const one of decode(orders, record(null), record({ ts_ms: NOW }))) expect(one).not.toHaveProperty('place');
  });
});

it('ids may be decimals, when the schema says so', () => {
  const decimal = (field: string) => ({
    field,
    type: 'bytes',
    name: 'org.apache.kafka.connect.data.Decimal',
    parameters: { scale: '0' },
  });
  const schema = {
    type: 'struct',
    fields: [
      { field: 'after', type: 'struct', fields: [decimal('order_id'), decimal('customer_id')] },
      { field: 'op', type: 'string' },
    ],
  };
  const payload = { before: null, after: { ...order, order_id: 'Bw==', customer_id: 'Kg==' }, source, op: 'c' };
  expect(decode(orders, record({ schema, payload }))[0]?.events).toEqual([orderEvent]);
});
