import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectLog, type JetStreamLog } from '../../shared/log/jetstream-log.ts';
import { provisionBucket } from '../../shared/log/provision.ts';
import { startTestNats, type TestNats } from '../../shared/testing/servers.ts';
import { isFreePort, randomFreePort } from '../embedded/free-port.ts';
import { type Ask, avro, row, testRegistry } from './_test-registry.ts';
import { SCHEMAS } from './change-log.ts';

const ROW = avro(row('a:int'));
let nats: TestNats;
beforeAll(async () => {
  nats = await startTestNats();
});
afterAll(() => nats[Symbol.asyncDispose]());

describe('the process', () => {
  const children: ChildProcess[] = [];
  afterEach(async () => {
    for (const child of children.splice(0)) await ended(child, 'SIGTERM');
  });

  async function start(): Promise<{ readonly url: string; readonly child: ChildProcess }> {
    const port = await randomFreePort();
    const child = spawn(process.execPath, [fileURLToPath(new URL('main.ts', import.meta.url))], {
      env: { ...process.env, NATS_URL: nats.url, WEIR_SCHEMA_REGISTRY_PORT: String(port), WEIR_LOG_LEVEL: 'error' },
      stdio: 'inherit',
    });
    children.push(child);
    const url = `http://127.0.0.1:${port}`;
    while (!(await fetch(url).catch(() => undefined))?.ok) await sleep(20);
    return { url, child };
  }

  it('speaks as clients do, and knows everything after a kill -9', async () => {
    const { url, child } = await start();
    const register = await fetch(`${url}/subjects/orders-value/versions`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ schemaType: 'AVRO', ...ROW }), // as kafkajs's Confluent client does
    });
    expect([register.status, await register.json()]).toEqual([200, { id: 1 }]);
    await ended(child, 'SIGKILL');
    const again = await start();
    const found = await fetch(`${again.url}/schemas/ids/1`, {
      headers: { Accept: 'application/vnd.schemaregistry.v1+json' },
    });
    expect(found.headers.get('content-type')).toBe('application/vnd.schemaregistry.v1+json');
    expect(await found.json()).toEqual(ROW);
    const head = await fetch(`${again.url}/subjects`, { method: 'HEAD' });
    expect(head.status).toBe(200);
  });

  it('listens on loopback only, ends at SIGTERM and frees its port', async () => {
    const { url, child } = await start();
    expect(await ended(child, 'SIGTERM')).toBe(0);
    expect(await isFreePort(Number(new URL(url).port))).toBe(true);
  });
});

describe('registries on a real nats-server', () => {
  const logs: JetStreamLog[] = [];
  let registries: Ask[];
  beforeEach(async () => {
    registries = [];
    for (const name of ['one', 'other']) {
      const log = await connectLog({ servers: nats.url, name: `registry-${name}`, ackTimeoutMs: 2_000 });
      logs.push(log);
      await provisionBucket(log, SCHEMAS);
      registries.push(await testRegistry(log, () => log.isConnected));
    }
  });
  afterEach(async () => {
    for (const log of logs.splice(0)) await log[Symbol.asyncDispose]();
  });

  it('racing, give every schema one id and every id one schema', async () => {
    const names = Array.from({ length: 25 }, (_, index) => `Racing${index}`);
    const ids = await Promise.all(
      names.map((name) =>
        Promise.all(
          registries.map(async (ask, index) => {
            const sent = avro({ type: 'fixed', name, size: 1 });
            const { body } = await ask('POST', `/subjects/${name}-${index}/versions`, sent);
            return JSON.stringify(body);
          }),
        ),
      ),
    );
    for (const [one, other] of ids) expect(one).toBe(other);
    expect(new Set(ids.map(([one]) => one)).size).toBe(names.length);
    const [one, other] = await Promise.all(registries.map((ask) => ask('GET', '/subjects')));
    expect(one).toEqual(other);
  });

  it('go on when nats-server was killed and is back, and serve what is known by id meanwhile', async () => {
    const [one, other] = registries;
    if (!one || !other) throw new Error('no registries');
    const { body } = await one('POST', '/subjects/killed/versions', avro({ type: 'fixed', name: 'Killed', size: 1 }));
    const id = Number(JSON.parse(JSON.stringify(body)).id);
    expect((await other('GET', `/schemas/ids/${id}`)).status).toBe(200);
    await nats.kill9();
    while (logs.some((log) => log.isConnected)) await sleep(20);
    expect((await other('GET', `/schemas/ids/${id}`)).status).toBe(200);
    expect((await other('GET', `/schemas/ids/${id + 1}`)).body).toMatchObject({ error_code: 50001 });
    await nats.restart();
    while (!logs.every((log) => log.isConnected)) await sleep(20);
    const next = await other('POST', '/subjects/killed-2/versions', avro({ type: 'fixed', name: 'Next', size: 1 }));
    expect(next.body).toEqual({ id: id + 1 });
    expect((await one('GET', `/schemas/ids/${id + 1}`)).status).toBe(200);
  });
});

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => {
    child.once('exit', resolve);
    child.kill(signal);
  });
}
