/** The records that Debezium wrote to a topic, read back whole. Reads only. */
import type { Kafka } from 'kafkajs';
import { z } from 'zod';
import { withKafkaAdmin } from '../../shared/testing/kafka-admin.ts';

const Source = z.object({
  snapshot: z.string(),
  sequence: z.string(),
  lsn: z.number(),
  txId: z.number(),
  ts_us: z.number(),
});
const Row = z.record(z.string(), z.unknown()).nullable();
const Change = z.object({ before: Row, after: Row, op: z.string(), source: Source });

export interface Captured {
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  /** undefined: a tombstone. */
  readonly change: z.infer<typeof Change> | undefined;
}

/** Every record the topic has now, with its schema taken off, ordered by partition and offset. */
export async function readCaptured(kafka: Kafka, topic: string): Promise<Captured[]> {
  const offsets = await withKafkaAdmin(kafka, (admin) => admin.fetchTopicOffsets(topic));
  const left = new Map(offsets.map(({ partition, high }) => [partition, Number(high)]));
  for (const [partition, high] of left) if (high === 0) left.delete(partition);
  const records: Captured[] = [];
  const consumer = kafka.consumer({ groupId: `read-${topic}-${Date.now()}` });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      const take = async (partition: number, offset: number, key: string, value: Buffer | null) => {
        records.push({ partition, offset, key, change: value === null ? undefined : parseChange(value.toString()) });
        if (offset + 1 >= (left.get(partition) ?? 0)) left.delete(partition);
        if (left.size === 0) resolve();
      };
      const eachMessage = ({ partition, message }: { partition: number; message: Message }) =>
        take(partition, Number(message.offset), String(message.key), message.value);
      consumer.run({ eachMessage }).catch(reject);
      if (left.size === 0) resolve();
    });
  } finally {
    await consumer.disconnect();
  }
  return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}

interface Message {
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

function parseChange(text: string): z.infer<typeof Change> {
  const value: unknown = JSON.parse(text);
  return Change.parse(typeof value === 'object' && value !== null && 'payload' in value ? value.payload : value);
}
