/**
 * Values as the services write them (services/<name>/README.md, "Results"): what the contract of sinks writes, so that
 * an adapter which turns values into columns can take them. `id` tells keys apart, `version` the values of one key.
 */
import { compactTime, formatTime } from '../event-time/time-text.ts';
import { partitionName, partitionOf } from '../events/partition.ts';

export interface SampleKind {
  readonly bucket: string;
  readonly name: string;
  key(id: number): string;
  value(id: number, version: number): Readonly<Record<string, unknown>>;
  /** As the service gives it, ms; absent: it stays. */
  readonly lifetimeMs?: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.UTC(2024, 5, 1, 10);

const hour = (id: number) => START + id * HOUR;
const keyed = (owner: string, rest: string) => `${partitionName(partitionOf(owner))}.${rest}`;
const money = (cents: number) => (cents / 100).toFixed(2);

function alert(subject: Readonly<Record<string, string>>, type: string, at: number, version: number) {
  const owner = Object.values(subject)[0] ?? '';
  return {
    alert_id: `${owner}-${type}-${compactTime(at)}`,
    anomaly_type: type,
    severity: version > 2 ? 'high' : 'medium',
    ...subject,
    description: `${type}: ${owner || 'all customers'}, seen ${version} times`,
    timestamp: formatTime(at + version),
    count: version,
    first: formatTime(at),
    last: formatTime(at + version),
    details: { orders: 4 + version, within_seconds: 3_600, from: 5, order_ids: ['1001', '1002'] },
    occurrences: [[at, '1001']],
  };
}

export const SAMPLE_KINDS: readonly SampleKind[] = [
  {
    bucket: 'sales',
    name: 'window',
    key: (id) => `all.window.1h.${compactTime(hour(id))}`,
    value: (id, version) => ({
      window_start: formatTime(hour(id)),
      window_end: formatTime(hour(id + 1)),
      revenue: money(125_050 + version),
      order_count: 4 * version,
      avg_order_value: money(31_263 + version),
      unique_customers: 3,
      revision: version,
      final: version > 1,
    }),
    lifetimeMs: 30 * DAY,
  },
  {
    bucket: 'sales',
    name: 'hourly',
    key: (id) => `all.hourly.${compactTime(hour(id))}`,
    value: (id, version) => ({
      window_start: formatTime(hour(id)),
      window_end: formatTime(hour(id + 1)),
      total_sales: money(125_050 + version),
      average_order_value: money(31_263 + version),
      order_count: 4 * version,
      revision: version,
      final: version > 1,
    }),
    lifetimeMs: 30 * DAY,
  },
  {
    bucket: 'sales',
    name: 'customer-hour',
    key: (id) => keyed(String(id), `customer-hour.${id}.${compactTime(START)}`),
    value: (id, version) => ({
      customer_id: String(id),
      window_start: formatTime(START),
      orders: version,
      total_spent: money(45_075 + version),
      final: version > 1,
      panes: [[START, version, 45_075 + version]],
    }),
    lifetimeMs: 48 * HOUR,
  },
  {
    bucket: 'rfm',
    name: 'customer',
    key: (id) => keyed(String(id), `customer.${id}`),
    value: (id, version) => ({
      customer_id: String(id),
      segment: version > 2 ? 'VIP' : 'Regular',
      recency_days: version,
      frequency: 3 + version,
      monetary_value: money(49_999 + version),
      first_order: formatTime(START),
      last_order: formatTime(START + version * HOUR),
      between: [],
    }),
  },
  {
    bucket: 'rfm',
    name: 'summary',
    key: () => 'all.summary',
    value: (_id, version) => ({
      segments: { VIP: { customers: version, monetary_value: money(268_833) } },
      customers: version,
      as_of: formatTime(START + version * MINUTE),
    }),
  },
  {
    bucket: 'anomaly',
    name: 'alert',
    key: (id) => keyed(String(id), `alert.${id}.order_spike.${compactTime(START)}`),
    value: (id, version) => alert({ customer_id: String(id) }, 'order_spike', START, version),
    lifetimeMs: 30 * DAY,
  },
  {
    bucket: 'anomaly-maip',
    name: 'alert',
    key: (id) => keyed(`cust-${id}`, `alert.cust-${id}.unusual_transaction.${compactTime(START)}`),
    value: (id, version) => alert({ customer_id: `cust-${id}` }, 'unusual_transaction', START, version),
    lifetimeMs: 30 * DAY,
  },
  {
    bucket: 'anomaly-maip',
    name: 'alert over all',
    key: (id) => `all.alert.=.HIGH_ORDER_VOLUME.${compactTime(hour(id))}`,
    value: (id, version) => alert({}, 'HIGH_ORDER_VOLUME', hour(id), version),
    lifetimeMs: 30 * DAY,
  },
  {
    bucket: 'inventory',
    name: 'product',
    key: (id) => keyed(String(id), `product.${id}`),
    value: (id, version) => ({
      product_id: String(id),
      name: `Product ${id}`,
      stock_quantity: 100 - version,
      price: money(1_999),
      units_sold_7d: 14 + version,
      velocity_units_per_day: 2.29,
      days_until_stockout: version > 2 ? null : 43.6,
      stock_status: version > 2 ? 'unknown' : 'healthy',
      dead_stock: false,
      last_sale: '2024-05-31',
      restock_quantity: version,
      restock_urgency: 'planned',
      as_of: '2024-06-01',
      state: {},
    }),
  },
  {
    bucket: 'region-health',
    name: 'content',
    key: (id) => keyed(`content-${id}`, `content.1m.content-${id}.${compactTime(START)}`),
    value: (id, version) => ({
      content_id: `content-${id}`,
      window_start: formatTime(START),
      window_end: formatTime(START + MINUTE),
      downloads: 10 + version,
      successes: 9 + version,
      failures: 1,
      revision: version,
      final: version > 1,
    }),
    lifetimeMs: 30 * DAY,
  },
  {
    bucket: 'region-health',
    name: 'region',
    key: (id) => `all.region.1m.region-${id}.${compactTime(START)}`,
    value: (id, version) => region(id, version),
    lifetimeMs: 30 * DAY,
  },
  {
    bucket: 'region-health',
    name: 'latest region',
    key: (id) => `all.region.latest.region-${id}`,
    value: (id, version) => region(id, version),
    lifetimeMs: 30 * DAY,
  },
  {
    bucket: 'region-health',
    name: 'device',
    key: (id) => `all.device.1m.phone.android.v${id}.${compactTime(START)}`,
    value: (id, version) => ({
      device_type: 'phone',
      os: 'android',
      os_version: `v${id}`,
      window_start: formatTime(START),
      window_end: formatTime(START + MINUTE),
      events: 20 + version,
      success_rate: 0.9512,
      avg_speed_mbps: 48.125,
      successes: 19 + version,
      failures: 1,
      revision: version,
      final: version > 1,
    }),
    lifetimeMs: 30 * DAY,
  },
  {
    bucket: 'region-health',
    name: 'alert',
    key: (id) => `all.alert.region-${id}.low_success_rate.${compactTime(START)}`,
    value: (id, version) => alert({ region: `region-${id}` }, 'low_success_rate', START, version),
    lifetimeMs: 30 * DAY,
  },
  {
    bucket: 'segments',
    name: 'user',
    key: (id) => keyed(`user_${id}`, `user.user_${id}`),
    value: (id, version) => ({
      user_id: `user_${id}`,
      segments: {
        buyers: {
          qualified: version > 1,
          value: version,
          timestamp: formatTime(START + version),
          windowStart: formatTime(START - 5 * MINUTE),
          windowEnd: formatTime(START),
          ruleId: 'r1',
        },
      },
      updated: formatTime(START + version),
    }),
    lifetimeMs: HOUR,
  },
  {
    bucket: 'segments',
    name: 'rules',
    key: () => 'p00.rules',
    value: (id, version) => ({
      version,
      segments: [
        {
          id: `buyers-${id}`,
          name: 'Two purchases',
          type: 'INDEPENDENT',
          windowMinutes: 30,
          rules: [{ id: 'r1', eventType: 'purchase', attribute: 'count', operator: 'GTE', value: 1 + version }],
          baseSegmentIds: [],
          revision: version,
          createdAt: formatTime(START),
          updatedAt: formatTime(START + version),
        },
      ],
    }),
  },
  {
    bucket: 'activity',
    name: 'window',
    key: (id) => keyed(`cust-${id}`, `window.5m.cust-${id}.${compactTime(START)}`),
    value: (id, version) => ({
      customer_id: `cust-${id}`,
      window_start: formatTime(START),
      window_end: formatTime(START + 5 * MINUTE),
      total_events: 2 + version,
      event_counts: { 'maip.order.created': 1 + version, 'maip.product.viewed': 1 },
      total_amount: money(1_975 + version),
      amounts: { 'maip.order.created': { count: 1 + version, sum: money(1_975 + version) } },
      first_event: formatTime(START + MINUTE),
      last_event: formatTime(START + 2 * MINUTE),
      revision: version,
      final: version > 1,
      times: [60_000, 120_000],
    }),
    lifetimeMs: 48 * HOUR,
  },
];

function region(id: number, version: number) {
  return {
    region: `region-${id}`,
    window_start: formatTime(START),
    window_end: formatTime(START + MINUTE),
    events: 20 + version,
    success_rate: 0.9512,
    avg_speed_mbps: 48.125,
    avg_duration_seconds: 12.5,
    successes: 19 + version,
    failures: 1,
    revision: version,
    final: version > 1,
  };
}
