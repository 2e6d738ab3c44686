/**
 * The topics of the egress: made when they are absent. Results get the broker's own number of partitions and replicas;
 * positions one partition, compacted in small segments, so that a start reads little.
 */
import type { Admin, ITopicConfig, Kafka } from 'kafkajs';
import kafkajs from 'kafkajs';
import { explainKafkaError } from '../../shared/kafka/explain-error.ts';
import type { EgressSettings } from './settings.ts';

/** The topics cannot be used as they are. */
export class EgressTopicError extends Error {
  readonly code = 'egress-topic';
}

const SEGMENT_BYTES = 16 * 1024 * 1024;
const SEGMENT_MS = 600_000;

const POSITIONS_CONFIG = [
  { name: 'cleanup.policy', value: 'compact' },
  { name: 'segment.ms', value: String(SEGMENT_MS) },
  { name: 'segment.bytes', value: String(SEGMENT_BYTES) },
  { name: 'min.cleanable.dirty.ratio', value: '0.1' },
];

/** By topic, the number of its partitions. */
export async function ensureTopics(kafka: Kafka, topics: EgressSettings['topics']): Promise<Map<string, number>> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const present = new Set(await admin.listTopics());
    const absent = Object.values(topics).filter((topic) => !present.has(topic));
    for (const topic of new Set(absent)) await createTopic(admin, topic, topic === topics.positions);
    if (present.has(topics.positions)) await checkCompacted(admin, topics.positions);
    const { topics: found } = await admin.fetchTopicMetadata({ topics: [...new Set(Object.values(topics))] });
    return new Map(found.map(({ name, partitions }) => [name, partitions.length]));
  } finally {
    await admin.disconnect();
  }
}

async function createTopic(admin: Admin, topic: string, isPositions: boolean): Promise<void> {
  const config: ITopicConfig = isPositions ? { topic, numPartitions: 1, configEntries: POSITIONS_CONFIG } : { topic };
  try {
    await admin.createTopics({ topics: [config], waitForLeaders: true }); // false: it was made meanwhile
  } catch (error) {
    const how = isPositions ? ' with one partition and cleanup.policy=compact' : '';
    throw new EgressTopicError(
      `Cannot make topic "${topic}" (${explainKafkaError(error)}): make it${how}, or give the user the right to`,
      { cause: error },
    );
  }
}

/** Positions that expire would have everything sent again. */
async function checkCompacted(admin: Admin, topic: string): Promise<void> {
  const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: ['cleanup.policy'] };
  const answer = await admin.describeConfigs({ includeSynonyms: false, resources: [resource] }).catch(() => undefined); // no right to look
  const policy = answer?.resources[0]?.configEntries.find(({ configName }) => configName === 'cleanup.policy');
  if (policy && policy.configValue !== 'compact')
    throw new EgressTopicError(
      `Cannot keep positions in topic "${topic}": its cleanup.policy is "${policy.configValue}"; set it to "compact"`,
    );
}
