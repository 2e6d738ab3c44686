/**
 * The bridge and rfm as processes of every runtime, on a real Kafka and a real nats-server: Debezium orders in, and in
 * KV, byte for byte, what a straight fold in this process makes of them (design 6, S7).
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel, Partitioners, type Producer } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALL, PARTITIONS } from '../../shared/events/partition.ts';
import { connectLog, type JetStreamLog } from '../../shared/log/jetstream-log.ts';
import { MEMBERS } from '../../shared/log/names.ts';
import { provisionMesh, provisionService } from '../../shared/log/provision.ts';
import type { MemberRecord } from '../../shared/runtime/status.ts';
import { sharedServers, startTestNats, type TestNats } from '../../shared/testing/servers.ts';
import type { Runtime } from '../launcher/arguments.ts';
import { follow } from './_follow.ts';
import { KAFKA_PARTITIONS, makeOrders, straightFold } from './_orders.ts';
import { Workers } from './_workers.ts';

const run = Date.now().toString(36);
const orders = makeOrders(2_000);
const expected = straightFold(orders);
const kafka = new Kafka({ brokers: [...sharedServers().brokers], logLevel: logLevel.NOTHING });
let producer: Producer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-runtimes-'));
  producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, maxInFlightRequests: 1 });
  await producer.connect();
});

afterAll(async () => {
  await producer?.disconnect();
  await rm(folder, { recursive: true, force: true });
});

it('has orders of all kinds, and customers of all segments', () => {
  const results = [...expected.values()].join('\n');
  for (const segment of ['VIP', 'Regular', 'New', 'At-Risk', 'Churned'])
    expect(results).toContain(`"segment":"${segment}"`);
  for (const op of ['c', 'u', 'd']) expect(orders.flat().join('\n')).toContain(`"op":"${op}"`);
});

interface Mesh {
  readonly name: string;
  readonly bridge: Runtime;
  readonly stages: readonly Runtime[];
}

const MESHES: readonly Mesh[] = [
  { name: 'Bun', bridge: 'bun', stages: ['bun'] },
  { name: 'Deno', bridge: 'deno', stages: ['deno'] },
  { name: 'all three, which share the partitions', bridge: 'node', stages: ['node', 'bun', 'deno'] },
];

describe.each(MESHES)('a mesh on $name', ({ bridge, stages }) => {
  const topic = `runtimes-${run}-${bridge}`;
  let nats: TestNats;
  let log: JetStreamLog;

  beforeAll(async () => {
    nats = await startTestNats();
    log = await connectLog({ servers: nats.url, name: 'runtimes-test' });
    await provisionMesh(log);
    await provisionService(log, 'rfm');
    await makeTopic(topic);
  });

  afterAll(async () => {
    await log?.[Symbol.asyncDispose]();
    await nats?.[Symbol.asyncDispose]();
  });

  it('ends in the same results as a straight fold, and drains', async () => {
    using workers = new Workers(await environment(topic, nats.url));
    await send(topic, 0, 0.5);
    workers.start(bridge, 'bridge/main.ts', `bridge-${bridge}`);
    for (const stage of stages) workers.start(stage, 'services/rfm/main.ts', `rfm-${stage}`);
    const members = await membersOnceSpread(log, 1 + stages.length);
    expect(members.map(({ kind, runtime }) => `${kind} ${runtime.split(' ')[0]}`).sort()).toEqual(
      [`bridge ${bridge}`, ...stages.map((stage) => `worker ${stage}`)].sort(),
    );
    await send(topic, 0.5, 1);
    expect(await resultsOnceExpected(log)).toEqual(expected);
    expect(await workers.drain()).toEqual([bridge, ...stages].map(() => 0));
    expect(await resultsOnceExpected(log)).toEqual(expected);
  });
});

async function environment(topic: string, natsUrl: string): Promise<Record<string, string>> {
  const routes = join(folder, `${topic}.json`);
  // Idleness would move the watermark to the wall clock.
  const route = { topic, decoder: 'debezium-json', idle: { policy: 'hold', afterMs: 3_600_000 } };
  await writeFile(routes, JSON.stringify({ routes: [route] }));
  return {
    NATS_URL: natsUrl,
    KAFKA_BOOTSTRAP_SERVERS: sharedServers().brokers.join(','),
    WEIR_ROUTES: routes,
    WEIR_KAFKA_GROUP: topic,
  };
}

async function makeTopic(topic: string): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: KAFKA_PARTITIONS }] });
  } finally {
    await admin.disconnect();
  }
}

/** Sends a part of every partition's orders. */
async function send(topic: string, from: number, to: number): Promise<void> {
  const messages = orders.flatMap((values, partition) =>
    values.slice(values.length * from, values.length * to).map((value) => ({ value, partition })),
  );
  await producer.send({ topic, messages });
}

/** All members, once each is ready and every stage partition runs, some on every worker. */
async function membersOnceSpread(log: JetStreamLog, count: number): Promise<MemberRecord[]> {
  const parse = (texts: ReadonlyMap<string, string>) =>
    Array.from(texts.values(), (text) => JSON.parse(text) as MemberRecord);
  const texts = await follow(log, MEMBERS, ['*'], (now) => {
    const members = parse(now);
    const running = members.flatMap(({ stages }) => stages ?? []).filter(({ state }) => state === 'running');
    const isUsed = ({ kind, ready, stages }: MemberRecord) => ready && (kind === 'bridge' || (stages?.length ?? 0) > 0);
    return members.length === count && members.every(isUsed) && running.length === [...PARTITIONS, ALL].length;
  });
  return parse(texts);
}

function resultsOnceExpected(log: JetStreamLog): Promise<Map<string, string>> {
  return follow(
    log,
    'rfm',
    ['*.customer.*', `${ALL}.summary`],
    (now) => now.size === expected.size && [...expected].every(([key, text]) => now.get(key) === text),
  );
}
