/** Events that the gateway makes, read back from a real Kafka; and what it says when there is none. */
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedServers } from '../../shared/testing/servers.ts';
import { type GatewayProcess, startGateway } from './_process.ts';

const PREFIX = `int-${process.pid}`;
const resources = new AsyncDisposableStack();

interface Answer {
  readonly code: number;
  readonly sent?: number;
  readonly detail?: string;
  readonly preview?: readonly { readonly key: string; readonly value: unknown }[];
}

async function openGateway(brokers: string, instance: string): Promise<GatewayProcess> {
  const env = { NATS_URL: sharedServers().natsUrl, KAFKA_BOOTSTRAP_SERVERS: brokers, WEIR_INSTANCE: instance };
  const gateway = resources.use(await startGateway(env));
  while ((await fetch(`${gateway.url}/readyz`)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 25));
  return gateway;
}

async function generate({ url }: GatewayProcess, body: unknown): Promise<Answer> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(`${url}/api/v1/events/generate`, init);
  return { ...((await response.json()) as Answer), code: response.status };
}

/** Reads a topic from its start until so many records of our users have come. */
async function readBack(topic: string, count: number): Promise<{ key: string; value: unknown }[]> {
  const kafka = new Kafka({ brokers: [...sharedServers().brokers], logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: `${PREFIX}-${topic}` });
  const ours: { key: string; value: unknown }[] = [];
  const enough = Promise.withResolvers<void>();
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message: { key, value } }) => {
        if (!String(key).startsWith(PREFIX)) return;
        ours.push({ key: String(key), value: JSON.parse(String(value)) });
        if (ours.length === count) enough.resolve();
      },
    });
    await enough.promise;
  } finally {
    await consumer.disconnect();
  }
  return ours;
}

let gateway: GatewayProcess;
beforeAll(async () => {
  gateway = await openGateway(sharedServers().brokers.join(','), 'gateway-with-kafka');
});
afterAll(() => resources.disposeAsync());

describe('generated events', () => {
  it('are in Kafka when the answer comes, each once', async () => {
    const answer = await generate(gateway, { topic: 'install_events', count: 150, userPrefix: PREFIX });
    expect(answer).toMatchObject({ code: 200, sent: 150 });
    expect((await generate(gateway, { topic: 'install_events', count: 50, userPrefix: PREFIX })).code).toBe(200);
    const records = await readBack('install_events', 200);
    expect(records).toHaveLength(200);
    for (const shown of answer.preview ?? []) expect(records).toContainEqual(shown);
  });

  it('need a schema registry where the topic is Avro, and say so', async () => {
    const answer = await generate(gateway, { topic: 'content-downloads', count: 1 });
    expect(answer).toMatchObject({ code: 503, detail: expect.stringContaining('SCHEMA_REGISTRY_URL') });
    expect((await generate(gateway, { topic: 'install_events', count: 1, userPrefix: PREFIX })).code).toBe(200);
  });

  it('cannot be sent where there is no Kafka: the answer says what to do, and everything else is answered', async () => {
    const alone = await openGateway('127.0.0.1:1', 'gateway-without-kafka');
    const request = { topic: 'install_events', count: 5 };
    const answer = await generate(alone, request);
    expect(answer).toMatchObject({ code: 503, detail: expect.stringContaining('check KAFKA_BOOTSTRAP_SERVERS') });
    expect((await generate(alone, request)).code).toBe(503);
    expect((await generate(alone, { ...request, dryRun: true })).preview).toHaveLength(5);
    expect((await fetch(`${alone.url}/readyz`)).status).toBe(200);
  });
});
