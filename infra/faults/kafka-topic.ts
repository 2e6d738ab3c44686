/** A topic of a test's own on the run's Kafka: made at once, written in order for each partition, deleted at the end. */
import { Kafka, logLevel, Partitioners, type Producer } from 'kafkajs';
import { withKafkaAdmin } from '../../shared/testing/kafka-admin.ts';
import { sharedServers } from '../../shared/testing/servers.ts';

export interface TopicRecord {
  readonly partition: number;
  readonly value: string | null;
  readonly key?: string;
}

let made = 0;

export class KafkaTopic implements AsyncDisposable {
  readonly name: string;
  readonly #kafka: Kafka;
  readonly #producer: Producer;

  private constructor(name: string, kafka: Kafka) {
    this.name = name;
    this.#kafka = kafka;
    this.#producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, maxInFlightRequests: 1 });
  }

  /** `settings`: as Kafka names them. The name starts with `label` and has dots, as Debezium's have. */
  static async create(
    label: string,
    partitions: number,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<KafkaTopic> {
    const kafka = new Kafka({ brokers: [...sharedServers().brokers], logLevel: logLevel.NOTHING });
    const name = `${label}.${Date.now().toString(36)}-${process.pid}-${++made}.orders`;
    const configEntries = Object.entries(settings).map(([key, value]) => ({ name: key, value }));
    await withKafkaAdmin(kafka, (admin) =>
      admin.createTopics({
        waitForLeaders: true,
        topics: [{ topic: name, numPartitions: partitions, replicationFactor: 1, configEntries }],
      }),
    );
    const topic = new KafkaTopic(name, kafka);
    await topic.#producer.connect();
    return topic;
  }

  /** Resolves when Kafka has them. Records of one partition keep their order. */
  async send(records: readonly TopicRecord[]): Promise<void> {
    const messages = records.map(({ key, ...rest }) => (key === undefined ? rest : { ...rest, key }));
    await this.#producer.send({ topic: this.name, messages });
  }

  /** Adds partitions. */
  async growTo(count: number): Promise<void> {
    await withKafkaAdmin(this.#kafka, (admin) =>
      admin.createPartitions({ topicPartitions: [{ topic: this.name, count }] }),
    );
    await this.#producer.disconnect(); // it knows the former partitions only, and drops records for others silently
    await this.#producer.connect();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#producer.disconnect();
    await withKafkaAdmin(this.#kafka, (admin) => admin.deleteTopics({ topics: [this.name] }));
  }
}
