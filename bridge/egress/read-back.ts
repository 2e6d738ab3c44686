/** Reads what an egress has committed to Kafka, to the end: its positions, and results that may come again. */
import type { Kafka } from 'kafkajs';
import { KafkaReader } from '../../shared/kafka/kafka-reader.ts';
import type { KafkaRecord } from '../../shared/kafka/record.ts';

export interface ReadBack {
  readonly kafka: Kafka;
  readonly topic: string;
  /** The first offset wanted of a partition; undefined: nothing of it. */
  from(partition: number): number | undefined;
  readonly signal: AbortSignal;
  /** Also what was aborted, for tests. */
  readonly uncommitted?: boolean;
}

/**
 * Calls `take` for each record that was committed before the call, in the order of each partition. Waits for
 * transactions of others that are open: they end, or time out.
 */
export async function readBack(
  { kafka, topic, from, signal, uncommitted = false }: ReadBack,
  take: (record: KafkaRecord, partition: number) => void,
): Promise<void> {
  await using reader = await KafkaReader.open({ kafka, topics: [topic], signal, uncommitted });
  for (const [partition, { low, high }] of await reader.ranges(topic)) {
    const first = from(partition);
    if (first === undefined) continue;
    for await (const { records } of reader.read({ topic, partition }, Math.max(low, first), high - 1))
      for (const record of records) take(record, partition);
  }
}
