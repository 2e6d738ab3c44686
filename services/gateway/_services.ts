/** Alerts, products, minutes of downloads and activity, as their services leave them in their stores. */
import { encodeId } from '../../shared/events/id.ts';
import { partitionName, partitionOf } from '../../shared/events/partition.ts';
import { compactTime, formatTime } from '../../shared/event-time/time-text.ts';
import { type Log, LogUnavailableError, type ReadOptions, type StoredMessage } from '../../shared/log/log.ts';
import { bucketStream, keySubject } from '../../shared/log/names.ts';
import { NOON, type Stores } from './_fixture.ts';

export const MINUTE_MS = 60_000;

type Value = Readonly<Record<string, unknown>>;

export function ownPartition(id: string): string {
  return partitionName(partitionOf(id));
}

/** What owners of partitions write when they load them: the bucket is there, and somebody writes it. */
export async function putMarkers(stores: Stores): Promise<void> {
  for (const bucket of ['anomaly', 'anomaly-maip', 'region-health', 'inventory', 'activity'])
    for (const partition of ['p00', 'p15']) await stores.put(bucket, `${partition}.marker`, {});
}

/** `when`: the start of its fold window, ms. */
export function alertOf(customer: string, type: string, when: number, over: Value = {}): Value {
  return {
    alert_id: `${encodeId(customer)}-${encodeId(type)}-${compactTime(when)}`,
    anomaly_type: type,
    severity: 'medium',
    customer_id: customer,
    description: `Alert about ${customer}`,
    timestamp: formatTime(when + MINUTE_MS),
    count: 1,
    first: formatTime(when + MINUTE_MS),
    last: formatTime(when + MINUTE_MS),
    details: { order_id: '1007' },
    occurrences: [[when + MINUTE_MS, '1007']],
    ...over,
  };
}

export async function putAlert(
  stores: Stores,
  customer: string,
  type: string,
  when: number,
  over: Value = {},
): Promise<void> {
  const key = `${ownPartition(customer)}.alert.${encodeId(customer)}.${encodeId(type)}.${compactTime(when)}`;
  await stores.put('anomaly', key, alertOf(customer, type, when, over));
}

export async function putRegionAlert(stores: Stores, region: string, when: number, over: Value = {}): Promise<void> {
  const { customer_id: _, ...alert } = alertOf(region, 'low_speed', when, { region, first: formatTime(when), ...over });
  await stores.put('region-health', `all.alert.${encodeId(region)}.low_speed.${compactTime(when)}`, alert);
}

export function productOf(id: string, over: Value = {}): Value {
  return {
    product_id: id,
    name: `Product ${id}`,
    stock_quantity: 40,
    price: '9.90',
    units_sold_7d: 7,
    velocity_units_per_day: 1,
    days_until_stockout: 40,
    stock_status: 'healthy',
    dead_stock: false,
    last_sale: '2024-06-01',
    restock_quantity: 0,
    restock_urgency: 'none',
    as_of: '2024-06-01',
    state: { row: [NOON, 'products#00000'], first_row: NOON, sold_before: null, as_of: 19875, days: [] },
    ...over,
  };
}

export async function putProduct(stores: Stores, id: string, over: Value = {}): Promise<void> {
  await stores.put('inventory', `${ownPartition(id)}.product.${encodeId(id)}`, productOf(id, over));
}

export const SUMMARY = {
  products: 3,
  by_status: { out_of_stock: 1, critical: 0, low: 1, healthy: 1, unknown: 0 },
  dead_stock: { products: 1, value: '396.00' },
  restock: { products: 2, immediate: 1, soon: 1, planned: 0 },
  as_of: formatTime(NOON),
};

export function minuteOf(start: number, events = 100, failures = 1): Value {
  return {
    window_start: formatTime(start),
    window_end: formatTime(start + MINUTE_MS),
    events,
    success_rate: (events - failures) / events,
    avg_speed_mbps: 42.125,
    successes: events - failures,
    failures,
    revision: 0,
    final: start < NOON,
  };
}

export async function putRegionMinute(
  stores: Stores,
  region: string,
  start: number,
  isLatest = false,
  over: Value = {},
): Promise<void> {
  const minute = { region, ...minuteOf(start), avg_duration_seconds: null, ...over };
  const token = encodeId(region);
  await stores.put('region-health', `all.region.1m.${token}.${compactTime(start)}`, minute);
  if (isLatest) await stores.put('region-health', `all.region.latest.${token}`, minute);
}

export async function putContentMinute(
  stores: Stores,
  content: string,
  start: number,
  downloads = 100,
  failures = 1,
): Promise<void> {
  const {
    events: _events,
    success_rate: _rate,
    avg_speed_mbps: _speed,
    ...rest
  } = minuteOf(start, downloads, failures);
  const key = `${ownPartition(content)}.content.1m.${encodeId(content)}.${compactTime(start)}`;
  await stores.put('region-health', key, { content_id: content, downloads, ...rest });
}

export async function putDeviceMinute(
  stores: Stores,
  names: readonly string[],
  start: number,
  over: Value = {},
): Promise<void> {
  const [device_type = '', os = '', os_version = ''] = names;
  const key = `all.device.1m.${names.map(encodeId).join('.')}.${compactTime(start)}`;
  await stores.put('region-health', key, { device_type, os, os_version, ...minuteOf(start), ...over });
}

export async function putActivity(stores: Stores, customer: string, start: number): Promise<void> {
  await stores.put('activity', `${ownPartition(customer)}.window.5m.${encodeId(customer)}.${compactTime(start)}`, {
    customer_id: customer,
    window_start: formatTime(start),
    window_end: formatTime(start + 5 * MINUTE_MS),
    total_events: 2,
    event_counts: { 'maip.order.created': 2 },
    total_amount: '19.75',
    amounts: { 'maip.order.created': { count: 2, sum: '19.75' } },
    first_event: formatTime(start),
    last_event: formatTime(start + MINUTE_MS),
    revision: 0,
    final: true,
    times: [0, MINUTE_MS],
  });
}

/** One or a few of everything: what the examples of the OpenAPI document name, and others. */
export async function fillServices(stores: Stores): Promise<void> {
  await putMarkers(stores);
  await putAlert(stores, '42', 'large_order', NOON - 120 * MINUTE_MS);
  await putAlert(stores, '43', 'order_spike', NOON, { severity: 'high' });
  await putRegionAlert(stores, 'eu-west', NOON - 3 * MINUTE_MS);
  await putProduct(stores, '7');
  await putProduct(stores, '8', { stock_status: 'low', restock_quantity: 78, restock_urgency: 'soon' });
  await putProduct(stores, 'shirt/xl', {
    ...{ stock_quantity: 0, stock_status: 'out_of_stock', days_until_stockout: null },
    ...{ restock_quantity: 12, restock_urgency: 'immediate' },
  });
  await stores.put('inventory', 'all.summary', SUMMARY);
  for (let n = 5; n >= 0; n--) {
    const start = NOON - n * MINUTE_MS;
    for (const region of ['eu-west', 'us-east']) await putRegionMinute(stores, region, start, true);
    for (const content of ['content-7', 'content-8']) await putContentMinute(stores, content, start);
    await putDeviceMinute(stores, ['mobile', 'android', '15'], start);
    await putActivity(stores, 'cust-7', start - (start % (5 * MINUTE_MS)));
  }
}

export function storesOf(log: Log): Stores {
  return {
    put: async (bucket, key, value) => {
      await log.append(keySubject(bucket, key), JSON.stringify(value));
    },
  };
}

export async function purge(log: Log, bucket: string, key: string): Promise<void> {
  await log.append(keySubject(bucket, key), '', { headers: { 'KV-Operation': 'PURGE' } });
}

/** A condition that readers in the background bring about. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}

/** The log of a mesh on which these services were never started. */
export function logWithout(base: Log, buckets: readonly string[]): Log {
  const missing = new Set(buckets.map(bucketStream));
  const noStream = () => Object.assign(new Error('stream not found'), { name: 'StreamNotFoundError' });
  const read = async function* (options: ReadOptions): AsyncIterable<StoredMessage> {
    if (missing.has(options.stream)) throw noStream();
    yield* base.read(options);
  };
  return {
    maxPayload: base.maxPayload,
    append: (...args) => base.append(...args),
    appendChain: (...args) => base.appendChain(...args),
    last: (stream, subject) => (missing.has(stream) ? Promise.reject(noStream()) : base.last(stream, subject)),
    lastOfEach: (stream, subjects) =>
      missing.has(stream)
        ? Promise.reject(new LogUnavailableError('no responders')) // as a server does
        : base.lastOfEach(stream, subjects),
    batch: (query) =>
      missing.has(query.stream) ? Promise.reject(new LogUnavailableError('no responders')) : base.batch(query),
    read,
    purge: (...args) => base.purge(...args),
    state: (stream) => (missing.has(stream) ? Promise.reject(noStream()) : base.state(stream)),
  };
}
