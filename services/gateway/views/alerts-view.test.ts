import { describe, expect, it } from 'vitest';
import type { Log, ReadOptions, StoredMessage } from '../../../shared/log/log.ts';
import { MemoryLog } from '../../../shared/log/memory-log.ts';
import { createLogger } from '../../../shared/telemetry/logger.ts';
import { HOUR_MS, NOON } from '../_fixture.ts';
import {
  alertOf,
  logWithout,
  MINUTE_MS,
  purge,
  putAlert,
  putMarkers,
  putRegionAlert,
  storesOf,
  until,
} from '../_services.ts';
import { AlertsView } from './alerts-view.ts';

const logger = createLogger('view', 'debug', () => {});
const ALL = { limit: 100, accept: () => true };

function ids(view: AlertsView, query: Partial<Parameters<AlertsView['page']>[0]> = {}): string[] {
  return view.page({ ...ALL, ...query }).items.map(({ alert_id }) => alert_id);
}

describe('AlertsView', () => {
  it('shows the alerts of all buckets as one list, newest first, and follows them (invariant 1)', async () => {
    const log = new MemoryLog().client();
    const stores = storesOf(log);
    await putMarkers(stores);
    await putAlert(stores, '42', 'large_order', NOON);
    await stores.put('anomaly-maip', 'all.alert.=.HIGH_ORDER_VOLUME.20240601T110000Z', {
      ...alertOf('', 'HIGH_ORDER_VOLUME', NOON - HOUR_MS),
      customer_id: undefined,
    });
    await putRegionAlert(stores, 'eu-west', NOON - 30 * MINUTE_MS);
    await using view = new AlertsView({ log, logger });
    await until(() => view.missing.length === 0);
    expect(ids(view)).toEqual([
      '42-large_order-20240601T120000Z',
      'eu-west-low_speed-20240601T113000Z',
      '=-HIGH_ORDER_VOLUME-20240601T110000Z',
    ]);
    await putAlert(stores, '43', 'rapid_orders', NOON - 45 * MINUTE_MS);
    await purge(log, 'region-health', 'all.alert.eu-west.low_speed.20240601T113000Z');
    await log.append('$KV.anomaly-maip.all.alert.=.HIGH_ORDER_VOLUME.20240601T110000Z', '', {
      headers: { 'Nats-Marker-Reason': 'MaxAge' },
    });
    await until(() => ids(view).length === 2 && view.missing.length === 0);
    expect(ids(view)).toEqual(['42-large_order-20240601T120000Z', '43-rapid_orders-20240601T111500Z']);
    expect(view.page(ALL).items[0]).not.toHaveProperty('occurrences');
  });

  it('leaves out what has expired, for the server tells nobody (invariant 1)', async () => {
    const log = new MemoryLog().client();
    let now = 59_999;
    await log.append(
      '$KV.anomaly.p00.alert.42.large_order.20240601T120000Z',
      JSON.stringify(alertOf('42', 'x', NOON)),
      {
        headers: { 'Nats-TTL': '60s' },
      },
    );
    await using view = new AlertsView({ log, logger, now: () => now });
    await until(() => view.state === 'current');
    expect(ids(view)).toHaveLength(1);
    now = 60_000; // the memory log stores everything at time 0
    expect(ids(view)).toHaveLength(0);
  });

  it('keeps the place of an alert that grows, so pages neither repeat nor hide (invariant 1)', async () => {
    const log = new MemoryLog().client();
    const stores = storesOf(log);
    for (let n = 0; n < 20; n++) await putAlert(stores, `c${n}`, 'rapid_orders', NOON - (n % 4) * HOUR_MS);
    await using view = new AlertsView({ log, logger });
    await until(() => ids(view).length === 20);
    const before = ids(view);
    const seen: string[] = [];
    for (let after: string | undefined, page = 0; page < 10; page++) {
      const { items, next } = view.page({ ...ALL, limit: 3, after });
      seen.push(...items.map(({ alert_id }) => alert_id));
      await putAlert(stores, `c${page}`, 'rapid_orders', NOON - (page % 4) * HOUR_MS, {
        count: 99,
        severity: 'critical',
      });
      await putAlert(stores, `new${page}`, 'rapid_orders', NOON + HOUR_MS);
      await until(() => ids(view).length === 21 + page);
      if (next === undefined) break;
      after = next;
    }
    expect(seen).toEqual(before);
  });

  it('takes alerts about a span of event time, whenever their fold window began', async () => {
    const log = new MemoryLog().client();
    const stores = storesOf(log);
    const last = new Date(NOON + 50 * MINUTE_MS).toISOString();
    await putAlert(stores, 'long', 'order_spike', NOON, { count: 9, last }); // 12:01 to 12:50
    await putAlert(stores, 'short', 'order_spike', NOON); // 12:01
    await using view = new AlertsView({ log, logger });
    await until(() => ids(view).length === 2);
    const of = (from: number, to: number) => ids(view, { from: NOON + from * MINUTE_MS, to: NOON + to * MINUTE_MS });
    expect(of(30, 40)).toEqual(['long-order_spike-20240601T120000Z']);
    expect(of(50, 51)).toEqual(['long-order_spike-20240601T120000Z']);
    expect(of(51, 60)).toEqual([]);
    expect(of(0, 1)).toEqual([]);
    expect(of(1, 2)).toHaveLength(2);
  });

  it('shows what there is, and names buckets that are absent or silent (invariant 2)', async () => {
    const base = new MemoryLog().client();
    await putAlert(storesOf(base), '42', 'large_order', NOON);
    await using view = new AlertsView({ log: logWithout(base, ['region-health']), logger, retryMs: 1 });
    expect([view.state, view.missing]).toEqual(['waiting', ['anomaly', 'anomaly-maip', 'region-health']]);
    await until(() => view.state === 'current');
    expect([ids(view).length, view.missing]).toEqual([1, ['anomaly-maip', 'region-health']]);
    await putMarkers(storesOf(base));
    await until(() => view.missing.length === 1);
    expect(view.missing).toEqual(['region-health']);
  });

  it('is absent when no bucket is there (invariant 2)', async () => {
    const log = logWithout(new MemoryLog().client(), ['anomaly', 'anomaly-maip', 'region-health']);
    await using view = new AlertsView({ log, logger, retryMs: 1 });
    await until(() => view.state === 'absent');
    expect(ids(view)).toEqual([]);
  });

  it('forgets what was deleted while one reader was broken, and nothing of the others (invariants 1 and 2)', async () => {
    const memory = new MemoryLog();
    const base = memory.client();
    await putAlert(storesOf(base), '42', 'large_order', NOON);
    await putAlert(storesOf(base), '43', 'large_order', NOON);
    await putRegionAlert(storesOf(base), 'eu-west', NOON);
    const broken = new AbortController();
    let first = true;
    const log: Log = Object.create(base, {
      read: {
        async *value(options: ReadOptions): AsyncIterable<StoredMessage> {
          const isCut = first && options.stream === 'KV_anomaly';
          if (isCut) first = false;
          yield* base.read(isCut ? { ...options, signal: AbortSignal.any([options.signal, broken.signal]) } : options);
        },
      },
    });
    await using view = new AlertsView({ log, logger, retryMs: 1 });
    await until(() => ids(view).length === 3);
    const [gone] = await base.lastOfEach('KV_anomaly', ['$KV.anomaly.*.alert.43.>']);
    memory.purge('KV_anomaly', gone?.subject ?? '', Number.MAX_SAFE_INTEGER); // as an expiry: no marker
    broken.abort();
    await until(() => ids(view).length === 2);
    expect(ids(view)).toEqual(['eu-west-low_speed-20240601T120000Z', '42-large_order-20240601T120000Z']);
  });

  it('keeps the newest of each bucket, and says from when on all are there (invariant 3)', async () => {
    const log = new MemoryLog().client();
    const stores = storesOf(log);
    for (const hours of [1, 4, 2, 3, 0]) await putAlert(stores, '42', 'large_order', NOON - hours * HOUR_MS);
    await putRegionAlert(stores, 'eu-west', NOON - 9 * HOUR_MS);
    await using view = new AlertsView({ log, logger, capacity: 2 });
    await until(() => ids(view).length === 3);
    expect(ids(view).map((id) => id.slice(-8, -5))).toEqual(['T12', 'T11', 'T03'].map((hour) => `${hour}`));
    expect(view.completeFrom).toBe(NOON - 2 * HOUR_MS + 1);
    await using roomy = new AlertsView({ log, logger });
    await until(() => ids(roomy).length === 6);
    expect(roomy.completeFrom).toBeUndefined();
  });

  it('leaves out and reports what is no alert', async () => {
    const lines: string[] = [];
    const log = new MemoryLog().client();
    await log.append('$KV.anomaly.p00.alert.42.large_order.20240601T120000Z', '{"alert_id":1}');
    await log.append('$KV.anomaly.p00.alert.43.large_order.whenever', JSON.stringify(alertOf('43', 'x', NOON)));
    await putAlert(storesOf(log), '44', 'large_order', NOON);
    await using view = new AlertsView({ log, logger: createLogger('view', 'info', (line) => lines.push(line)) });
    await until(() => view.state === 'current');
    expect(ids(view)).toEqual(['44-large_order-20240601T120000Z']);
    expect(lines.filter((line) => line.includes('WARN'))).toHaveLength(1);
  });
});
