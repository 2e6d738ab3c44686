/** Transactions of kafkajs on a real Kafka, one right behind the other; and topics that are not as they must be. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withKafkaAdmin } from '../../shared/testing/kafka-admin.ts';
import { EgressBench } from './_egress-bench.ts';
import { ensureTopics } from './egress-topics.ts';
import { type SentRecord, type StoredChunk, TransactionalSender } from './transactional-sender.ts';

let bench: EgressBench;

beforeAll(async () => {
  bench = await EgressBench.start();
});

afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});

test('topics are made: results as the broker likes, positions in one compacted partition; what is there stays', async () => {
  const { topics } = bench.settings;
  const made = await ensureTopics(bench.kafka, topics);
  expect([...made.keys()].sort()).toEqual(Object.values(topics).sort());
  expect(made.get(topics.positions)).toBe(1);
  expect(await ensureTopics(bench.kafka, topics)).toEqual(made);
});

test('positions in a topic that forgets are refused, with what to do', async () => {
  const positions = `${bench.group}.forgetful`;
  await withKafkaAdmin(bench.kafka, (admin) => admin.createTopics({ topics: [{ topic: positions }] }));
  await expect(ensureTopics(bench.kafka, { ...bench.settings.topics, positions })).rejects.toThrow(
    `Cannot keep positions in topic "${positions}": its cleanup.policy is "delete"; set it to "compact"`,
  );
});

test('one transaction right behind the other, though Kafka is still at work on the last one; each knows where it is', async () => {
  const topic = bench.settings.topics.analytics;
  await ensureTopics(bench.kafka, bench.settings.topics);
  const record = (value: string): SentRecord => ({ topic, partition: 0, key: 'k', value });
  const offsets: number[] = [];
  const last = (stored: readonly StoredChunk[]) => {
    for (const { offsets: found } of stored) offsets.push(...found.map(({ baseOffset }) => Number(baseOffset)));
    return record('last');
  };
  await using sender = await TransactionalSender.open(bench.kafka, `${bench.group}-sender`);
  for (let n = 0; n < 30; n++) await sender.send([record(`${n}`), record('more')], last);
  const records = await bench.records(topic);
  expect(records.map(({ value }) => String(value))).toEqual(
    Array.from({ length: 30 }, (_, n) => [`${n}`, 'more', 'last']).flat(),
  );
  expect(offsets).toEqual(records.filter((_, at) => at % 3 === 0).map(({ offset }) => offset));
});

test('who opens a sender fences the one before it, also one that has sent nothing yet', async () => {
  const record: SentRecord = { topic: bench.settings.topics.analytics, partition: 0, key: 'k', value: 'of a zombie' };
  await using former = await TransactionalSender.open(bench.kafka, `${bench.group}-twice`);
  await using _latter = await TransactionalSender.open(bench.kafka, `${bench.group}-twice`);
  await expect(former.send([], () => record)).rejects.toMatchObject({ code: 47 });
  const values = (await bench.records(record.topic)).map(({ value }) => String(value));
  expect(values).not.toContain('of a zombie');
});
