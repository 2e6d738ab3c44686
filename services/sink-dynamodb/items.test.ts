import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeId } from '../../shared/events/id.ts';
import { SAMPLE_KINDS } from '../../shared/sink/sample-values.ts';
import type { SinkEntry } from '../../shared/sink/sink-target.ts';
import { ValueError } from './attribute-value.ts';
import { type Item, itemOf, versionOf } from './items.ts';
import { RESULT_TABLES, SOURCES, tableOf } from './tables.ts';

const LIFE = 1_717_200_000_000;
const STORED = Date.UTC(2024, 5, 1, 12);
const HOUR = 3_600_000;

function made(bucket: string, key: string, value: unknown, rest: Partial<SinkEntry> = {}, retentionMs?: number) {
  const options = { table: tableOf(bucket), bucket, life: LIFE, retentionMs, nowMs: STORED };
  return itemOf({ key, revision: 7, storedAtMs: STORED, value, ...rest }, options);
}

function sample(bucket: string, name: string, version: number): Item | undefined {
  const kind = SAMPLE_KINDS.find((candidate) => candidate.bucket === bucket && candidate.name === name);
  return made(bucket, kind?.key(42) ?? '', kind?.value(42, version));
}

const meta = (key: string) => ({
  updated_at: { S: '2024-06-01T12:00:00.000Z' },
  kv_key: { S: key },
  kv_version: { N: '17172000000000000000000000007' },
});

describe('values of every bucket', () => {
  test('a sliding window of sales', () => {
    const item = sample('sales', 'window', 2);
    expect(item?.key).toEqual({ S: 'window.1h.20240603T040000Z' });
    expect(item?.attributes).toEqual({
      ...meta('all.window.1h.20240603T040000Z'),
      metric_type: { S: 'window' },
      window_start: { S: '2024-06-03T04:00:00Z' },
      window_end: { S: '2024-06-03T05:00:00Z' },
      total_revenue: { N: '1250.52' },
      order_count: { N: '8' },
      avg_order_value: { N: '312.65' },
      unique_customers: { N: '3' },
      revision: { N: '2' },
      final: { BOOL: true },
    });
  });

  test('an hour of sales has the same attributes, but for distinct customers', () => {
    const item = sample('sales', 'hourly', 1);
    expect(item?.key).toEqual({ S: 'hourly.20240603T040000Z' });
    expect(item?.attributes).toMatchObject({ metric_type: { S: 'hourly' }, total_revenue: { N: '1250.51' } });
    expect(item?.attributes).toMatchObject({ avg_order_value: { N: '312.64' }, final: { BOOL: false } });
    expect(item?.attributes).not.toHaveProperty('unique_customers');
  });

  test('a customer', () => {
    const item = sample('rfm', 'customer', 3);
    expect(item?.key).toEqual({ N: '42' });
    expect(item?.attributes).toEqual({
      ...meta(item?.attributes.kv_key?.S ?? ''),
      segment: { S: 'VIP' },
      recency_days: { N: '3' },
      frequency: { N: '6' },
      monetary_value: { N: '500.02' },
      first_order: { S: '2024-06-01T10:00:00Z' },
      last_order: { S: '2024-06-01T13:00:00Z' },
    });
  });

  test('a product; what is not known of it is absent', () => {
    const item = sample('inventory', 'product', 3);
    expect(item?.key).toEqual({ N: '42' });
    expect(item?.attributes).toMatchObject({ is_dead_stock: { BOOL: false }, velocity_units_per_day: { N: '2.29' } });
    expect(item?.attributes).toMatchObject({ stock_status: { S: 'unknown' }, price: { N: '19.99' } });
    expect(item?.attributes).not.toHaveProperty('days_until_stockout');
    expect(item?.attributes).not.toHaveProperty('state');
    expect(sample('inventory', 'product', 1)?.attributes.days_until_stockout).toEqual({ N: '43.6' });
  });

  test('an alert has the id that the mesh gives it, and says whose it is', () => {
    const kind = SAMPLE_KINDS.find(({ bucket }) => bucket === 'anomaly');
    const item = sample('anomaly', 'alert', 3);
    expect(item?.key).toEqual({ S: kind?.value(42, 3).alert_id });
    expect(item?.source).toEqual({ S: 'anomaly.alert.42.order_spike.20240601T100000Z' });
    expect(item?.attributes).toMatchObject({
      bucket: { S: 'anomaly' },
      customer_id: { S: '42' },
      severity: { S: 'high' },
      count: { N: '3' },
      details: { M: { orders: { N: '7' }, order_ids: { L: [{ S: '1001' }, { S: '1002' }] } } },
    });
    expect(item?.attributes).not.toHaveProperty('occurrences');
    expect(item?.attributes).not.toHaveProperty('region');
    expect(sample('anomaly-maip', 'alert over all', 1)?.attributes).not.toHaveProperty('customer_id');
  });

  test('a user: all segments, those of it, and the end of its lifetime', () => {
    const kind = SAMPLE_KINDS.find(({ bucket, name }) => bucket === 'segments' && name === 'user');
    const key = kind?.key(42) ?? '';
    const item = made('segments', key, kind?.value(42, 2), { expiresAtMs: STORED + HOUR + 1 });
    expect(item?.key).toEqual({ S: 'user_42' });
    expect(item?.attributes).toMatchObject({ qualified: { L: [{ S: 'buyers' }] }, ttl: { N: '1717246801' } });
    expect(item?.attributes).toMatchObject({ segments: { M: { buyers: { M: { qualified: { BOOL: true } } } } } });
    expect(made('segments', key, kind?.value(42, 1))?.attributes.qualified).toEqual({ L: [] });
  });
});

describe('keys and versions', () => {
  test('different users have different items, whatever their ids', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (id) => {
        fc.pre(id.isWellFormed());
        expect(made('segments', `p01.user.${encodeId(id)}`, undefined)?.key).toEqual({ S: id });
      }),
    );
  });

  test('a value under an id that is no number is refused, deleting it is nothing to do', () => {
    const key = `p01.customer.${encodeId('ann@example.com')}`;
    expect(() => made('rfm', key, {})).toThrow(/"ann@example.com": the table's key is a number/);
    expect(made('rfm', key, undefined)).toBeUndefined();
    expect(() => made('rfm', 'p01.customer.a.b', {})).toThrow(ValueError);
  });

  test('versions rise with the revision, and with the life before that', () => {
    const number = (life: number, revision: number) => BigInt(versionOf(life, revision).N ?? '');
    const life = fc.integer({ min: 1e12, max: 9e12 });
    const revision = fc.maxSafeInteger().map(Math.abs);
    fc.assert(
      fc.property(life, revision, life, revision, (lifeA, a, lifeB, b) => {
        const wanted = lifeA === lifeB ? a > b : lifeA > lifeB;
        expect(number(lifeA, a) > number(lifeB, b)).toBe(wanted);
      }),
    );
    expect(String(number(9e12, Number.MAX_SAFE_INTEGER)).length).toBeLessThanOrEqual(38);
  });

  test('a deleted key leaves its version, whose it was, and the time when it may be forgotten', () => {
    expect(made('anomaly', 'p01.alert.42.x.y', undefined)?.attributes).toEqual({
      ...meta('p01.alert.42.x.y'),
      bucket: { S: 'anomaly' },
      source: { S: 'anomaly.alert.42.x.y' },
      deleted: { BOOL: true },
      ttl: { N: String((STORED + 24 * HOUR) / 1000) },
    });
  });
});

describe('lifetimes', () => {
  const window = SAMPLE_KINDS[0];
  const value = window?.value(1, 1);
  const key = window?.key(1) ?? '';

  test('results outlive the bucket, unless there is a retention', () => {
    const expiresAtMs = STORED + HOUR;
    expect(made('sales', key, value, { expiresAtMs })?.attributes).not.toHaveProperty('ttl');
    expect(made('sales', key, value, { expiresAtMs })?.attributes.kv_expires).toEqual({ N: '1717246800' });
    expect(made('sales', key, value, { expiresAtMs }, 48 * HOUR)?.attributes.ttl).toEqual({ N: '1717416000' });
  });
});

describe('what no item can hold is refused with a reason', () => {
  test.each([
    ['a text', 'x', /no JSON object/],
    ['a list', [], /no JSON object/],
    ['null', null, /no JSON object/],
    ['a missing number', { segment: 'VIP' }, /recency_days undefined: expected a number/],
    ['a number as text with blanks', { segment: 'VIP', recency_days: ' 1' }, /recency_days " 1": expected a number/],
  ])('%s', (_what, value, reason) => expect(() => made('rfm', 'p01.customer.1', value)).toThrow(reason));

  test('more than 400 KiB', () => {
    const details = { text: 'x'.repeat(410 * 1024) };
    const alert = { ...SAMPLE_KINDS.find(({ bucket }) => bucket === 'anomaly')?.value(1, 1), details };
    expect(() => made('anomaly', 'p01.alert.1.a.b', alert)).toThrow(/409600 bytes/);
  });
});

test('every table has a source, and every attribute that an item has is one that its table clears', () => {
  expect(new Set(SOURCES.map(({ table }) => table))).toEqual(new Set(RESULT_TABLES));
  for (const { bucket, name } of SAMPLE_KINDS) {
    if (!['window', 'hourly', 'customer', 'alert', 'product', 'user'].includes(name) || bucket === 'activity') continue;
    const attributes = tableOf(bucket).attributes;
    expect(Object.keys(sample(bucket, name, 3)?.attributes ?? {}).filter((each) => !attributes.includes(each))).toEqual(
      [],
    );
  }
});
