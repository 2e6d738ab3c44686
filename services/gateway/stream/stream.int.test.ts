/** Live streams over real sockets, from a real nats-server. */
import { once } from 'node:events';
import { get, type IncomingMessage, type RequestOptions } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectLog, type JetStreamLog } from '../../../shared/log/jetstream-log.ts';
import { bucketStream, keySubject } from '../../../shared/log/names.ts';
import { provisionMesh, provisionService } from '../../../shared/log/provision.ts';
import { createLogger } from '../../../shared/telemetry/logger.ts';
import { createMetrics } from '../../../shared/telemetry/metrics.ts';
import { startTestNats, type TestNats } from '../../../shared/testing/servers.ts';
import { NOON } from '../_fixture.ts';
import { startGateway } from '../_process.ts';
import { createGateway } from '../gateway.ts';
import { type HttpServer, serveHttp } from '../http/serve.ts';
import { openViews } from '../views/views.ts';
import { customer } from './_live.ts';
import { LiveStreams } from './live-streams.ts';
import { SseReader } from './_sse.ts';
import { DEFAULT_STREAM_SETTINGS } from './stream-settings.ts';

const SERVICES = ['sales', 'rfm', 'anomaly', 'anomaly-maip', 'inventory', 'region-health', 'segments', 'activity'];

let nats: TestNats;
let log: JetStreamLog;
let streams: LiveStreams;
let views: ReturnType<typeof openViews>;
let server: HttpServer;

beforeAll(async () => {
  nats = await startTestNats();
  log = await connectLog({ servers: nats.url, name: 'stream-test' });
  await provisionMesh(log);
  for (const service of SERVICES) await provisionService(log, service);
  const logger = createLogger('gateway', 'error');
  const metrics = createMetrics({ component: 'gateway', instance: 'gateway-1' });
  views = openViews({ log, logger });
  streams = new LiveStreams({ log, logger, metrics, settings: { ...DEFAULT_STREAM_SETTINGS, lingerMs: 100 } });
  const app = createGateway({
    log,
    ...views,
    streams,
    sendDemo: async () => {},
    redrive: async () => [],
    routes: async () => [],
    connected: () => log.isConnected,
    logger,
    metrics,
    now: () => NOON,
  });
  server = await serveHttp({ host: '127.0.0.1', port: 0, fetch: (request, peer) => app.fetch(request, peer) });
});
afterAll(async () => {
  await streams[Symbol.asyncDispose]();
  await views[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await log[Symbol.asyncDispose]();
  await nats[Symbol.asyncDispose]();
});

let version = 0;
async function put(id: string, more: Record<string, unknown> = {}): Promise<number> {
  version++;
  const value = JSON.stringify({ ...customer(id, version), ...more });
  const appended = await log.append(keySubject('rfm', `p00.customer.${id}`), value);
  return appended.kind === 'stored' ? appended.seq : 0;
}

async function connect(query: string, options: RequestOptions = {}, base = server.url): Promise<IncomingMessage> {
  const request = get(`${base}/api/v1/stream?${query}`, { agent: false, ...options });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response;
}

async function reader(query: string, base = server.url): Promise<SseReader> {
  return new SseReader((await fetch(`${base}/api/v1/stream?${query}`)).body);
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Consumers of all buckets on the server. */
async function consumers(): Promise<number> {
  const counts = SERVICES.map(
    async (service) => (await log.manager.streams.info(bucketStream(service))).state.consumer_count,
  );
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

/** Those that stay: readers that have ended take theirs away a moment later. */
async function lastingConsumers(): Promise<number> {
  let least = await consumers();
  for (let same = 0; same < 20; same++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    const now = await consumers();
    if (now !== least) same = 0;
    least = now;
  }
  return least;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

async function heapBytes(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed;
}

/** Connects and goes: cut off before the answer, in its first bytes, or in the middle of what is stored; or politely. */
async function comeAndGo(n: number): Promise<void> {
  const query = ['types=rfm.customer', 'types=rfm.customer&from=start', 'customer=7', ''][n % 4] ?? '';
  if (n % 5 === 0) {
    const request = get(`${server.url}/api/v1/stream?${query}`, { agent: false });
    request.on('error', () => {});
    await new Promise((resolve) => request.once('socket', resolve));
    setImmediate(() => request.destroy());
    await new Promise((resolve) => request.once('close', resolve));
    return;
  }
  const response = await connect(query);
  response.on('error', () => {});
  if (n % 5 === 1) response.resume();
  if (n % 5 > 2) await once(response, 'readable');
  response.destroy();
  if (!response.closed) await new Promise((resolve) => response.once('close', resolve));
}

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
}

describe('the live stream', () => {
  it('tells what a service writes, over a socket, with the sequence of the bucket as its place', async () => {
    const live = await reader('types=rfm.customer');
    await live.nth('live');
    const seq = await put('1');
    const event = await live.nth('rfm.customer');
    expect(event?.data).toMatchObject({ customer_id: '1', frequency: version });
    const { createdMs } = await log.state(bucketStream('rfm'));
    expect(event?.id).toBe(`rfm.customer:${seq}@${createdMs.toString(36)}`);
    await live.cancel();
  });

  it('resumes behind every event, from the bucket too, while it changes', async () => {
    const first = await reader('types=rfm.customer');
    await first.nth('live');
    for (let n = 0; n < 200; n++) await put(String(n));
    await first.nth('rfm.customer', 200);
    await first.cancel();
    await until(() => streams.sources === 0); // the ring has gone
    const changing = (async () => {
      for (let n = 0; n < 200; n++) await put(String(n % 50));
    })();
    const again = await reader(`types=rfm.customer&lastEventId=${first.events[1]?.id}`);
    await changing;
    await put('last');
    await again.until(() => again.events.some(({ data }) => data.customer_id === 'last'));
    const ids = again.events
      .filter(({ event }) => event === 'rfm.customer')
      .map(({ id }) => Number(/:(\d+)@/.exec(id)?.[1]));
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    const newest = new Map(again.events.map(({ data }) => [data.customer_id, data.frequency]));
    for (const message of await log.lastOfEach(bucketStream('rfm'), ['$KV.rfm.p00.customer.*'])) {
      const { customer_id, frequency } = JSON.parse(new TextDecoder().decode(message.payload));
      if (message.seq > Number(/:(\d+)@/.exec(first.events[1]?.id ?? '')?.[1]))
        expect([customer_id, newest.get(customer_id)]).toEqual([customer_id, frequency]);
    }
    await again.cancel();
  });

  it('leaves nothing of 1,000 clients that came and went, most of them without a word', async () => {
    for (let n = 0; n < 1_000; n++) await put(String(n));
    for (let n = 0; n < 200; n++) await comeAndGo(n); // what is made once is made now
    await until(() => streams.clients === 0 && streams.sources === 0);
    const before = { consumers: await lastingConsumers(), heap: await heapBytes() };
    for (let round = 0; round < 20; round++)
      await Promise.all(Array.from({ length: 50 }, (_, n) => comeAndGo(round * 50 + n)));
    await until(() => streams.clients === 0 && streams.sources === 0);
    await until(async () => (await consumers()) <= before.consumers);
    const grownBytes = (await heapBytes()) - before.heap;
    expect(grownBytes).toBeLessThan(3_000_000); // 3 kB a client would be a leak; what remains is noise of the run
    const after = await reader('types=rfm.customer&from=start');
    await after.nth('live');
    expect(after.events.length).toBeGreaterThan(1_000);
    await after.cancel();
  });

  it('cuts off a client that stops reading, while others get everything', async () => {
    const quick = await reader('types=rfm.customer');
    await quick.nth('live');
    const frozen = await connect('types=rfm.customer');
    frozen.on('error', () => {});
    await until(() => streams.clients === 2);
    const sockets = openSockets();
    const large = { last_order: '2024-06-01T09:30:00Z', segment: 'VIP', customer_id: 'x'.repeat(20_000) };
    let sent = 0;
    while (streams.clients === 2) {
      // A key each: of one that changes faster than it is read, the server itself drops what is not the last.
      await Promise.all(Array.from({ length: 10 }, () => put(`large-${sent++}`, large)));
      await quick.nth('rfm.customer', sent);
    }
    expect(quick.isEnded).toBe(false);
    await put('small');
    expect((await quick.nth('rfm.customer', sent + 1))?.data.customer_id).toBe('small');
    await until(() => openSockets() < sockets); // its connection is cut, though it reads nothing
    frozen.destroy();
    await quick.cancel();
  });

  it('stays open while the server is away, and goes on without a gap', async () => {
    const live = await reader('types=rfm.customer');
    await live.nth('live');
    await put('before');
    await live.nth('rfm.customer');
    await nats.kill9();
    await until(() => !log.isConnected);
    expect((await fetch(`${server.url}/api/v1/stream`)).status).toBe(503);
    await nats.restart();
    await until(async () => (await put('after').catch(() => 0)) > 0);
    await live.until(() => live.events.some(({ data }) => data.customer_id === 'after'));
    expect(live.events.map(({ event }) => event)).not.toContain('reset');
    await live.cancel();
  });

  it('says that a bucket was made anew, and sends what it holds', async () => {
    const settings = { ...DEFAULT_STREAM_SETTINGS, lingerMs: 0, lifeCheckMs: 50, retryMs: 50 };
    const logger = createLogger('gateway', 'error');
    const metrics = createMetrics({ component: 'gateway', instance: 'gateway-2' });
    await using own = new LiveStreams({ log, logger, metrics, settings });
    const { RESULT_PARTS } = await import('./result-types.ts');
    const parts = RESULT_PARTS.filter(({ type }) => type === 'rfm.customer');
    const live = new SseReader(
      own.open({ types: ['rfm.customer'], filters: {}, parts, resume: new Map(), from: 'now' }),
    );
    await live.nth('live');
    await log.manager.streams.delete(bucketStream('rfm'));
    await provisionService(log, 'rfm');
    await put('anew');
    expect((await live.nth('reset'))?.data.types).toEqual(['rfm.customer']);
    await live.until(() => live.events.at(-1)?.data.customer_id === 'anew');
    expect(live.events.map(({ event }) => event)).toEqual(['live', 'reset', 'rfm.customer']);
    await live.cancel();
  });

  it('ends at once when the gateway is told to stop', async () => {
    await using gateway = await startGateway({ NATS_URL: nats.url });
    await until(async () => (await fetch(`${gateway.url}/readyz`)).status === 200);
    const readers = await Promise.all(Array.from({ length: 20 }, () => reader('types=rfm.customer', gateway.url)));
    await Promise.all(readers.map((one) => one.nth('live')));
    const exit = once(gateway.process, 'exit');
    gateway.process.kill('SIGTERM');
    await Promise.all(readers.map((one) => one.toEnd()));
    expect(readers.every(({ isEnded }) => isEnded)).toBe(true);
    expect(await exit).toEqual([0, null]);
  });
});
