/** Redrive on real servers, for the tests of this folder. */
import { type Message, Partitioners } from 'kafkajs';
import type { Route } from '../../shared/config/routes.ts';
import { DLQ } from '../../shared/log/names.ts';
import type { BridgeBench } from '../_bridge-bench.ts';
import { RouteJudge } from './judge-letter.ts';
import type { KafkaRecord } from '../../shared/kafka/record.ts';
import { KafkaReader } from '../../shared/kafka/kafka-reader.ts';
import type { RedriveOptions } from '../../shared/dead-letters/redrive.ts';

export type Settings = Omit<RedriveOptions, 'judge' | 'filter'>;

/** As the command runs it; a redrive that was killed is taken over soon. */
export function redriveSettings(
  { kafka, log }: Pick<BridgeBench, 'kafka' | 'log'>,
  owner: string,
  mesh: string,
): Settings {
  return {
    kafka,
    log,
    owner,
    transactionalId: `weir-redrive-${mesh}`,
    signal: new AbortController().signal,
    times: { touchMs: 100, deadMs: 1_500 },
    deleteLetter: async (seq) => {
      await log.manager.streams.deleteMessage(DLQ, seq).catch(() => {});
    },
  };
}

/** Judges by these routes, without a registry. */
export function judgeBy(routes: readonly Route[]): RouteJudge {
  return new RouteJudge(routes, undefined, new AbortController().signal);
}

/** Sends messages as they are, with a producer of its own. */
export async function sendMessages(
  { kafka }: Pick<BridgeBench, 'kafka'>,
  topic: string,
  messages: Message[],
): Promise<void> {
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.send({ topic, messages });
  await producer.disconnect();
}

/** All records of a partition. */
export async function recordsOf(
  { kafka }: Pick<BridgeBench, 'kafka'>,
  topic: string,
  partition = 0,
): Promise<KafkaRecord[]> {
  await using reader = await KafkaReader.open({ kafka, topics: [topic], signal: new AbortController().signal });
  const range = (await reader.ranges(topic)).get(partition);
  const records: KafkaRecord[] = [];
  if (range)
    for await (const batch of reader.read({ topic, partition }, range.low, range.high - 1))
      records.push(...batch.records);
  return records;
}
