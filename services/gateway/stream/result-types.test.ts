import { describe, expect, it } from 'vitest';
import { partitionName, partitionOf } from '../../../shared/events/partition.ts';
import { keyFields, keyPattern, RESULT_PARTS, type ResultPart, typesFor, USUAL_TYPES } from './result-types.ts';

/** A key of each type in each bucket, as the services' READMEs have them, and the fields it stands for. */
const KEYS: readonly (readonly [type: string, bucket: string, key: string, fields: Record<string, string>])[] = [
  ['sales.window', 'sales', 'all.window.1h.20240601T100000Z', { window_start: '2024-06-01T10:00:00Z' }],
  ['sales.hourly', 'sales', 'all.hourly.20240601T100000Z', { window_start: '2024-06-01T10:00:00Z' }],
  [
    'sales.customer-hour',
    'sales',
    'p07.customer-hour.a=2Fb.20240601T100000Z',
    { customer_id: 'a/b', window_start: '2024-06-01T10:00:00Z' },
  ],
  ['rfm.summary', 'rfm', 'all.summary', {}],
  ['rfm.customer', 'rfm', 'p07.customer.42', { customer_id: '42' }],
  [
    'alert',
    'anomaly',
    'p03.alert.42.order_spike.20240601T100000Z',
    { alert_id: '42-order_spike-20240601T100000Z', anomaly_type: 'order_spike', customer_id: '42' },
  ],
  [
    'alert',
    'anomaly-maip',
    'all.alert.=.HIGH_ORDER_VOLUME.20240601T100000Z',
    { alert_id: '=-HIGH_ORDER_VOLUME-20240601T100000Z', anomaly_type: 'HIGH_ORDER_VOLUME' },
  ],
  [
    'alert',
    'region-health',
    'all.alert.eu-west.low_speed.20240601T100000Z',
    { alert_id: 'eu-west-low_speed-20240601T100000Z', anomaly_type: 'low_speed', region: 'eu-west' },
  ],
  ['inventory.summary', 'inventory', 'all.summary', {}],
  ['inventory.product', 'inventory', 'p07.product.7', { product_id: '7' }],
  [
    'region.minute',
    'region-health',
    'all.region.1m.=.20240601T100000Z',
    { region: '', window_start: '2024-06-01T10:00:00Z' },
  ],
  [
    'device.minute',
    'region-health',
    'all.device.1m.mobile.android.15.20240601T100000Z',
    { device_type: 'mobile', os: 'android', os_version: '15', window_start: '2024-06-01T10:00:00Z' },
  ],
  [
    'content.minute',
    'region-health',
    'p07.content.1m.content-7.20240601T100000Z',
    { content_id: 'content-7', window_start: '2024-06-01T10:00:00Z' },
  ],
  ['segments.user', 'segments', 'p08.user.ann', { user_id: 'ann' }],
  ['segments.member', 'segments', 'p08.member.buyers.ann', { segment_id: 'buyers', user_id: 'ann' }],
  [
    'activity.window',
    'activity',
    'p07.window.5m.cust-7.20240601T100000Z',
    { customer_id: 'cust-7', window_start: '2024-06-01T10:00:00Z' },
  ],
];

const NO_RESULTS = [
  'p07.applied',
  'p07.marker',
  'all.applied',
  'p07.pane.20240601T100000Z',
  'p07.rules',
  'p07.pending',
  'p07.events.ann.1717200000000',
  'all.region.latest.eu-west',
  'all.outage.eu-west.low_speed.20240601T100000Z',
  'p07.customer.42.more',
  'p07.alert.42.order_spike',
];

const part = (type: string, bucket?: string): ResultPart => {
  const found = RESULT_PARTS.find((one) => one.type === type && (bucket === undefined || one.bucket === bucket));
  if (!found) throw new Error(`no part "${type}"`);
  return found;
};

/** As a server matches subjects. */
function matches(pattern: string, key: string): boolean {
  const tokens = key.split('.');
  const wanted = pattern.split('.');
  return wanted.length === tokens.length && wanted.every((token, at) => token === '*' || token === tokens[at]);
}

describe('the types of results', () => {
  it('are each told by the key alone', () => {
    expect(new Set(KEYS.map(([type, bucket]) => `${type} ${bucket}`)).size).toBe(RESULT_PARTS.length);
    for (const [type, bucket, key, fields] of KEYS) {
      const of = RESULT_PARTS.filter((one) => one.bucket === bucket && keyFields(one, key.split('.')));
      expect([key, of.map((one) => one.type)]).toEqual([key, [type]]);
      expect(keyFields(part(type, bucket), key.split('.'))).toEqual(fields);
      expect(matches(keyPattern(part(type, bucket)), key)).toBe(true);
    }
  });

  it('do not include what is the stages own', () => {
    for (const key of NO_RESULTS)
      expect([key, RESULT_PARTS.filter((one) => keyFields(one, key.split('.'))).map(({ type }) => type)]).toEqual([
        key,
        [],
      ]);
  });

  it('share a source only within a bucket', () => {
    const buckets = new Map<string, Set<string>>();
    for (const { source, bucket } of RESULT_PARTS) buckets.set(source, (buckets.get(source) ?? new Set()).add(bucket));
    expect([...buckets.values()].every(({ size }) => size === 1)).toBe(true);
  });

  it('are narrowed to one key where a filter names it', () => {
    const p = partitionName(partitionOf('a.b'));
    expect(keyPattern(part('rfm.customer'), { customer: 'a.b' })).toBe(`${p}.customer.a=2Eb`);
    expect(keyPattern(part('sales.customer-hour'), { customer: 'a.b' })).toBe(`${p}.customer-hour.a=2Eb.*`);
    expect(keyPattern(part('alert', 'anomaly'), { customer: '>' })).toBe(
      `${partitionName(partitionOf('>'))}.alert.=3E.*.*`,
    );
    expect(keyPattern(part('alert', 'region-health'), { region: 'eu' })).toBe('all.alert.eu.*.*');
    expect(keyPattern(part('segments.member'), { segment: 's' })).toBe('*.member.s.*');
    expect(keyPattern(part('segments.member'), { segment: 's', user: 'a.b' })).toBe(`${p}.member.s.a=2Eb`);
    expect(keyPattern(part('alert', 'anomaly'), { severity: 'high' })).toBe('*.alert.*.*.*');
  });

  it('are by default those of which there are few; with a filter, all that it applies to', () => {
    expect(USUAL_TYPES).toEqual([
      'sales.window',
      'sales.hourly',
      'rfm.summary',
      'alert',
      'inventory.summary',
      'region.minute',
      'device.minute',
    ]);
    expect(typesFor(['customer'])).toEqual(['sales.customer-hour', 'rfm.customer', 'alert', 'activity.window']);
    expect(typesFor(['region'])).toEqual(['alert', 'region.minute']);
    expect(typesFor(['customer', 'region'])).toEqual([]);
  });
});
