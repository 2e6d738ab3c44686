/**
 * What must be in the log after the soak, told without our decoders: a record that was marked as bad is in DLQ and
 * nowhere else; any other is an event (or a mirrored message) with its id, once for each time Kafka has it, and events
 * of one key of one Kafka partition have the order of their records.
 */
import { Kafka, logLevel } from 'kafkajs';
import type { Log } from '../../../shared/log/log.ts';
import { mirrorOffset } from '../../../bridge/mirror/mirror-record.ts';
import { DLQ, EVENTS, mirrorSubject, streamOf, topicTokens } from '../../../shared/log/names.ts';
import { stored } from '../read-back.ts';
import { BAD_HEADER, ID_HEADER, SOAK_PARTITIONS } from './soak-producers.ts';
import { SOAK_MIRROR, SOAK_TOPICS, type SoakTopic } from './soak-topics.ts';

/** Of one topic. */
export interface Contents {
  /** By `<partition> <key>`: the ids of the good records, in order. */
  readonly ids: Record<string, string[]>;
  /** `partition/offset` of the bad ones. */
  readonly bad: string[];
  /** By Kafka partition: the offsets of all records. */
  readonly offsets: number[][];
}

/** What Kafka holds of these topics, by topic. */
export async function readKafka(brokers: readonly string[], topics: readonly string[]): Promise<Map<string, Contents>> {
  const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  let left = 0;
  for (const topic of topics) for (const { high } of await admin.fetchTopicOffsets(topic)) left += Number(high);
  await admin.disconnect();
  const contents = new Map(
    topics.map((topic): [string, Contents] => [topic, { ids: {}, bad: [], offsets: [[], [], []] }]),
  );
  const seen = new Map<string, number>();
  const done = Promise.withResolvers<void>();
  const consumer = kafka.consumer({ groupId: `soak-check-${Date.now()}` });
  await consumer.connect();
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ topic, partition, message: { offset, key, headers } }) => {
      const held = contents.get(topic);
      const source = `${topic}/${partition}`;
      if (!held || Number(offset) <= (seen.get(source) ?? -1)) return;
      seen.set(source, Number(offset));
      const name = `${partition} ${key}`;
      held.offsets[partition]?.push(Number(offset));
      if (headers?.[BAD_HEADER]) held.bad.push(`${partition}/${offset}`);
      else held.ids[name] = [...(held.ids[name] ?? []), String(headers?.[ID_HEADER])];
      if (--left === 0) done.resolve();
    },
  });
  await done.promise;
  await consumer.disconnect();
  return contents;
}

/** What the log holds of an event topic: of each key the ids in order, by Kafka partition. */
export async function readEvents(log: Log, { topic, idOf }: SoakTopic): Promise<Record<string, string[]>> {
  const ids: Record<string, string[]> = {};
  for await (const { subject, payload } of stored(log, EVENTS, `kafka.${topicTokens(topic)}.>`)) {
    if (subject.includes('.progress.')) continue;
    const partition = /\.k(\d+)$/.exec(subject)?.[1];
    for (const line of new TextDecoder().decode(payload).split('\n')) {
      const event = JSON.parse(line) as Record<string, unknown>;
      const name = `${partition} ${event.k}`;
      ids[name] = [...(ids[name] ?? []), idOf(event)];
    }
  }
  return ids;
}

/** `partition/offset` of a topic's dead letters, sorted. */
export async function readDead(log: Log, topic: string): Promise<string[]> {
  const dead: string[] = [];
  for await (const message of stored(log, DLQ, `dlq.${topicTokens(topic)}.*`))
    dead.push(`${message.header('Mesh-Partition')}/${message.header('Mesh-Offset')}`);
  return dead.sort();
}

/** Offsets of the mirrored messages, by Kafka partition. */
export async function readMirror(log: Log): Promise<number[][]> {
  return Promise.all(
    Array.from({ length: SOAK_PARTITIONS }, async (_, partition) => {
      const subject = mirrorSubject(SOAK_MIRROR, partition);
      const offsets: number[] = [];
      for await (const message of stored(log, streamOf(subject), subject)) offsets.push(mirrorOffset(message));
      return offsets;
    }),
  );
}

export const ALL_TOPICS: readonly string[] = [...SOAK_TOPICS.map(({ topic }) => topic), SOAK_MIRROR];
