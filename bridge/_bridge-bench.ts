/** A bridge on a real Kafka and a real nats-server, for the integration tests of this folder. */
import { Kafka, logLevel, Partitioners, type Producer } from 'kafkajs';
import { type EventRoute, type Route, routeDefaults } from '../shared/config/routes.ts';
import type { Progress } from '../shared/log/frame.ts';
import { connectLog, type JetStreamLog } from '../shared/log/jetstream-log.ts';
import { LogUnavailableError, type StoredMessage } from '../shared/log/log.ts';
import { DLQ, EVENTS, progressSubject, topicTokens } from '../shared/log/names.ts';
import { provisionMesh, provisionMirror } from '../shared/log/provision.ts';
import { createLogger } from '../shared/telemetry/logger.ts';
import { withKafkaAdmin } from '../shared/testing/kafka-admin.ts';
import { sharedServers, startTestNats, type TestNats } from '../shared/testing/servers.ts';
import { DEAD_LETTER_HEADERS } from '../shared/dead-letters/letter-headers.ts';
import { type BridgeOptions, KafkaToJetStream } from './kafka-to-jetstream.ts';

const decoder = new TextDecoder();

export interface RunningBridge {
  readonly bridge: KafkaToJetStream;
  stop(): Promise<void>;
}

/** Of a Kafka record. */
type Value = string | Buffer | null;

/** A topic and a route of its own. */
export interface Bench {
  readonly route: EventRoute<'order'>;
  readonly topic: string;
  /** Sends records to a partition, in order. */
  send(partition: number, ...values: Value[]): Promise<void>;
  start(): RunningBridge;
}

export class BridgeBench implements AsyncDisposable {
  readonly nats: TestNats;
  readonly log: JetStreamLog;
  readonly kafka: Kafka;
  #producer: Producer;
  readonly #run = Date.now().toString(36);
  #topics = 0;

  private constructor(nats: TestNats, log: JetStreamLog, kafka: Kafka, producer: Producer) {
    this.nats = nats;
    this.log = log;
    this.kafka = kafka;
    this.#producer = producer;
  }

  /** `brokers`: of a Kafka of the test's own; the shared one by default. */
  static async start(brokers: readonly string[] = sharedServers().brokers): Promise<BridgeBench> {
    const nats = await startTestNats();
    const log = await connectLog({ servers: nats.url, name: 'bridge-test' });
    await provisionMesh(log);
    const kafka = new Kafka({ clientId: 'bridge-test', brokers: [...brokers], logLevel: logLevel.NOTHING });
    return new BridgeBench(nats, log, kafka, await newProducer(kafka));
  }

  /** A topic name that no other test has; the topic is not made. */
  freshTopic(): string {
    return `test.${this.#run}.orders${++this.#topics}`;
  }

  /** Without partitions the topic is not made. */
  async orders(partitions: number | undefined, changes: Partial<EventRoute<'order'>> = {}): Promise<Bench> {
    const topic = this.freshTopic();
    const route: EventRoute<'order'> = { topic, ...routeDefaults('order', 'json'), ...changes };
    if (partitions) await this.makeTopic(topic, partitions);
    return {
      route,
      topic,
      send: (partition, ...values) => this.send(topic, partition, ...values),
      start: () => this.startBridge([route], topic),
    };
  }

  async send(topic: string, partition: number, ...values: Value[]): Promise<void> {
    await this.#producer.send({ topic, messages: values.map((value, at) => ({ key: `k${at}`, value, partition })) });
  }

  /** The producer's metadata of a topic goes stale when partitions or the topic itself change. */
  async reconnectProducer(): Promise<void> {
    await this.#producer.disconnect();
    this.#producer = await newProducer(this.kafka);
  }

  async makeTopic(topic: string, partitions: number, entries: Record<string, string> = {}): Promise<void> {
    const configEntries = Object.entries(entries).map(([name, value]) => ({ name, value }));
    const topics = [{ topic, numPartitions: partitions, configEntries }];
    await withKafkaAdmin(this.kafka, (admin) => admin.createTopics({ waitForLeaders: true, topics }));
  }

  async deleteTopic(topic: string): Promise<void> {
    await withKafkaAdmin(this.kafka, (admin) => admin.deleteTopics({ topics: [topic] }));
    await until(
      'the topic is gone',
      async () => !(await withKafkaAdmin(this.kafka, (admin) => admin.listTopics())).includes(topic),
    );
  }

  startBridge(routes: readonly Route[], groupId: string, options: Partial<BridgeOptions> = {}): RunningBridge {
    const logger = createLogger('bridge', 'error');
    const { kafka, log } = this;
    const bridge = new KafkaToJetStream({
      kafka,
      log,
      routes,
      logger,
      groupId,
      discoverMs: 200,
      provisionMirror: ({ topic, partition }) => provisionMirror(log, topic, partition),
      ...options,
    });
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

  async progressOf(topic: string, partition = 0): Promise<Progress> {
    const message = await this.log.last(EVENTS, progressSubject(topic, partition));
    return message ? (JSON.parse(decoder.decode(message.payload)) as Progress) : {};
  }

  reached(topic: string, partition: number, offset: number): Promise<void> {
    return until(`${topic}/${partition} has reached ${offset}`, async () => {
      const progress = await this.progressOf(topic, partition).catch((error: unknown) => {
        if (error instanceof LogUnavailableError) return undefined; // a test may have taken NATS away
        throw error;
      });
      return progress?.offset === offset;
    });
  }

  /** All messages of some subjects, in stream order. */
  async messages(stream: string, subject: string): Promise<StoredMessage[]> {
    const found: StoredMessage[] = [];
    if ((await this.log.lastOfEach(stream, [subject])).length === 0) return found;
    const stop = new AbortController();
    for await (const message of this.log.read({ stream, subjects: [subject], fromSeq: 1, signal: stop.signal })) {
      found.push(message);
      if (message.pending === 0) stop.abort();
    }
    return found;
  }

  /** All events of a topic in the log, in stream order. */
  async eventsOf(topic: string): Promise<Record<string, unknown>[]> {
    const frames = await this.messages(EVENTS, `kafka.${topicTokens(topic)}.>`);
    return frames
      .filter(({ subject }) => !subject.includes('.progress.'))
      .flatMap(({ payload }) => decoder.decode(payload).split('\n'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** The ids of all orders of a topic in the log, in stream order. */
  async idsOf(topic: string): Promise<string[]> {
    return (await this.eventsOf(topic)).map(({ id }) => String(id));
  }

  async deadOf(topic: string): Promise<{ reason: string; offset: string; bytes: number; text: string }[]> {
    return (await this.messages(DLQ, `dlq.${topicTokens(topic)}.*`)).map((message) => ({
      reason: message.subject.split('.').at(-1) ?? '',
      offset: message.header(DEAD_LETTER_HEADERS.offset) ?? '',
      bytes: message.payload.length,
      text: message.header(DEAD_LETTER_HEADERS.reason) ?? '',
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#producer.disconnect();
    await this.log[Symbol.asyncDispose]();
    await this.nats[Symbol.asyncDispose]();
  }
}

async function newProducer(kafka: Kafka): Promise<Producer> {
  const producer = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false, // a topic that a test has deleted stays away
  });
  await producer.connect();
  return producer;
}

export function order(n: number, changes: object = {}): string {
  return JSON.stringify({ orderId: `o${n}`, customerId: `c${n % 9}`, amount: n, timestamp: Date.now(), ...changes });
}

/** Ids of orders, sorted as text. */
export function numbered(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, n) => `o${from + n}`).sort();
}

/** Waits for a condition that servers bring about. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 45_000;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`Waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
