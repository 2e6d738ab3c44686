/** Sinks as processes on a real nats-server: killed, stopped, moved, cut off. The store is the test's own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { connectLog, type JetStreamLog } from '../log/jetstream-log.ts';
import { bucketStream, keySubject, LEASES, MEMBERS } from '../log/names.ts';
import { provisionMesh, provisionService } from '../log/provision.ts';
import type { MemberRecord } from '../runtime/status.ts';
import { entryText, isDeleteMarker, readEntry } from '../store/entry.ts';
import { createLogger } from '../telemetry/logger.ts';
import { startTestNats, type TestNats } from '../testing/servers.ts';
import { MemoryStore, type SinkFault } from './_memory-target.ts';
import { type ServedStore, serveStore } from './_remote-store.ts';
import { BucketSink } from './bucket-sink.ts';

const PURGE = { 'KV-Operation': 'PURGE', 'Nats-Rollup': 'sub' };
const children = new Set<ChildProcess>();
let nats: TestNats;
let log: JetStreamLog;
let store: MemoryStore;
let served: ServedStore;
let fault: SinkFault | undefined;
let tests = 0;
let buckets: string[];

beforeAll(async () => {
  nats = await startTestNats();
  log = await connectLog({ servers: nats.url, name: 'sink-test' });
  await provisionMesh(log);
  store = new MemoryStore();
  store.nowMs = Date.now();
  served = await serveStore(store, { fault: () => fault });
});

afterEach(async () => {
  fault = undefined;
  await Promise.all([...children].map((child) => end(child, 'SIGKILL')));
});

afterAll(async () => {
  await served?.[Symbol.asyncDispose]();
  await log?.[Symbol.asyncDispose]();
  await nats?.[Symbol.asyncDispose]();
});

async function makeBuckets(count: number): Promise<string[]> {
  tests++;
  buckets = Array.from({ length: count }, (_, n) => `b${tests}-${n}`);
  for (const bucket of buckets) await provisionService(log, bucket);
  return buckets;
}

function startSink(instance: string, more: Readonly<Record<string, string>> = {}): ChildProcess {
  const script = new URL('./_test-sink.ts', import.meta.url).pathname;
  const env = { ...process.env, NATS_URL: nats.url, WEIR_INSTANCE: instance, WEIR_LOG_LEVEL: 'warn', ...more };
  const child = spawn(process.execPath, [script, served.url, ...buckets], {
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  children.add(child);
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  children.delete(child);
  if (child.exitCode === null && child.signalCode === null) {
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await exited;
  }
  return child.exitCode;
}

function put(bucket: string, id: number, value: unknown): Promise<unknown> {
  return log.append(keySubject(bucket, keyOf(id)), JSON.stringify(value));
}

function keyOf(id: number): string {
  return `p${String(id % 16).padStart(2, '0')}.customer.${id}`;
}

/** Writes and deletes until it is told to stop; survives a server that is away. */
async function load(signal: AbortSignal): Promise<number> {
  let n = 0;
  for (; !signal.aborted; n++) {
    const bucket = buckets[n % buckets.length] ?? '';
    const id = (n * 7919) % 700;
    const work =
      n % 10 === 9
        ? log.append(keySubject(bucket, keyOf(id)), '', { headers: PURGE, ttlMs: 3_600_000 })
        : put(bucket, id, { n });
    await work.catch(() => {});
    if (n % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return n;
}

async function differences(bucket: string): Promise<string[]> {
  const stored = store.values(bucket);
  const { signal } = new AbortController();
  const read = { stream: bucketStream(bucket), subjects: [keySubject(bucket, '*.customer.>')], toEnd: true, signal };
  const messages = await Array.fromAsync(log.read(read));
  const wanted = new Map(
    messages
      .filter((message) => !isDeleteMarker(message))
      .map((m) => [m.subject.slice(`$KV.${bucket}.`.length), entryText(m)]),
  );
  const wrong = [...wanted]
    .filter(([key, text]) => JSON.stringify(stored.get(key)) !== text)
    .map(([key]) => `${key} differs`);
  return [...wrong, ...[...stored.keys()].filter((key) => !wanted.has(key)).map((key) => `${key} is too much`)];
}

async function untilEqual(): Promise<void> {
  for (const bucket of buckets) await until(async () => (await differences(bucket)).length === 0);
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (;;) {
    const isThere = await Promise.resolve(holds()).catch(() => false);
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

async function members(): Promise<MemberRecord[]> {
  const found = await log.lastOfEach(bucketStream(MEMBERS), [keySubject(MEMBERS, '*')]);
  return found
    .filter((message) => !isDeleteMarker(message))
    .map((message) => JSON.parse(entryText(message)) as MemberRecord);
}

async function bucketsOf(instance: string): Promise<string[]> {
  const member = (await members()).find((one) => one.instance === instance);
  return (member?.sinks ?? []).filter(({ state }) => state === 'running').map(({ bucket }) => bucket);
}

describe('sinks as processes', () => {
  test('share the buckets; a killed one is replaced, and nothing is lost', async () => {
    await makeBuckets(6);
    const stop = new AbortController();
    const loading = load(stop.signal);
    const first = startSink('sink-a');
    startSink('sink-b');
    await until(async () => {
      const [a, b] = [await bucketsOf('sink-a'), await bucketsOf('sink-b')];
      return a.length > 0 && b.length > 0 && [...a, ...b].sort().join() === [...buckets].sort().join();
    });
    await until(() => buckets.every((bucket) => store.values(bucket).size > 50));
    await end(first, 'SIGKILL');
    const killedAt = performance.now();
    await until(async () => (await bucketsOf('sink-b')).length === 6);
    process.stderr.write(`[sink] taken over after ${Math.round(performance.now() - killedAt)} ms\n`);
    stop.abort();
    expect(await loading).toBeGreaterThan(1_000);
    await untilEqual();
  }, 90_000);

  test('a stopped one has written what it read and hands its buckets over', async () => {
    await makeBuckets(2);
    for (let id = 0; id < 300; id++) await put(buckets[id % 2] ?? '', id, { id });
    const child = startSink('sink-c');
    await untilEqual();
    expect(await end(child, 'SIGTERM')).toBe(0);
    for (const bucket of buckets) {
      expect(store.bucket(bucket).position?.seq).toBe((await log.state(bucketStream(bucket))).lastSeq);
      expect(await readEntry(log, LEASES, `sink-memory.${bucket}`)).toBeUndefined();
    }
  }, 60_000);

  test('goes on when nats-server was killed and is back', async () => {
    await makeBuckets(2);
    startSink('sink-d');
    const stop = new AbortController();
    const loading = load(stop.signal);
    await until(() => buckets.every((bucket) => store.values(bucket).size > 50));
    await nats.kill9();
    await nats.restart();
    const before = store.bucket(buckets[0] ?? '').position?.seq ?? 0;
    await until(() => (store.bucket(buckets[0] ?? '').position?.seq ?? 0) > before + 100);
    stop.abort();
    await loading;
    await untilEqual();
  }, 90_000);

  test('is not ready, and says why, while its store takes nothing; then catches up', async () => {
    await makeBuckets(1);
    const [bucket = ''] = buckets;
    startSink('sink-e', { WEIR_SINK_STALL_SECONDS: '0.5' });
    await put(bucket, 1, { n: 1 });
    await untilEqual();
    fault = 'away';
    for (let id = 0; id < 500; id++) await put(bucket, id, { id });
    await until(async () => (await members()).some(({ instance, ready }) => instance === 'sink-e' && !ready));
    const member = (await members()).find(({ instance }) => instance === 'sink-e');
    expect(member?.alarms[0]).toMatch(/^sink-memory b\d+-0 stalled for \d+ s: Cannot \w+ ".*": the store is away$/);
    const answer = await fetch(`${member?.health}/readyz`);
    expect(answer.status).toBe(503);
    fault = undefined;
    await untilEqual();
    await until(async () => (await members()).some(({ instance, ready }) => instance === 'sink-e' && ready));
    const metrics = await (await fetch(`${member?.health}/metrics`)).text();
    expect(metrics).toMatch(/weir_sink_retries\{[^}]*bucket="b\d+-0"[^}]*\} [1-9]/);
    expect(metrics).toMatch(/weir_sink_batch_entries_count\{[^}]*\} \d+/);
  }, 60_000);
});

describe('deletes that nobody read, on a real server', () => {
  test('more keys than the server answers for at once are compared, and only what is gone is deleted', async () => {
    await makeBuckets(1);
    const [bucket = ''] = buckets;
    for (let id = 0; id < 1_300; id++) await put(bucket, id, { id });
    let nowMs = Date.now();
    const begin = () => {
      const source = { bucket, keys: ['*.customer.>'] };
      const target = store.open([source], { batchSize: 100 });
      const logger = createLogger('sink', 'error');
      const sink = new BucketSink({ log, target, source, logger, pace: { saveMs: 20 }, now: () => nowMs });
      void sink.start();
      return sink;
    };
    const first = begin();
    await untilEqual();
    await until(() => store.bucket(bucket).position?.seq === 1_300);
    await first.stop();
    for (let id = 0; id < 1_300; id += 13) {
      await log.append(keySubject(bucket, keyOf(id)), '', { headers: PURGE, ttlMs: 3_600_000 });
      if (id % 2 === 0) await log.purge(bucketStream(bucket), keySubject(bucket, keyOf(id)), Number.MAX_SAFE_INTEGER);
    }
    nowMs += 2 * 3_600_000;
    const second = begin();
    await untilEqual();
    expect(store.values(bucket).size).toBe(1_200);
    await until(() => (store.bucket(bucket).position?.savedAtMs ?? 0) >= nowMs);
    await second.stop();
  }, 60_000);
});
