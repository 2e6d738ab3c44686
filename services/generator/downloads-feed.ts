/**
 * Feeds the topic `content-downloads` in Confluent Avro: registers the schema, makes the topic, sends at a steady rate.
 * Owns its producer. While the registry or Kafka is away it says so in `problem` and tries again.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type Kafka, Partitioners, type Producer } from 'kafkajs';
import { parseSchemaText } from '../../shared/avro/avro-schema.ts';
import { frameWriter } from '../../shared/avro/avro-writer.ts';
import type { SchemaRegistry } from '../../shared/avro/schema-registry.ts';
import { describeError, type Logger } from '../../shared/telemetry/logger.ts';
import type { DownloadSource } from './downloads.ts';

export const DOWNLOADS_TOPIC = 'content-downloads';
const PARTITIONS = 4;
const TICK_MS = 200;
const RETRY_MS = 2_000;

export interface DownloadsFeedOptions {
  readonly kafka: Kafka;
  readonly registry: Pick<SchemaRegistry, 'register'>;
  readonly source: DownloadSource;
  /** Downloads a second. */
  readonly rate: number;
  readonly topic?: string;
  readonly logger: Logger;
  readonly stop: AbortSignal;
  onSent(count: number): void;
}

export interface DownloadsFeed {
  /** Why nothing is sent now. */
  readonly problem: string | undefined;
  /** Resolves when the feed has stopped. */
  readonly stopped: Promise<void>;
}

export function startDownloadsFeed(options: DownloadsFeedOptions): DownloadsFeed {
  let problem: string | undefined;
  const run = async () => {
    for (let failures = 0; !options.stop.aborted; ) {
      const producer = options.kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
      try {
        const write = await registerSchema(options);
        await makeTopic(options);
        await producer.connect();
        problem = undefined;
        failures = 0;
        await feed(producer, write, options);
      } catch (error) {
        problem = `No downloads are sent: ${describeError(error)}`;
        if (++failures > 1) options.logger.warn(problem); // the first time everything just starts
        await delay(RETRY_MS, undefined, { signal: options.stop }).catch(() => {});
      } finally {
        await producer.disconnect().catch(() => {});
      }
    }
  };
  const stopped = run();
  return {
    get problem() {
      return problem;
    },
    stopped,
  };
}

async function registerSchema({ registry, topic = DOWNLOADS_TOPIC }: DownloadsFeedOptions) {
  const text = readFileSync(new URL('../../infra/schemas/content-downloads.avsc', import.meta.url), 'utf8');
  const id = await registry.register(`${topic}-value`, JSON.parse(text));
  return frameWriter(id, parseSchemaText(text));
}

async function makeTopic({ kafka, topic = DOWNLOADS_TOPIC, logger }: DownloadsFeedOptions): Promise<void> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    if ((await admin.listTopics()).includes(topic)) return;
    await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS, replicationFactor: -1 }] });
    logger.info('Made the topic', { topic, partitions: PARTITIONS });
  } finally {
    await admin.disconnect();
  }
}

async function feed(
  producer: Producer,
  write: (value: unknown) => Buffer,
  { source, rate, topic = DOWNLOADS_TOPIC, stop, onSent }: DownloadsFeedOptions,
): Promise<void> {
  const start = performance.now();
  for (let made = 0; !stop.aborted; ) {
    const due = Math.floor(((performance.now() - start) * rate) / 1000) - made;
    if (due > 0) {
      const messages = Array.from({ length: Math.min(due, 1_000) }, () => {
        const download = source.next(Date.now());
        return { key: download.content_id, value: write(download) };
      });
      await producer.send({ topic, messages });
      made += messages.length;
      onSent(messages.length);
    }
    await delay(TICK_MS, undefined, { signal: stop }).catch(() => {});
  }
}
