import { expect, it } from 'vitest';
import { createKafkaClient } from '../kafka/kafka-client.ts';
import { createLogger } from '../telemetry/logger.ts';
import { withKafkaAdmin } from '../testing/kafka-admin.ts';
import { sharedServers } from '../testing/servers.ts';
import { generateRecords } from './generate.ts';
import { RecordSender } from './record-sender.ts';

/** Of as many new topics, two or three would have records twice if nobody waited for their partitions. */
const TOPICS = 30;
const COUNT = 600;

it('a new topic gets each record once, also the first ones', async () => {
  const logger = createLogger('test', 'error');
  const settings = { brokers: sharedServers().brokers, tls: undefined, login: undefined };
  const kafka = await createKafkaClient({ clientId: 'sender-test', settings, logger });
  const prefix = `sender-${Date.now()}`;
  const counts: number[] = [];
  for (let at = 0; at < TOPICS; at++) {
    const topic = `${prefix}-${at}`;
    const records = generateRecords({ topic: 'orders', count: COUNT, seed: 1, nowMs: Date.now() });
    await using sender = await RecordSender.open({ kafka, logger });
    await sender.send(records.map((record) => ({ ...record, topic })));
    const offsets = await withKafkaAdmin(kafka, (admin) => admin.fetchTopicOffsets(topic));
    counts.push(offsets.reduce((sum, { high }) => sum + Number(high), 0));
  }
  expect(counts).toEqual(Array.from({ length: TOPICS }, () => COUNT));
});
