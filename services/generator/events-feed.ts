/**
 * Feeds topics of JSON events: makes those that are missing, and sends at a steady rate, the sources taking turns.
 * Owns its producer. While Kafka is away it says so in `problem` and tries again.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Kafka, Partitioners, type Producer } from 'kafkajs';
import { describeError, type Logger } from '../../shared/telemetry/logger.ts';
import type { DemoRecord, DemoSource } from './demo-record.ts';

/** One for each topic: there are many topics, and little in each. */
const PARTITIONS = 1;
const TICK_MS = 200;
const RETRY_MS = 2_000;

export interface EventsFeedOptions {
  readonly kafka: Kafka;
  readonly sources: readonly DemoSource[];
  /** Events a second, of all sources together; with 0 not even topics are made. */
  readonly rate: number;
  readonly logger: Logger;
  readonly stop: AbortSignal;
  onSent(count: number): void;
}

export interface EventsFeed {
  /** Why nothing is sent now. */
  readonly problem: string | undefined;
  /** Resolves when the feed has stopped. */
  readonly stopped: Promise<void>;
}

export function startEventsFeed(options: EventsFeedOptions): EventsFeed {
  let problem: string | undefined;
  const run = async () => {
    for (let failures = 0; options.rate > 0 && !options.stop.aborted; ) {
      const producer = options.kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
      try {
        await makeTopics(options);
        await producer.connect();
        problem = undefined;
        failures = 0;
        await feed(producer, options);
      } catch (error) {
        problem = `No events are sent: ${describeError(error)}`;
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

async function makeTopics({ kafka, sources, logger }: EventsFeedOptions): Promise<void> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const known = new Set(await admin.listTopics());
    const missing = sources.flatMap(({ topics }) => topics).filter((topic) => !known.has(topic));
    if (missing.length === 0) return;
    const topics = missing.map((topic) => ({ topic, numPartitions: PARTITIONS, replicationFactor: -1 }));
    await admin.createTopics({ topics });
    logger.info('Made topics', { topics: missing });
  } finally {
    await admin.disconnect();
  }
}

async function feed(producer: Producer, { sources, rate, stop, onSent }: EventsFeedOptions): Promise<void> {
  const start = performance.now();
  for (let made = 0; !stop.aborted; ) {
    const due = Math.min(1_000, Math.floor(((performance.now() - start) * rate) / 1000) - made);
    if (due > 0) {
      await producer.sendBatch({ topicMessages: batch(sources, made, due, Date.now()) });
      made += due;
      onSent(due);
    }
    await delay(TICK_MS, undefined, { signal: stop }).catch(() => {});
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
