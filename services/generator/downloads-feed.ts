/**
 * Feeds the topic `content-downloads` in Confluent Avro: registers the schema, makes the topic, sends at a steady rate.
 */
import { readFileSync } from 'node:fs';
import type { Producer } from 'kafkajs';
import { parseSchemaText } from '../../shared/avro/avro-schema.ts';
import { frameWriter } from '../../shared/avro/avro-writer.ts';
import type { SchemaRegistry } from '../../shared/avro/schema-registry.ts';
import type { DownloadSource } from './downloads.ts';
import { FEED_TICK_MS, type KafkaFeed, type KafkaFeedOptions, startKafkaFeed } from './kafka-feed.ts';
import { makeTopics } from './make-topics.ts';
import { pace } from './pace.ts';

export const DOWNLOADS_TOPIC = 'content-downloads';
const PARTITIONS = 4;

export interface DownloadsFeedOptions extends KafkaFeedOptions {
  readonly registry: Pick<SchemaRegistry, 'register'>;
  readonly source: DownloadSource;
  /** Downloads a second. */
  readonly rate: number;
  readonly topic?: string;
  onSent(count: number): void;
}

export function startDownloadsFeed(options: DownloadsFeedOptions): KafkaFeed {
  const { kafka, topic = DOWNLOADS_TOPIC, logger } = options;
  return startKafkaFeed('downloads', options, async () => {
    const write = await registerSchema(options);
    await makeTopics(kafka, [topic], PARTITIONS, logger);
    return (producer) => feed(producer, write, options);
  });
}

async function registerSchema({ registry, topic = DOWNLOADS_TOPIC }: DownloadsFeedOptions) {
  const text = readFileSync(new URL('../../infra/schemas/content-downloads.avsc', import.meta.url), 'utf8');
  const id = await registry.register(`${topic}-value`, JSON.parse(text));
  return frameWriter(id, parseSchemaText(text));
}

async function feed(
  producer: Producer,
  write: (value: unknown) => Buffer,
  { source, rate, topic = DOWNLOADS_TOPIC, stop, onSent }: DownloadsFeedOptions,
): Promise<void> {
  for await (const due of pace(rate, stop, FEED_TICK_MS)) {
    const messages = Array.from({ length: due }, () => {
      const download = source.next(Date.now());
      return { key: download.content_id, value: write(download) };
    });
    await producer.send({ topic, messages });
    onSent(due);
  }
}
