/**
 * Feeds topics of JSON events: makes those that are missing, and sends at a steady rate, the sources taking turns.
 */
import type { Producer } from 'kafkajs';
import type { DemoRecord, DemoSource } from '../../shared/demo/demo-record.ts';
import type { Flaws } from '../../shared/demo/flaws.ts';
import { makeTopics } from '../../shared/demo/make-topics.ts';
import { topicMessages } from '../../shared/demo/topic-messages.ts';
import { FEED_TICK_MS, type KafkaFeed, type KafkaFeedOptions, startKafkaFeed } from './kafka-feed.ts';
import { Pace } from './pace.ts';

/** One for each topic: there are many topics, and little in each. */
const PARTITIONS = 1;

export interface EventsFeedOptions extends KafkaFeedOptions {
  /** For people: `events`. */
  readonly name?: string;
  readonly sources: readonly DemoSource[];
  readonly flaws?: Flaws;
  /** Events a second, of all sources together; with 0 not even topics are made. */
  readonly rate: number;
  readonly startMs?: number;
  /** How many records were sent. */
  onSent(count: number): void;
}

export function startEventsFeed(options: EventsFeedOptions): KafkaFeed {
  const { kafka, name = 'events', sources, rate, startMs, logger } = options;
  if (rate <= 0) return { problem: undefined, stopped: Promise.resolve() };
  const pace = new Pace({ rate, startMs, tickMs: FEED_TICK_MS });
  const turns = new Turns(sources);
  return startKafkaFeed(name, options, async () => {
    const topics = sources.flatMap((source) => source.topics);
    await makeTopics(kafka, topics, PARTITIONS, logger);
    return (producer) => feed(producer, pace, turns, options);
  });
}

async function feed(
  producer: Producer,
  pace: Pace,
  turns: Turns,
  { flaws, stop, onSent }: EventsFeedOptions,
): Promise<void> {
  for await (const times of pace.due(stop)) {
    const records = times.flatMap((nowMs) => flaws?.apply([turns.next(nowMs)], nowMs) ?? [turns.next(nowMs)]);
    if (records.length > 0) await producer.sendBatch({ topicMessages: topicMessages(records) });
    onSent(records.length);
  }
}

/** Several sources as one: each makes a record in its turn. */
export class Turns {
  readonly #sources: readonly DemoSource[];
  #made = 0;

  constructor(sources: readonly DemoSource[]) {
    this.#sources = sources;
  }

  next(nowMs: number): DemoRecord {
    const source = this.#sources[this.#made++ % this.#sources.length];
    if (!source) throw new RangeError('Cannot make a record: there is no source');
    return source.next(nowMs);
  }
}
