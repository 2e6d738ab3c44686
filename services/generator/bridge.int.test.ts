/** The demo's records on a real Kafka, through a real bridge with its built-in routes: events of every kind. */
import type { Kafka } from 'kafkajs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BridgeBench, type RunningBridge, until } from '../../bridge/_bridge-bench.ts';
import { TestRegistry } from '../../bridge/_registry-bench.ts';
import { DEFAULT_ROUTES, type DecoderName, routeOf } from '../../shared/config/routes.ts';
import type { SentRecord } from '../../shared/demo/demo-record.ts';
import { Flaws } from '../../shared/demo/flaws.ts';
import { GENERATED_TOPICS, generateRecords } from '../../shared/demo/generate.ts';
import { OrderSource } from '../../shared/demo/orders.ts';
import { RecordSender } from '../../shared/demo/record-sender.ts';
import { SHOP_TOPICS, ShopRecords } from '../../shared/demo/shop-records.ts';
import { ShopTraffic } from '../../shared/demo/shop-traffic.ts';
import { createLogger } from '../../shared/telemetry/logger.ts';
import { startTestKafka, type TestKafka } from '../../shared/testing/servers.ts';
import { startDemoFeeds } from './feeds.ts';
import { kafkaOrders } from './kafka-orders.ts';
import { feedOrders } from './order-feed.ts';

const COUNT = 200;
const logger = createLogger('test', 'error');
const stack = new AsyncDisposableStack();
let kafkaServer: TestKafka; // of its own: the built-in routes take topics by fixed names
let bench: BridgeBench;
let registry: TestRegistry;
let kafka: Kafka;
let running: RunningBridge;

beforeAll(async () => {
  kafkaServer = stack.use(await startTestKafka());
  bench = stack.use(await BridgeBench.start(kafkaServer.brokers));
  registry = stack.use(await TestRegistry.start(bench.log));
  kafka = bench.kafka;
  running = bench.startBridge(DEFAULT_ROUTES, 'demo', { registry: registry.client() });
  stack.defer(() => running.stop());
});

afterAll(() => stack.disposeAsync());

function decoderOf(topic: string): Exclude<DecoderName, 'debezium-avro'> {
  const route = routeOf(DEFAULT_ROUTES, topic);
  if (!route || route.decoder === 'raw' || route.decoder === 'debezium-avro')
    throw new Error(`Cannot send "${topic}": no built-in route makes events of it`);
  return route.decoder;
}

/** Of a topic, over its partitions. */
function counted(topic: string): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { counts } of running.bridge.status().filter((status) => status.topic === topic))
    for (const [name, count] of Object.entries(counts ?? {})) sums[name] = (sums[name] ?? 0) + count;
  return sums;
}

it('a generated batch of each topic becomes events, and only what was damaged dead letters', async () => {
  const nowMs = Date.now();
  await using sender = await RecordSender.open({ kafka, registry: registry.client(), logger });
  const sent = new Map<string, { readonly sound: number; readonly damaged: number }>();
  for (const topic of GENERATED_TOPICS) {
    const records = generateRecords({ topic, count: COUNT, seed: 1, nowMs });
    const flaws = new Flaws(1, { late: 0, duplicate: 0.05, malformed: 0.1 }, decoderOf(topic));
    const originals = new Set<SentRecord>(records);
    const flawed = flaws.apply(records, nowMs);
    const sound = flawed.filter((record) => originals.has(record)).length;
    sent.set(topic, { sound, damaged: flawed.length - sound });
    await sender.send(flawed);
  }
  for (const [topic, { sound, damaged }] of sent) {
    expect(sound, topic).toBeGreaterThan(COUNT);
    expect(damaged, topic).toBeGreaterThan(5);
    await until(`all of ${topic} is read`, () => {
      const { counted: became = 0, unchanged = 0, dead = 0 } = counted(topic);
      return became + unchanged + dead === sound + damaged;
    });
    expect(await bench.deadOf(topic), topic).toHaveLength(damaged);
    const events = await bench.eventsOf(topic);
    if (decoderOf(topic) === 'debezium-json') expect(events.length, topic).toBeGreaterThan(COUNT / 2);
    else expect(events.length, topic).toBe(sound);
  }
});

it('without a schema registry downloads are refused, and everything else is sent', async () => {
  await using sender = await RecordSender.open({ kafka, logger });
  const generate = (topic: string) => generateRecords({ topic, count: 1, seed: 2, nowMs: Date.now() });
  await expect(sender.send(generate('content-downloads'))).rejects.toThrow('set SCHEMA_REGISTRY_URL');
  const before = counted('orders').counted ?? 0;
  await sender.send(generate('orders'));
  await until('it arrives', () => counted('orders').counted === before + 1);
});

it('the feeds of the demo feed every topic; changes that come twice count once', async () => {
  const stop = new AbortController();
  const startMs = Date.now();
  const flaws = { late: 0, duplicate: 0.1, malformed: 0.05 };
  const rates = { changes: 200, plainOrders: 100, downloads: 100, events: 400 };
  const settings = { seed: 1, startMs, customers: 5_000, bursts: true, flaws, rates };
  const before = new Map(GENERATED_TOPICS.map((topic) => [topic, counted(topic)]));
  const problems: string[] = [];
  const shared = { kafka, logger, stop: stop.signal };
  const feeds = startDemoFeeds({
    ...shared,
    registry: registry.client(),
    settings,
    onDownloads: () => {},
    onEvents: () => {},
  });
  const shop = new ShopRecords(startMs, { hasPlaces: true });
  const traffic = new ShopTraffic(1, { customers: 5_000, late: 0, bursts: true });
  const orders = feedOrders({
    ...{ logger, stop: stop.signal, rate: rates.changes, startMs },
    target: kafkaOrders({ kafka, logger, shop, startMs, flaws: new Flaws(1, flaws, 'debezium-json') }),
    source: new OrderSource(1, startMs, { traffic, hasPlaces: true }),
    onWritten: () => {},
    onProblem: (problem) => problem && problems.push(problem),
  });
  const more = (topic: string, outcome: string) => (counted(topic)[outcome] ?? 0) - (before.get(topic)?.[outcome] ?? 0);
  try {
    for (const topic of GENERATED_TOPICS) {
      await until(`${topic} is fed`, () => more(topic, 'counted') > 0);
      if (!topic.startsWith('maip.')) await until(`${topic} has dead letters`, () => more(topic, 'dead') > 0);
    }
    for (const topic of Object.values(SHOP_TOPICS))
      await until(`${topic} has what came twice`, () => more(topic, 'replayed') > 0);
  } finally {
    stop.abort();
    await Promise.all([orders, ...feeds.map(({ stopped }) => stopped)]);
  }
  expect(problems).toEqual([]);
  expect(feeds.map(({ problem }) => problem)).toEqual(feeds.map(() => undefined));
});
