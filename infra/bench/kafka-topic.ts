/** Fills a Kafka topic with records before a row begins. Nothing here is measured. */
import { type Kafka, Partitioners } from 'kafkajs';
import { makeTopics } from '../../shared/demo/make-topics.ts';
import { createLogger } from '../../shared/telemetry/logger.ts';
import type { Format } from './formats/format.ts';
import { KAFKA_PARTITIONS } from './orders.ts';
import type { Progress } from './progress.ts';

/** A batch over the broker's limit (1 MB) fails whole. */
const BATCH = 400;

export function makeTopic(kafka: Kafka, ...topics: readonly string[]): Promise<void> {
  return makeTopics(kafka, topics, KAFKA_PARTITIONS, createLogger('bench', 'error'));
}

/** `count` records of a format, one a millisecond of event time, the last one now; round robin over the partitions. */
export async function fillTopic(
  kafka: Kafka,
  { name, topic, record }: Format,
  count: number,
  { progress, signal }: { readonly progress: Progress; readonly signal: AbortSignal },
): Promise<void> {
  await makeTopic(kafka, topic);
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  const startedMs = performance.now();
  const firstTime = Date.now() - count;
  try {
    for (let from = 0; from < count; from += KAFKA_PARTITIONS * BATCH) {
      signal.throwIfAborted();
      const upTo = Math.min(count, from + KAFKA_PARTITIONS * BATCH);
      const batches = Array.from({ length: KAFKA_PARTITIONS }, (_, partition) => {
        const messages = [];
        for (let number = from + partition; number < upTo; number += KAFKA_PARTITIONS)
          messages.push({ ...record(number, firstTime + number), partition });
        return producer.send({ topic, messages, acks: 1 });
      });
      await Promise.all(batches);
      progress.show(`writing ${name} to Kafka`, upTo, count, startedMs);
    }
  } finally {
    await producer.disconnect();
  }
}
