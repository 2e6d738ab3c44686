/**
 * Feeds the topic `content-downloads` in Confluent Avro: registers the schema, makes the topic, sends at a steady rate.
 */
import type { Producer } from 'kafkajs';
import type { SchemaRegistry } from '../../shared/avro/schema-registry.ts';
import { downloadWriter } from '../../shared/demo/download-writer.ts';
import { DOWNLOADS_TOPIC, type DownloadSource, downloadRecords } from '../../shared/demo/downloads.ts';
import type { Flaws } from '../../shared/demo/flaws.ts';
import { makeTopics } from '../../shared/demo/make-topics.ts';
import { topicMessages } from '../../shared/demo/topic-messages.ts';
import { FEED_TICK_MS, type KafkaFeed, type KafkaFeedOptions, startKafkaFeed } from './kafka-feed.ts';
import { Pace } from './pace.ts';

const PARTITIONS = 4;

export interface DownloadsFeedOptions extends KafkaFeedOptions {
  readonly registry: Pick<SchemaRegistry, 'register'>;
  readonly source: DownloadSource;
  readonly flaws?: Flaws;
  /** Downloads a second. */
  readonly rate: number;
  readonly startMs?: number;
  readonly topic?: string;
  /** How many records were sent. */
  onSent(count: number): void;
}

export function startDownloadsFeed(options: DownloadsFeedOptions): KafkaFeed {
  const { kafka, registry, topic = DOWNLOADS_TOPIC, logger, rate, startMs } = options;
  const pace = new Pace({ rate, startMs, tickMs: FEED_TICK_MS });
  return startKafkaFeed('downloads', options, async () => {
    const write = await downloadWriter(registry, topic);
    await makeTopics(kafka, [topic], PARTITIONS, logger);
    return (producer) => feed(producer, pace, write, options);
  });
}

async function feed(
  producer: Producer,
  pace: Pace,
  write: (value: unknown) => Buffer,
  { source, flaws, topic = DOWNLOADS_TOPIC, stop, onSent }: DownloadsFeedOptions,
): Promise<void> {
  const { next } = downloadRecords(source, topic);
  for await (const times of pace.due(stop)) {
    const records = times.flatMap((nowMs) => flaws?.apply([next(nowMs)], nowMs) ?? [next(nowMs)]);
    if (records.length > 0) await producer.sendBatch({ topicMessages: topicMessages(records, write) });
    onSent(records.length);
  }
}
