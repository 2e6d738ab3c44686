/** The anomaly worker on a real nats-server: killed while events wait for the watermark, alerts in both its buckets. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readBucket } from '../../infra/faults/read-back.ts';
import { until } from '../../infra/faults/until.ts';
import type { Alert } from '../../shared/alerts/alert.ts';
import type { MaipEvent } from '../../shared/events/maip.ts';
import type { OrderEvent } from '../../shared/events/order.ts';
import { PARTITIONS, partitionName, partitionOf } from '../../shared/events/partition.ts';
import { encodeFrame } from '../../shared/log/frame.ts';
import { connectLog, type JetStreamLog } from '../../shared/log/jetstream-log.ts';
import { dataSubject, progressSubject } from '../../shared/log/names.ts';
import { provisionMesh } from '../../shared/log/provision.ts';
import { readHeads } from '../../infra/faults/read-back.ts';
import { startTestNats, type TestNats } from '../../shared/testing/servers.ts';

const WORKER = join(import.meta.dirname, 'main.ts');
const ORDERS = 'dbserver1.public.orders';
const MAIP = 'maip.order.created';
const START = Date.parse('2024-06-01T10:00:00Z');

const resources = new AsyncDisposableStack();
let nats: TestNats;
let log: JetStreamLog;
let worker: ChildProcess | undefined;

function startWorker(instance: string): ChildProcess {
  const env = { ...process.env, NATS_URL: nats.url, WEIR_HTTP_PORT: '0', WEIR_INSTANCE: instance };
  return spawn(process.execPath, [WORKER], { env, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** As the bridge writes them. */
async function send(topic: string, events: readonly (OrderEvent | MaipEvent)[]): Promise<void> {
  for (const event of events)
    await log.append(dataSubject(topic, partitionName(partitionOf(event.k)), 0), encodeFrame([event]));
}

async function advance(topic: string, kind: string, minutes: number): Promise<void> {
  const watermark = START + minutes * 60_000;
  await log.append(progressSubject(topic, 0), encodeFrame([{ offset: minutes, watermark, kind }]));
}

async function alertsOf(bucket: string): Promise<Map<string, Alert>> {
  const entries = [...(await readBucket(log, bucket))].filter(([key]) => key.includes('.alert.'));
  return new Map(entries.map(([key, text]) => [key, JSON.parse(text) as Alert]));
}

beforeAll(async () => {
  nats = resources.use(await startTestNats());
  log = resources.use(await connectLog({ servers: nats.url, name: 'anomaly-test' }));
  await provisionMesh(log);
  worker = startWorker('anomaly-1');
});
afterAll(async () => {
  worker?.kill('SIGTERM');
  if (worker && worker.exitCode === null && worker.signalCode === null) await once(worker, 'exit');
  await resources.disposeAsync();
});

test('alerts reach the buckets; what waits for the watermark survives kill -9', async () => {
  const k = 'ann';
  const partition = partitionName(partitionOf(k));
  const orders = [1500, 10, 10, 10, 10].map((dollars, n) => ({
    t: START + n * 60_000,
    k,
    id: `o${n}`,
    amount: dollars * 100,
  }));
  const created = Array.from({ length: 10 }, (_, n) => ({
    t: START + n * 1_000,
    k: `c${n}`,
    id: `m${n}`,
    type: MAIP,
    payload: { amount: 5 },
  }));
  await send(ORDERS, orders);
  await send(MAIP, created);
  await advance(ORDERS, 'order', -1);
  await advance(MAIP, 'maip', -1);

  const large = `${partition}.alert.ann.large_order.20240601T100000Z`;
  const atOnce = await until('the large order is an alert', async () => {
    const alerts = await alertsOf('anomaly').catch(() => new Map<string, Alert>());
    return alerts.has(large) && alerts;
  });
  expect([...atOnce.keys()].map((key) => key.split('.')[3]).sort()).toEqual(['fraud_alert', 'large_order']);
  expect(atOnce.get(large)).toMatchObject({
    alert_id: 'ann-large_order-20240601T100000Z',
    customer_id: 'ann',
    severity: 'medium',
    details: { order_id: 'o0', amount: '1500.00' },
  });

  await until('all partitions have folded the maip events', async () => {
    const heads = await readHeads(log, 'anomaly-maip').catch(() => undefined);
    return heads !== undefined && PARTITIONS.every((name) => (heads.get(name)?.wm ?? Number.NEGATIVE_INFINITY) > 0);
  });
  worker?.kill('SIGKILL');
  if (worker) await once(worker, 'exit');
  worker = startWorker('anomaly-2');
  await advance(ORDERS, 'order', 60);
  await advance(MAIP, 'maip', 60);

  const spike = `${partition}.alert.ann.order_spike.20240601T100000Z`;
  const alerts = await until('the spike is an alert', async () => {
    const found = await alertsOf('anomaly');
    return found.has(spike) && found;
  });
  expect(alerts.get(spike)).toMatchObject({ severity: 'medium', details: { orders: 5 }, count: 1 });
  expect(alerts.get(large)).toEqual(atOnce.get(large));

  const volume = 'all.alert.=.HIGH_ORDER_VOLUME.20240601T100000Z';
  const bursts = await until('the burst is an alert', async () => {
    const found = await alertsOf('anomaly-maip');
    return found.has(volume) && found;
  });
  expect(bursts.get(volume)).toMatchObject({ severity: 'high', count: 1, details: { events: 10 } });
});
