/** `npm run mesh -- generate` as a user runs it, on a Kafka of its own: topics have fixed names. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestKafka, type TestKafka } from '../../shared/testing/servers.ts';
import { Command } from './_stub-mesh.ts';

let kafka: TestKafka;
let dataDir: string;

beforeAll(async () => {
  kafka = await startTestKafka();
  dataDir = await mkdtemp(join(tmpdir(), 'weir-generate-'));
});

afterAll(async () => {
  await kafka?.[Symbol.asyncDispose]();
  await rm(dataDir, { recursive: true, force: true });
});

async function generate(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const command = new Command('mesh', ['generate', ...args], {
    ...{ WEIR_DATA_DIR: dataDir, KAFKA_BOOTSTRAP_SERVERS: kafka.brokers.join(), SCHEMA_REGISTRY_URL: '' },
    ...env,
  });
  return { code: await command.ended, output: command.output };
}

/** All records of a topic, by key. */
async function recordsOf(topic: string, count: number): Promise<Map<string, { timestamp: number }[]>> {
  const client = new Kafka({ brokers: [...kafka.brokers], logLevel: logLevel.NOTHING });
  const consumer = client.consumer({ groupId: `generate-${topic}` });
  const records = new Map<string, { timestamp: number }[]>();
  const enough = Promise.withResolvers<void>();
  let left = count;
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message: { key, value } }) => {
      const name = String(key);
      records.set(name, [...(records.get(name) ?? []), JSON.parse(String(value))]);
      if (--left === 0) enough.resolve();
    },
  });
  await enough.promise;
  await consumer.disconnect();
  return records;
}

it('sends as many records as asked for, by users of the prefix', async () => {
  const sent = await generate(['order_events', '--count', '250', '--user-prefix', 'test', '--seed', '7']);
  expect(sent).toEqual({ code: 0, output: 'Sent 250 records to order_events, seed 7\n' });
  const records = await recordsOf('order_events', 250);
  expect(records.size).toBe(100);
  expect(records.get('test_001')).toHaveLength(3);
});

it('with a rate gives records the times at which they are sent', async () => {
  const before = Date.now();
  expect(await generate(['activity_events', '--count', '10', '--rate', '20'])).toMatchObject({ code: 0 });
  const times = [...(await recordsOf('activity_events', 10)).values()].flat().map(({ timestamp }) => timestamp);
  expect(Math.min(...times)).toBeGreaterThanOrEqual(before);
  expect(Math.max(...times) - Math.min(...times)).toBe(450);
});

it('shows the first five without sending', async () => {
  const { code, output } = await generate(['install_events', '--count', '9', '--dry-run', '--seed', '7'], {
    KAFKA_BOOTSTRAP_SERVERS: '',
  });
  expect(code).toBe(0);
  const lines = output.trimEnd().split('\n');
  expect(lines).toHaveLength(6);
  expect(lines[0]).toMatch(/^user_001\t\{"userId":"user_001","eventType":"install",/);
  expect(lines.at(-1)).toBe('9 records, seed 7: nothing was sent');
});

it('says in one sentence what is wrong', async () => {
  const one = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const { code, output } = await generate(args, env);
    expect(code).toBe(1);
    expect(output.trimEnd().split('\n')).toHaveLength(1);
    return output;
  };
  expect(await one(['payments'])).toContain('Cannot generate topic "payments": expected one of order_events,');
  expect(await one(['orders', '--count', '0'])).toContain('Cannot generate "0" records');
  expect(await one(['content-downloads'])).toContain('set SCHEMA_REGISTRY_URL');
  expect(await one(['orders'], { KAFKA_BOOTSTRAP_SERVERS: '' })).toContain('start it with `npm start`');
  const away = await one(['orders'], { KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1' });
  expect(away).toContain('Cannot send to "orders": ');
});
