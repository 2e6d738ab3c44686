import avsc from 'avsc';
import { expect, it } from 'vitest';
import { SchemaRegistry } from '../../shared/avro/schema-registry.ts';
import { MemoryLog } from '../../shared/log/memory-log.ts';
import { createKafkaClient } from '../../shared/kafka/kafka-client.ts';
import { createLogger } from '../../shared/telemetry/logger.ts';
import { sharedServers } from '../../shared/testing/servers.ts';
import { createApp } from '../../infra/schema-registry/app.ts';
import { ChangeLog } from '../../infra/schema-registry/change-log.ts';
import { listen } from '../../infra/schema-registry/listen.ts';
import { Registry } from '../../infra/schema-registry/registry.ts';
import { DownloadSource } from '../../shared/demo/downloads.ts';
import { startDownloadsFeed } from './downloads-feed.ts';

const logger = createLogger('test', 'error');

it('downloads arrive in Kafka in Confluent Avro, once the registry is there', async () => {
  const { brokers } = sharedServers();
  const topic = `downloads-${Date.now()}`;
  const kafka = await createKafkaClient({
    clientId: 'downloads-test',
    settings: { brokers, tls: undefined, login: undefined },
    logger,
  });
  let connected = false; // at first nothing can be registered
  const changes = await ChangeLog.open({ log: new MemoryLog().client(), connected: () => connected });
  const app = createApp(new Registry(changes), logger);
  await using server = await listen({ host: '127.0.0.1', port: 0, fetch: app.fetch });
  const registry = new SchemaRegistry({ urls: server.url });
  const stop = new AbortController();
  let sent = 0;
  const onSent = (count: number) => {
    sent += count;
  };
  const source = new DownloadSource(1, 1);
  const options = { kafka, registry, source, rate: 100, topic, logger, stop: stop.signal, onSent };
  const feed = startDownloadsFeed(options);
  const received: Buffer[] = [];
  const consumer = kafka.consumer({ groupId: topic });
  try {
    while (feed.problem === undefined) await new Promise(setImmediate);
    expect(feed.problem).toContain('No downloads are sent: ');
    connected = true;
    while (sent < 20) await new Promise(setImmediate);
    expect(feed.problem).toBeUndefined();
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    const enough = Promise.withResolvers<void>();
    await consumer.run({
      eachMessage: async ({ message }) => {
        if (message.value) received.push(message.value);
        if (received.length >= 20) enough.resolve();
      },
    });
    await enough.promise;
  } finally {
    stop.abort();
    await consumer.disconnect();
    await feed.stopped;
  }
  const { text } = await new Registry(changes).schema(1);
  const type = avsc.Type.forSchema(JSON.parse(text));
  const values = received.map((bytes) => {
    expect([bytes[0], bytes.readUInt32BE(1)]).toEqual([0, 1]);
    return type.fromBuffer(bytes.subarray(5));
  });
  expect(new Set(values.map(({ event_id }) => event_id)).size).toBe(values.length);
});
