/**
 * Makes the topics that are missing in Kafka, and waits until each of their partitions answers: before, a request is
 * refused by some and sent again whole, so that the others have its records twice.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Admin, Kafka } from 'kafkajs';
import type { Logger } from '../telemetry/logger.ts';

const TRIES = 100;
const TRY_AGAIN_MS = 50;

export async function makeTopics(
  kafka: Kafka,
  topics: readonly string[],
  numPartitions: number,
  logger: Logger,
): Promise<void> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const known = new Set(await admin.listTopics());
    const missing = topics.filter((topic) => !known.has(topic));
    if (missing.length === 0) return;
    const wanted = missing.map((topic) => ({ topic, numPartitions, replicationFactor: -1 }));
    await admin.createTopics({ topics: wanted, waitForLeaders: false }); // its waiting fails while Kafka is busy
    for (const topic of missing) await untilAnswering(admin, topic);
    logger.info('Made topics', { topics: missing, partitions: numPartitions });
  } finally {
    await admin.disconnect();
  }
}

async function untilAnswering(admin: Admin, topic: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await admin.fetchTopicOffsets(topic);
      return;
    } catch (error) {
      if (!isPassing(error) || tries === TRIES) throw error;
      await delay(TRY_AGAIN_MS);
    }
  }
}

/** kafkajs's error classes are no named exports that Node sees. */
function isPassing(error: unknown): boolean {
  return error instanceof Error && 'retriable' in error && error.retriable === true;
}
