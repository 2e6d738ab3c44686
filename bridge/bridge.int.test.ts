/** The bridge on a real Kafka and a real nats-server: what Kafka does that no twin does. */
import { Kafka, logLevel, Partitioners, type Producer } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EventRoute, routeDefaults } from '../shared/config/routes.ts';
import type { Progress } from '../shared/log/frame.ts';
import { connectLog, type JetStreamLog } from '../shared/log/jetstream-log.ts';
import { DLQ, EVENTS, progressSubject, topicTokens } from '../shared/log/names.ts';
import { provisionMesh } from '../shared/log/provision.ts';
import { createLogger } from '../shared/telemetry/logger.ts';
import { withKafkaAdmin } from '../shared/testing/kafka-admin.ts';
import { sharedServers, startTestNats, type TestNats } from '../shared/testing/servers.ts';
import { DEAD_LETTER_HEADERS } from './dead-letters.ts';
import { KafkaToJetStream } from './kafka-to-jetstream.ts';

const decoder = new TextDecoder();
const run = Date.now().toString(36);
let nats: TestNats;
let log: JetStreamLog;
let kafka: Kafka;
let producer: Producer;
let topics = 0;

beforeAll(async () => {
  nats = await startTestNats();
  log = await connectLog({ servers: nats.url, name: 'bridge-test' });
  await provisionMesh(log);
  kafka = new Kafka({ clientId: 'bridge-test', brokers: [...sharedServers().brokers], logLevel: logLevel.NOTHING });
  producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, maxInFlightRequests: 1 });
  await producer.connect();
});

afterAll(async () => {
  await producer?.disconnect();
  await log?.[Symbol.asyncDispose]();
  await nats?.[Symbol.asyncDispose]();
});

interface Bench {
  readonly route: EventRoute<'order'>;
  readonly topic: string;
  /** Sends records to a partition, in order. */
  send(partition: number, ...values: (string | null)[]): Promise<void>;
  start(): Bridge;
}

interface Bridge {
  readonly bridge: KafkaToJetStream;
  stop(): Promise<void>;
}

/** A topic and a route of its own. Without partitions the topic is not made. */
async function bench(partitions: number | undefined, changes: Partial<EventRoute<'order'>> = {}): Promise<Bench> {
  const topic = `test.${run}.orders${++topics}`;
  const route: EventRoute<'order'> = { topic, ...routeDefaults('order', 'json'), ...changes };
  if (partitions) await makeTopic(topic, partitions);
  return {
    route,
    topic,
    send: async (partition, ...values) => {
      await producer.send({ topic, messages: values.map((value, at) => ({ key: `k${at}`, value, partition })) });
    },
    start: () => startBridge(route, topic),
  };
}

async function makeTopic(topic: string, partitions: number, entries: Record<string, string> = {}): Promise<void> {
  await withKafkaAdmin(kafka, (admin) =>
    admin.createTopics({
      waitForLeaders: true,
      topics: [
        {
          topic,
          numPartitions: partitions,
          configEntries: Object.entries(entries).map(([name, value]) => ({ name, value })),
        },
      ],
    }),
  );
}

function startBridge(route: EventRoute<'order'>, group: string): Bridge {
  const logger = createLogger('bridge', 'error');
  const bridge = new KafkaToJetStream({ kafka, log, routes: [route], logger, groupId: group, discoverMs: 200 });
  const stop = new AbortController();
  const running = bridge.run(stop.signal);
  return {
    bridge,
    stop: async () => {
      stop.abort();
      await running;
    },
  };
}

function order(n: number, changes: object = {}): string {
  return JSON.stringify({ orderId: `o${n}`, customerId: `c${n % 9}`, amount: n, timestamp: Date.now(), ...changes });
}

async function progressOf(topic: string, partition = 0): Promise<Progress> {
  const message = await log.last(EVENTS, progressSubject(topic, partition));
  return message ? (JSON.parse(decoder.decode(message.payload)) as Progress) : {};
}

/** Waits for a condition that servers bring about. */
async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 45_000;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`Waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const reached = (topic: string, partition: number, offset: number) =>
  until(
    `${topic}/${partition} has reached ${offset}`,
    async () => (await progressOf(topic, partition)).offset === offset,
  );

/** The ids of all orders of a topic in the log, in stream order. */
async function idsOf(topic: string): Promise<string[]> {
  const ids: string[] = [];
  const stop = new AbortController();
  const subjects = [`kafka.${topicTokens(topic)}.>`];
  for await (const message of log.read({ stream: EVENTS, subjects, fromSeq: 1, signal: stop.signal })) {
    if (!message.subject.includes('.progress.'))
      for (const line of decoder.decode(message.payload).split('\n')) ids.push((JSON.parse(line) as { id: string }).id);
    if (message.pending === 0) stop.abort();
  }
  return ids;
}

async function deadOf(topic: string): Promise<{ reason: string; offset: string; bytes: number; text: string }[]> {
  const found: { reason: string; offset: string; bytes: number; text: string }[] = [];
  const stop = new AbortController();
  const subjects = [`dlq.${topicTokens(topic)}.*`];
  for await (const message of log.read({ stream: DLQ, subjects, fromSeq: 1, signal: stop.signal })) {
    found.push({
      reason: message.subject.split('.').at(-1) ?? '',
      offset: message.header(DEAD_LETTER_HEADERS.offset) ?? '',
      bytes: message.payload.length,
      text: message.header(DEAD_LETTER_HEADERS.reason) ?? '',
    });
    if (message.pending === 0) stop.abort();
  }
  return found;
}

const numbered = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => `o${from + n}`).sort();

describe('exactly once', () => {
  it('over bridges that come and go, with records in between', async () => {
    const { topic, send, start } = await bench(2);
    for (let round = 0; round < 3; round++) {
      const bridge = start();
      await send(0, ...Array.from({ length: 50 }, (_, n) => order(round * 100 + n)));
      await bridge.stop();
      await send(1, ...Array.from({ length: 50 }, (_, n) => order(round * 100 + 50 + n)));
    }
    const bridge = start();
    await reached(topic, 0, 149);
    await reached(topic, 1, 149);
    await bridge.stop();
    expect((await idsOf(topic)).sort()).toEqual(numbered(0, 300));
  });

  it('while two bridges of different groups write the same partitions', async () => {
    const { topic, route, send } = await bench(2);
    const bridges = [startBridge(route, `${topic}-a`), startBridge(route, `${topic}-b`)];
    for (let n = 0; n < 300; n += 30) {
      await send(0, ...Array.from({ length: 15 }, (_, at) => order(n + at)));
      await send(1, ...Array.from({ length: 15 }, (_, at) => order(n + 15 + at)));
    }
    await reached(topic, 0, 149);
    await reached(topic, 1, 149);
    await Promise.all(bridges.map((bridge) => bridge.stop()));
    expect((await idsOf(topic)).sort()).toEqual(numbered(0, 300));
  });

  it('while bridges of one group share the partitions, and one leaves', async () => {
    const { topic, send, start } = await bench(4);
    const [one, other] = [start(), start()];
    await until('both own partitions', () => [one, other].every(({ bridge }) => bridge.status().length === 2));
    for (let partition = 0; partition < 4; partition++)
      await send(partition, ...Array.from({ length: 25 }, (_, n) => order(partition * 25 + n)));
    await one.stop();
    for (let partition = 0; partition < 4; partition++) await reached(topic, partition, 24);
    await until('the other owns all', () => other.bridge.status().length === 4);
    await other.stop();
    expect((await idsOf(topic)).sort()).toEqual(numbered(0, 100));
  });
});

describe('bad input', () => {
  it('ends in DLQ with a reason, and the mesh goes on', async () => {
    const { topic, start, send } = await bench(undefined);
    await makeTopic(topic, 1, { 'max.message.bytes': '4194304' });
    const bad = [
      '{"orderId":',
      order(1, { customerId: null }),
      order(2, { timestamp: 0 }),
      order(3, { timestamp: Date.UTC(9999, 0, 1) }),
      order(4, { amount: 'abc' }),
      order(5).replace('"amount":5', '"amount":1e400'),
      order(6, { note: 'x'.repeat(2 * 1024 * 1024) }),
    ];
    const bridge = start();
    for (const value of bad) await send(0, value);
    await send(0, null, order(7));
    await reached(topic, 0, bad.length + 1);
    await bridge.stop();
    expect(await idsOf(topic)).toEqual(['o7']);
    const dead = await deadOf(topic);
    expect(dead.map(({ reason, offset }) => `${offset} ${reason}`)).toEqual([
      '0 malformed',
      '1 missing-key',
      '2 bad-time',
      '3 bad-time',
      '4 bad-amount',
      '5 bad-amount',
      '6 too-large',
    ]);
    expect(dead.at(-1)?.bytes).toBeGreaterThan(2 * 1024 * 1024);
    for (const { text } of dead) expect(text).toMatch(/^Cannot /);
  });
});

describe('Kafka', () => {
  it('has a topic only later, and more partitions later still', async () => {
    const { topic, send, start } = await bench(undefined);
    const { bridge, stop } = start();
    await until('it says that it waits', () => bridge.alarms().some((alarm) => alarm.includes('waiting for one')));
    await makeTopic(topic, 1);
    await send(0, order(0));
    await reached(topic, 0, 0);
    await withKafkaAdmin(kafka, (admin) => admin.createPartitions({ topicPartitions: [{ topic, count: 2 }] }));
    await until('the new partition is declared', async () =>
      Boolean(await log.last(EVENTS, progressSubject(topic, 1))),
    );
    await producer.disconnect(); // its metadata is of one partition
    await producer.connect();
    await send(1, order(1));
    await reached(topic, 1, 0);
    await stop();
    expect((await idsOf(topic)).sort()).toEqual(['o0', 'o1']);
  });

  it('has transactions: aborted records are not read, and control records do not stop progress or idleness', async () => {
    const { topic, start } = await bench(1, { idle: { policy: 'advance', afterMs: 300 } });
    const writer = kafka.producer({ transactionalId: topic, maxInFlightRequests: 1, idempotent: true });
    await writer.connect();
    const bridge = start();
    for (const [id, isKept] of [
      [0, true],
      [1, false],
      [2, true],
      [3, false],
    ] as const) {
      const transaction = await writer.transaction();
      await transaction.send({ topic, messages: [{ key: 'k', value: order(id) }] });
      await (isKept ? transaction.commit() : transaction.abort());
    }
    await writer.disconnect();
    await reached(topic, 0, 7); // four records, four markers
    const before = Date.now();
    await until('the idle watermark follows', async () => ((await progressOf(topic)).watermark ?? 0) >= before - 5_000);
    await bridge.stop();
    expect((await idsOf(topic)).sort()).toEqual(['o0', 'o2']);
  });

  it('is quiet: policy hold says idle', async () => {
    const { topic, send, start } = await bench(1, { idle: { policy: 'hold', afterMs: 300 } });
    const bridge = start();
    await send(0, order(0));
    await until('the partition is idle', async () => (await progressOf(topic)).idle === true);
    await send(0, order(1));
    await until('it is idle no more', async () => (await progressOf(topic)).idle !== true);
    await bridge.stop();
  });

  it('has lost records before they were read: they are counted, and it goes on', async () => {
    const { topic, send, start } = await bench(1);
    const first = start();
    await send(0, order(0), order(1));
    await reached(topic, 0, 1);
    await first.stop();
    await send(0, order(2), order(3), order(4));
    await withKafkaAdmin(kafka, async (admin) => {
      await admin.fetchTopicOffsets(topic); // deleteTopicRecords needs the metadata this loads
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '4' }] });
    });
    const { bridge, stop } = start();
    await reached(topic, 0, 4);
    expect(bridge.alarms().join()).toContain('2 records were gone from Kafka');
    await stop();
    expect((await idsOf(topic)).sort()).toEqual(['o0', 'o1', 'o4']);
    expect((await progressOf(topic)).counts?.missing).toBe(2);
  });

  it('has made the topic anew: nothing is read, and an alarm says why', async () => {
    const { topic, send, start } = await bench(1);
    const first = start();
    await send(0, order(0), order(1), order(2));
    await reached(topic, 0, 2);
    await first.stop();
    await withKafkaAdmin(kafka, (admin) => admin.deleteTopics({ topics: [topic] }));
    await until(
      'the topic is gone',
      async () => !(await withKafkaAdmin(kafka, (admin) => admin.listTopics())).includes(topic),
    );
    await makeTopic(topic, 1);
    const { bridge, stop } = start();
    await until('it says so', () => bridge.alarms().some((alarm) => alarm.includes('deleted and made again')));
    await stop();
  });

  it('shows the group where it stands, for lag tools', async () => {
    const { topic, send, start } = await bench(1);
    const bridge = start();
    await send(0, order(0), order(1));
    await reached(topic, 0, 1);
    await bridge.stop();
    const [offsets] = await withKafkaAdmin(kafka, (admin) => admin.fetchOffsets({ groupId: topic, topics: [topic] }));
    expect(offsets?.partitions[0]?.offset).toBe('2');
  });
});
