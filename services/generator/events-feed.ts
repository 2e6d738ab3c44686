/**
 * Feeds topics of JSON events: makes those that are missing, and sends at a steady rate, the sources taking turns.
 */
import type { Producer } from 'kafkajs';
import type { DemoRecord, DemoSource } from './demo-record.ts';
import { FEED_TICK_MS, type KafkaFeed, type KafkaFeedOptions, startKafkaFeed } from './kafka-feed.ts';
import { makeTopics } from './make-topics.ts';
import { pace } from './pace.ts';

/** One for each topic: there are many topics, and little in each. */
const PARTITIONS = 1;

export interface EventsFeedOptions extends KafkaFeedOptions {
  readonly sources: readonly DemoSource[];
  /** Events a second, of all sources together; with 0 not even topics are made. */
  readonly rate: number;
  onSent(count: number): void;
}

export function startEventsFeed(options: EventsFeedOptions): KafkaFeed {
  const { kafka, sources, rate, logger } = options;
  if (rate <= 0) return { problem: undefined, stopped: Promise.resolve() };
  return startKafkaFeed('events', options, async () => {
    const topics = sources.flatMap((source) => source.topics);
    await makeTopics(kafka, topics, PARTITIONS, logger);
    return (producer) => feed(producer, options);
  });
}

async function feed(producer: Producer, { sources, rate, stop, onSent }: EventsFeedOptions): Promise<void> {
  let made = 0;
  for await (const due of pace(rate, stop, FEED_TICK_MS)) {
    await producer.sendBatch({ topicMessages: batch(sources, made, due, Date.now()) });
    made += due;
    onSent(due);
  }
}

/** The next records, by topic; `made`: how many there were before, which decides whose turn it is. */
export function batch(sources: readonly DemoSource[], made: number, count: number, nowMs: number) {
  const records = Array.from({ length: count }, (_, at) => sources[(made + at) % sources.length]?.next(nowMs));
  const byTopic = Map.groupBy(
    records.filter((record): record is DemoRecord => record !== undefined),
    ({ topic }) => topic,
  );
  return [...byTopic].map(([topic, those]) => ({
    topic,
    messages: those.map(({ key, value }) => ({ key, value: JSON.stringify(value) })),
  }));
}
