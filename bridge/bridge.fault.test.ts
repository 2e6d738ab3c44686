/** The bridge as a process that is killed, over a nats-server that is killed: every order is in the log once. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel, Partitioners, type Producer } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OrderSource } from '../shared/demo/orders.ts';
import { mulberry32 } from '../shared/demo/random.ts';
import { type EventRoute, routeDefaults } from '../shared/config/routes.ts';
import { PARTITIONS, partitionOf } from '../shared/events/partition.ts';
import type { Progress } from '../shared/log/frame.ts';
import { connectLog, type JetStreamLog } from '../shared/log/jetstream-log.ts';
import { DLQ, dataSubject, EVENTS, progressSubject } from '../shared/log/names.ts';
import { sharedServers, startTestNats, type TestNats } from '../shared/testing/servers.ts';
import { DEAD_LETTER_HEADERS } from '../shared/dead-letters/letter-headers.ts';
import { recordDecoder } from './decode/decoder.ts';

const SEEDS = [1, 2, 3];
const RECORDS = 24_000;
const CHUNK = 20;
/** How many records of a partition there are behind the one at which a bridge is killed. */
const AHEAD = 400;
const KAFKA_PARTITIONS = 2;
const decoder = new TextDecoder();
const children = new Set<ChildProcess>();
let nats: TestNats;
let log: JetStreamLog;
let kafka: Kafka;
let producer: Producer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-bridge-fault-'));
  nats = await startTestNats();
  log = await connectLog({ servers: nats.url, name: 'bridge-fault-test' });
  kafka = new Kafka({ brokers: [...sharedServers().brokers], logLevel: logLevel.NOTHING });
  producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, idempotent: true });
  await producer.connect();
});

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await producer?.disconnect();
  await log?.[Symbol.asyncDispose]();
  await nats?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

interface Expected {
  /** Data subject to its lines. */
  readonly lines: Map<string, string[]>;
  readonly dead: string[];
  readonly ends: number[];
}

/** Makes the topic's records, and what a straight run makes of them. */
function makeRecords(topic: string, seed: number): { values: string[][]; expected: Expected } {
  const source = new OrderSource(seed, 1_000);
  const random = mulberry32(seed + 1_000);
  const values: string[][] = Array.from({ length: KAFKA_PARTITIONS }, () => []);
  for (let n = 0; n < RECORDS; n++) {
    const { orderId, envelope } = source.next(Date.now());
    values[orderId % KAFKA_PARTITIONS]?.push(random() < 0.002 ? 'no JSON' : JSON.stringify(envelope));
  }
  const decoder = recordDecoder(routeFor(topic), topic);
  const expected: Expected = { lines: new Map(), dead: [], ends: values.map(({ length }) => length - 1) };
  values.forEach((records, partition) => {
    records.forEach((value, offset) => {
      const record = { offset, timestampMs: Date.now(), key: null, value: Buffer.from(value) };
      const { events, dead } = decoder.decode(record, Date.now());
      if (dead) expected.dead.push(`${partition}/${offset}`);
      for (const event of events) {
        const subject = dataSubject(topic, PARTITIONS[partitionOf(event.k)] ?? '', partition);
        const lines = expected.lines.get(subject) ?? [];
        lines.push(decoder.line(event));
        expected.lines.set(subject, lines);
      }
    });
  });
  return { values, expected };
}

function routeFor(topic: string): EventRoute<'order'> {
  return { topic, ...routeDefaults('order', 'debezium-json') };
}

/** A group of its own, so that a bridge need not wait until Kafka gives up on the one before. */
function startBridge(routes: string, group: string): ChildProcess {
  const child = spawn(process.execPath, [new URL('./main.ts', import.meta.url).pathname], {
    stdio: 'ignore',
    env: {
      ...process.env,
      NATS_URL: nats.url,
      KAFKA_BOOTSTRAP_SERVERS: sharedServers().brokers.join(','),
      WEIR_ROUTES: routes,
      WEIR_KAFKA_GROUP: group,
      WEIR_INSTANCE: group,
    },
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

async function endOf(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  child.kill(signal);
  return ended;
}

async function offsetOf(topic: string, partition: number): Promise<number> {
  const message = await log.last(EVENTS, progressSubject(topic, partition)).catch(() => undefined);
  return message ? ((JSON.parse(decoder.decode(message.payload)) as Progress).offset ?? -1) : -1;
}

async function until(isTrue: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + 90_000;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`Waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function contentOf(topic: string): Promise<{ lines: Map<string, string[]>; dead: string[] }> {
  const lines = new Map<string, string[]>();
  const dead: string[] = [];
  for await (const message of stored(EVENTS, `kafka.${topic}.>`)) {
    if (message.subject.includes('.progress.')) continue;
    const held = lines.get(message.subject) ?? [];
    held.push(...decoder.decode(message.payload).split('\n'));
    lines.set(message.subject, held);
  }
  for await (const message of stored(DLQ, `dlq.${topic}.*`))
    dead.push(`${message.header(DEAD_LETTER_HEADERS.partition)}/${message.header(DEAD_LETTER_HEADERS.offset)}`);
  return { lines, dead };
}

async function* stored(stream: string, subject: string) {
  const stop = new AbortController();
  for await (const message of log.read({ stream, subjects: [subject], fromSeq: 1, signal: stop.signal })) {
    yield message;
    if (message.pending === 0) stop.abort();
  }
}

describe('killed at random moments under load', () => {
  for (const seed of SEEDS)
    it(`seed ${seed}: every order is in the log once, every dead letter in DLQ once`, async () => {
      const topic = `fault-${Date.now().toString(36)}-${seed}`;
      const random = mulberry32(seed);
      const { values, expected } = makeRecords(topic, seed);
      const routes = join(folder, `${topic}.json`);
      await writeFile(routes, JSON.stringify({ routes: [{ topic, decoder: 'debezium-json' }] }));
      const admin = kafka.admin();
      await admin.connect();
      await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: KAFKA_PARTITIONS }] });
      await admin.disconnect();

      const gate = { upTo: 0 };
      const sending = send(topic, values, gate);
      sending.catch(() => {}); // awaited below, unless the test fails before
      let bridge = startBridge(routes, `${topic}-0`);
      for (let kill = 1; kill <= 5; kill++) {
        // Kill once it has moved on by a random stretch, with more to come: every kill hits work in flight.
        const goal = (await offsetOf(topic, 0)) + 1 + Math.floor(random() * 600);
        gate.upTo = Math.max(gate.upTo, goal + AHEAD);
        await until(async () => (await offsetOf(topic, 0)) >= goal, `offset ${goal} is reached`);
        if (random() < 0.4) {
          await nats.kill9();
          await nats.restart();
        }
        const former = bridge;
        const isOverlapping = random() < 0.3; // the one before lives on for a while: two owners
        if (!isOverlapping) await endOf(former, 'SIGKILL');
        bridge = startBridge(routes, `${topic}-${kill}`);
        if (isOverlapping) {
          const before = await offsetOf(topic, 1);
          gate.upTo = Math.max(gate.upTo, before) + AHEAD;
          await until(async () => (await offsetOf(topic, 1)) > before, 'it moves on');
          await endOf(former, 'SIGKILL');
        }
      }
      gate.upTo = RECORDS;
      await sending;
      for (const [partition, end] of expected.ends.entries())
        await until(async () => (await offsetOf(topic, partition)) === end, `k${partition} has reached ${end}`);
      expect(await endOf(bridge, 'SIGTERM')).toBe(0);

      const { lines, dead } = await contentOf(topic);
      expect(dead.sort()).toEqual(expected.dead.sort());
      expect(expected.dead.length).toBeGreaterThan(0);
      expect([...lines.keys()].sort()).toEqual([...expected.lines.keys()].sort());
      for (const [subject, held] of lines) expect(held, subject).toEqual(expected.lines.get(subject));
    });
});

/** Sends as far as the gate allows, so that there is load for all kills. */
async function send(topic: string, values: readonly string[][], gate: { upTo: number }): Promise<void> {
  const longest = Math.max(...values.map(({ length }) => length));
  for (let at = 0; at < longest; at += CHUNK) {
    await until(async () => at <= gate.upTo, 'the gate opens');
    const messages = values.flatMap((records, partition) =>
      records.slice(at, at + CHUNK).map((value) => ({ value, partition })),
    );
    await producer.send({ topic, messages });
  }
}
