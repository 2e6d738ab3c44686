/** Makes the topics that are missing in Kafka. */
import type { Kafka } from 'kafkajs';
import type { Logger } from '../telemetry/logger.ts';

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
    await admin.createTopics({ topics: missing.map((topic) => ({ topic, numPartitions, replicationFactor: -1 })) });
    logger.info('Made topics', { topics: missing, partitions: numPartitions });
  } finally {
    await admin.disconnect();
  }
}
