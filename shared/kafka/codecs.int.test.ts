/**
 * Our codecs against Kafka's own. A topic with `compression.type` makes the broker, which is Java, write batches anew:
 * in that codec, for us to read; or out of that codec, for which it must read ours.
 */
import { randomUUID } from 'node:crypto';
import kafkajs, { type CompressionTypes, type Kafka } from 'kafkajs';
import { beforeAll, describe, expect, it } from 'vitest';
import { readKafkaSettings } from '../config/kafka-settings.ts';
import { createLogger } from '../telemetry/logger.ts';
import { withKafkaAdmin } from '../testing/kafka-admin.ts';
import { sharedServers } from '../testing/servers.ts';
import { createKafkaClient } from './kafka-client.ts';

const CODECS = [
  ['gzip', 1],
  ['snappy', 2],
  ['lz4', 3],
  ['zstd', 4],
] as const satisfies readonly (readonly [string, CompressionTypes])[];

/** Of a few bytes up to several blocks of 64 KiB: text that repeats, noise, a run, and an empty one. */
const VALUES = [
  ...Array.from({ length: 2_000 }, (_, n) =>
    JSON.stringify({ order_id: n, customer_id: (n * 7919) % 100, note: 'as before' }),
  ),
  Array.from({ length: 3_000 }, () => randomUUID()).join(''),
  'x'.repeat(200_000),
  '',
];

let kafka: Kafka;

beforeAll(async () => {
  const settings = readKafkaSettings({ KAFKA_BOOTSTRAP_SERVERS: sharedServers().brokers.join(',') });
  kafka = await createKafkaClient({ clientId: 'codecs-test', settings, logger: createLogger('test', 'error') });
});

describe.each(CODECS)('%s', (name, type) => {
  it('that the broker wrote is read by us', async () => {
    const topic = await makeTopic(name);
    await write(topic, kafkajs.CompressionTypes.None);
    expect(await read(topic)).toEqual(VALUES);
  });

  it('that we wrote is read by the broker', async () => {
    const topic = await makeTopic(name === 'gzip' ? 'zstd' : 'gzip');
    await write(topic, type);
    expect(await read(topic)).toEqual(VALUES);
  });
});

async function makeTopic(compression: string): Promise<string> {
  const topic = `codecs-${randomUUID()}`;
  const configEntries = [{ name: 'compression.type', value: compression }];
  await withKafkaAdmin(kafka, (admin) =>
    admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }], waitForLeaders: true }),
  );
  return topic;
}

async function write(topic: string, compression: CompressionTypes): Promise<void> {
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.send({ topic, compression, messages: VALUES.map((value) => ({ value })) });
  await producer.disconnect();
}

async function read(topic: string): Promise<string[]> {
  const consumer = kafka.consumer({ groupId: topic });
  const values: string[] = [];
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      const eachMessage = async ({ message }: { message: { value: Buffer | null } }) => {
        values.push(String(message.value));
        if (values.length === VALUES.length) resolve();
      };
      consumer.on(consumer.events.CRASH, ({ payload }) => payload.restart || reject(payload.error));
      consumer.run({ eachMessage }).catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
  return values;
}
