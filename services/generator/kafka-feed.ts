/**
 * Feeds Kafka until it is told to stop: a producer at a time; while something is away it says so and tries again.
 * Owns the producer. Does not own what is sent (downloads-feed.ts, events-feed.ts).
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Kafka, Partitioners, type Producer } from 'kafkajs';
import { describeError, type Logger } from '../../shared/telemetry/logger.ts';

export interface KafkaFeedOptions {
  readonly kafka: Kafka;
  readonly logger: Logger;
  readonly stop: AbortSignal;
}

export interface KafkaFeed {
  /** Why nothing is sent now. */
  readonly problem: string | undefined;
  /** Resolves when the feed has stopped. */
  readonly stopped: Promise<void>;
}

const RETRY_MS = 2_000;
/** How often a feed looks what is due. */
export const FEED_TICK_MS = 200;

/**
 * `what`: for people, `downloads`. `prepare` runs before each attempt, and gives what sends: it returns when the signal
 * aborts, and rejects when it cannot go on.
 */
export function startKafkaFeed(
  what: string,
  { kafka, logger, stop }: KafkaFeedOptions,
  prepare: () => Promise<(producer: Producer) => Promise<void>>,
): KafkaFeed {
  let problem: string | undefined;
  const run = async () => {
    for (let failures = 0; !stop.aborted; ) {
      const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
      try {
        const send = await prepare();
        await producer.connect();
        problem = undefined;
        failures = 0;
        await send(producer);
      } catch (error) {
        problem = `No ${what} are sent: ${describeError(error)}`;
        if (++failures > 1) logger.warn(problem); // the first time everything just starts
        await delay(RETRY_MS, undefined, { signal: stop }).catch(() => {});
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
