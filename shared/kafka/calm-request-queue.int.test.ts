/** kafkajs's queue of requests, made calm: nothing on stderr, and requests that have to wait are sent all the same. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import kafkajs from 'kafkajs';
import { expect, it } from 'vitest';
import { readKafkaSettings } from '../config/kafka-settings.ts';
import { createLogger } from '../telemetry/logger.ts';
import { withKafkaAdmin } from '../testing/kafka-admin.ts';
import { sharedServers } from '../testing/servers.ts';
import { createKafkaClient } from './kafka-client.ts';

const CLIENT = new URL('./kafka-client.ts', import.meta.url).href;
const SCRIPT = `
import { createKafkaClient } from '${CLIENT}';
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const settings = { brokers: process.env.BROKERS.split(','), tls: undefined, login: undefined };
const admin = (await createKafkaClient({ clientId: 'calm', settings, logger })).admin();
await admin.connect();
await admin.listTopics();
await admin.disconnect();
`;

it('no timeout is negative', async () => {
  // In a process of its own, for Node warns of the first in a process only.
  const { stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', SCRIPT], {
    env: { ...process.env, NODE_OPTIONS: '', BROKERS: sharedServers().brokers.join(',') },
  });
  expect(stderr).toBe('');
});

it('what waits for its turn is sent', async () => {
  const settings = readKafkaSettings({ KAFKA_BOOTSTRAP_SERVERS: sharedServers().brokers.join(',') });
  const kafka = await createKafkaClient({ clientId: 'calm', settings, logger: createLogger('test', 'error') });
  const topic = `calm-${randomUUID()}`;
  const { DefaultPartitioner } = kafkajs.Partitioners;
  const producer = kafka.producer({ maxInFlightRequests: 1, createPartitioner: DefaultPartitioner });
  await withKafkaAdmin(kafka, (admin) => admin.createTopics({ topics: [{ topic, numPartitions: 1 }] }));
  await producer.connect();
  const send = (n: number) => producer.send({ topic, messages: [{ value: String(n) }] });
  await Promise.all(Array.from({ length: 50 }, (_, n) => send(n)));
  await producer.disconnect();
  const ends = await withKafkaAdmin(kafka, (admin) => admin.fetchTopicOffsets(topic));
  expect(ends.map(({ high }) => high)).toEqual(['50']);
});
