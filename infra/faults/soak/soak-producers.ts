/**
 * Writes all topics of the soak at once, at a steady rate, through whatever happens to Kafka: what was not acked is sent
 * again, so Kafka may hold a record twice; what Kafka holds is what counts.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Kafka, logLevel, Partitioners, type Producer } from 'kafkajs';
import { withKafkaAdmin } from '../../../shared/testing/kafka-admin.ts';
import { keysOf, mirrored, SOAK_MIRROR, SOAK_TOPICS, type SoakRecord } from './soak-topics.ts';

export const SOAK_PARTITIONS = 3;
/** Marks what must become a dead letter. */
export const BAD_HEADER = 'soak-bad';
/** The id that the event of a record must have. */
export const ID_HEADER = 'soak-id';

const BATCH = 10;
const TICK_MS = 40;

export class SoakProducers implements AsyncDisposable {
  readonly #producer: Producer;
  readonly #stop = new AbortController();
  readonly #schemaIds: ReadonlyMap<string, number>;
  #running: Promise<void> = Promise.resolve();
  #sent = 0;

  private constructor(producer: Producer, schemaIds: ReadonlyMap<string, number>) {
    this.#producer = producer;
    this.#schemaIds = schemaIds;
  }

  /** `schemaIds`: by topic. */
  static async start(brokers: readonly string[], schemaIds: ReadonlyMap<string, number>): Promise<SoakProducers> {
    const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING, retry: { retries: 100 } });
    const topics = [...SOAK_TOPICS.map(({ topic }) => topic), SOAK_MIRROR];
    await withKafkaAdmin(kafka, (admin) =>
      admin.createTopics({
        waitForLeaders: true,
        topics: topics.map((topic) => ({ topic, numPartitions: SOAK_PARTITIONS, replicationFactor: 1 })),
      }),
    );
    const producer = kafka.producer({
      createPartitioner: Partitioners.DefaultPartitioner,
      maxInFlightRequests: 1,
    });
    await producer.connect();
    const producers = new SoakProducers(producer, schemaIds);
    producers.#running = producers.#run();
    return producers;
  }

  /** Records that Kafka has acked. */
  get sent(): number {
    return this.#sent;
  }

  /** Resolves when everything begun is in Kafka. */
  async finish(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.finish();
    await this.#producer.disconnect();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    for (let round = 0; !signal.aborted; round++) {
      await this.#send(round);
      await pause(TICK_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #send(round: number): Promise<void> {
    const topicMessages = [
      ...SOAK_TOPICS.map(({ topic, record }) => ({
        topic,
        messages: batch(round, (key, n) => record(key, n, this.#schemaIds.get(topic) ?? 0)),
      })),
      { topic: SOAK_MIRROR, messages: batch(round, mirrored) },
    ];
    for (;;) {
      try {
        await this.#producer.sendBatch({ topicMessages, acks: -1 });
        break;
      } catch {
        await pause(TICK_MS); // the broker is away; all of it again, in order
      }
    }
    this.#sent += topicMessages.reduce((sum, { messages }) => sum + messages.length, 0);
  }
}

function batch(round: number, record: (key: string, n: number) => SoakRecord) {
  return Array.from({ length: SOAK_PARTITIONS }, (_, partition) => {
    const keys = keysOf(partition);
    return Array.from({ length: BATCH }, (_, at) => {
      const number = round * BATCH + at;
      const n = Math.floor(number / keys.length);
      const { key, value, isBad } = record(keys[number % keys.length] ?? '', n);
      const headers = { [ID_HEADER]: `${key}#${n}`, ...(isBad && { [BAD_HEADER]: '1' }) };
      return { key, value, partition, headers };
    });
  }).flat();
}
