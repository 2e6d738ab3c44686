/**
 * Sends demo records to Kafka: makes topics that are missing, writes downloads in Avro. Owns its producer.
 * Does not own what is sent (generate.ts), nor trying again: who sends decides whether.
 */
import { type Kafka, Partitioners, type Producer } from 'kafkajs';
import type { SchemaRegistry } from '../avro/schema-registry.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { SentRecord } from './demo-record.ts';
import { downloadWriter } from './download-writer.ts';
import { DOWNLOADS_TOPIC } from './downloads.ts';
import { makeTopics } from './make-topics.ts';
import { topicMessages } from './topic-messages.ts';

export interface RecordSenderOptions {
  readonly kafka: Kafka;
  /** For `content-downloads`. */
  readonly registry?: Pick<SchemaRegistry, 'register'> | undefined;
  readonly logger: Logger;
}

/** There is no schema registry, and the topic needs one. */
export class NoRegistryError extends Error {
  readonly code = 'no-registry';
}

const PARTITIONS = 4;
/** Well under the broker's limit of 1 MB a request and partition. */
const AT_ONCE = 500;

export class RecordSender implements AsyncDisposable {
  readonly #options: RecordSenderOptions;
  readonly #producer: Producer;
  readonly #madeTopics = new Set<string>();
  #write: ((value: unknown) => Buffer) | undefined;

  private constructor(options: RecordSenderOptions, producer: Producer) {
    this.#options = options;
    this.#producer = producer;
  }

  static async open(options: RecordSenderOptions): Promise<RecordSender> {
    const producer = options.kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    return new RecordSender(options, producer);
  }

  /** Resolves when Kafka has all of them; a record's key decides its partition. */
  async send(records: readonly SentRecord[]): Promise<void> {
    const topics = [...new Set(records.map(({ topic }) => topic))].filter((topic) => !this.#madeTopics.has(topic));
    const { kafka, logger } = this.#options;
    if (topics.includes(DOWNLOADS_TOPIC)) this.#write = await this.#writer();
    if (topics.length > 0) await makeTopics(kafka, topics, PARTITIONS, logger);
    for (const topic of topics) this.#madeTopics.add(topic);
    for (let from = 0; from < records.length; from += AT_ONCE) {
      const some = records.slice(from, from + AT_ONCE);
      const avro = some.filter(({ topic }) => topic === DOWNLOADS_TOPIC);
      const json = some.filter(({ topic }) => topic !== DOWNLOADS_TOPIC);
      await this.#producer.sendBatch({ topicMessages: [...topicMessages(avro, this.#write), ...topicMessages(json)] });
    }
  }

  async #writer(): Promise<(value: unknown) => Buffer> {
    const { registry } = this.#options;
    if (registry) return downloadWriter(registry, DOWNLOADS_TOPIC);
    throw new NoRegistryError(`Cannot write "${DOWNLOADS_TOPIC}": no schema registry; set SCHEMA_REGISTRY_URL`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#producer.disconnect();
  }
}
