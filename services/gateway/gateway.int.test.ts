/** The gateway as it is run: a process of its own on a real nats-server, asked over HTTP. */
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectLog, type JetStreamLog } from '../../shared/log/jetstream-log.ts';
import { bucketStream, keySubject, MEMBERS } from '../../shared/log/names.ts';
import { provisionMesh, provisionService } from '../../shared/log/provision.ts';
import { startTestNats, type TestNats } from '../../shared/testing/servers.ts';
import { type GatewayProcess, startGateway } from './_process.ts';
import { fillStores, HOUR_MS, NOON, putCustomer, salesWindow } from './_fixture.ts';

let nats: TestNats;
let log: JetStreamLog;
let gateway: GatewayProcess;
let base: string;

const stores = {
  put: async (bucket: string, key: string, value: unknown, ttlMs?: number) => {
    const appended = await log.append(
      keySubject(bucket, key),
      JSON.stringify(value),
      ttlMs === undefined ? {} : { ttlMs },
    );
    expect(appended.kind).toBe('stored');
  },
};

async function statusOf(path: string): Promise<number> {
  return (await fetch(base + path)).status;
}

async function json<T>(path: string): Promise<T> {
  return (await (await fetch(base + path)).json()) as T;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 25));
}

async function windowStarts(): Promise<string[]> {
  const page = await json<{ items?: { window_start: string }[] }>('/api/v1/sales/windows?limit=1000');
  return (page.items ?? []).map(({ window_start }) => window_start);
}

beforeAll(async () => {
  nats = await startTestNats();
  log = await connectLog({ servers: nats.url, name: 'gateway-test' });
  gateway = await startGateway({ NATS_URL: nats.url });
  base = gateway.url;
  await until(async () => (await statusOf('/readyz')) === 200);
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await log[Symbol.asyncDispose]();
  await nats[Symbol.asyncDispose]();
});

describe('the gateway process', () => {
  it('says what is not there yet on a mesh where no service was ever started', async () => {
    for (const path of ['/api/v1/sales/windows', '/api/v1/rfm/summary', '/api/v1/customers/42'])
      expect([path, await statusOf(path)]).toEqual([path, 503]);
    const status = await json<{ workers: { instance: string }[] }>('/api/v1/status');
    expect(status.workers.map(({ instance }) => instance)).toEqual(['gateway-1']);
  });

  it('answers from the stores as soon as there is something in them', async () => {
    await provisionMesh(log);
    for (const service of ['sales', 'rfm']) await provisionService(log, service);
    await fillStores(stores);
    await until(async () => (await windowStarts()).length === 20);
    expect((await windowStarts())[0]).toBe('2024-06-01T11:45:00Z');
    expect(await json('/api/v1/customers/42')).toMatchObject({ rfm: { segment: 'VIP' }, recent_hours: [{}, {}] });
    expect(await json('/api/v1/rfm/summary')).toMatchObject({ customers: 1 });
    expect(await json('/api/v1/status')).toMatchObject({ healthy: true, alarms: [], lag_records: 10 });
  });

  it('reads exactly the customer that was asked for, over a real socket', async () => {
    const ids = ['>', '*', '../x', 'a.b', 'ключ', '%2F'];
    for (const id of ids) await putCustomer(stores, id);
    for (const id of ids)
      expect(await json(`/api/v1/customers/${encodeURIComponent(id)}`)).toMatchObject({ rfm: { customer_id: id } });
    expect(await statusOf(`/api/v1/customers/${'x'.repeat(10_000)}`)).toBe(400);
  });

  it('forgets a window when its lifetime is over, or it was purged', async () => {
    await stores.put('sales', 'all.window.1h.20240601T200000Z', salesWindow(NOON + 8 * HOUR_MS), 1_000);
    await until(async () => (await windowStarts())[0] === '2024-06-01T20:00:00Z');
    await until(async () => (await windowStarts())[0] === '2024-06-01T11:45:00Z');
    const purge = { 'KV-Operation': 'PURGE', 'Nats-Rollup': 'sub' };
    await log.append(keySubject('sales', 'all.window.1h.20240601T114500Z'), '', { headers: purge });
    await until(async () => (await windowStarts())[0] === '2024-06-01T11:40:00Z');
  });

  it('answers 503 while NATS is away, and goes on where it was when it is back', async () => {
    await nats.kill9();
    await until(async () => (await statusOf('/api/v1/sales/windows')) === 503);
    expect(await statusOf('/readyz')).toBe(503);
    expect(await statusOf('/livez')).toBe(200);
    await nats.restart();
    await until(async () => (await statusOf('/readyz')) === 200);
    expect(await windowStarts()).toHaveLength(19);
    await until(() =>
      stores.put('sales', 'all.window.1h.20240601T130000Z', salesWindow(NOON + HOUR_MS)).then(
        () => true,
        () => false,
      ),
    );
    await until(async () => (await windowStarts())[0] === '2024-06-01T13:00:00Z');
  });

  it('leaves the mesh and ends with 0 on SIGTERM', async () => {
    gateway.process.kill('SIGTERM');
    const [code] = (await once(gateway.process, 'exit')) as [number | null];
    expect(code).toBe(0);
    const left = await log.last(bucketStream(MEMBERS), keySubject(MEMBERS, 'gateway-1'));
    expect(left?.header('KV-Operation')).toBe('PURGE');
  });
});
