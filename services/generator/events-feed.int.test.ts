import { expect, it } from 'vitest';
import { recordDecoder } from '../../bridge/decode/decoder.ts';
import { DEFAULT_ROUTES, routeOf } from '../../shared/config/routes.ts';
import { createKafkaClient } from '../../shared/kafka/kafka-client.ts';
import { createLogger } from '../../shared/telemetry/logger.ts';
import { sharedServers } from '../../shared/testing/servers.ts';
import type { DemoSource } from '../../shared/demo/demo-record.ts';
import { startEventsFeed } from './events-feed.ts';
import { MaipSource } from '../../shared/demo/maip-events.ts';
import { UserEventSource } from '../../shared/demo/user-events.ts';

const ENOUGH = 200;
const logger = createLogger('test', 'error');

it('MAIP and user events arrive in Kafka, and the built-in routes read each of them', async () => {
  const { brokers } = sharedServers();
  const prefix = `feed${Date.now()}.`;
  const kafka = await createKafkaClient({
    clientId: 'events-test',
    settings: { brokers, tls: undefined, login: undefined },
    logger,
  });
  const sources = [new MaipSource(1, 1), new UserEventSource(1, 1)].map((source) => prefixed(source, prefix));
  const stop = new AbortController();
  let sent = 0;
  const onSent = (count: number) => {
    sent += count;
  };
  const feed = startEventsFeed({ kafka, sources, rate: 500, logger, stop: stop.signal, onSent });
  const outcomes: string[] = [];
  const consumer = kafka.consumer({ groupId: prefix });
  try {
    while (sent < ENOUGH) await new Promise(setImmediate);
    expect(feed.problem).toBeUndefined();
    await consumer.connect();
    await consumer.subscribe({ topics: sources.flatMap(({ topics }) => topics), fromBeginning: true });
    const enough = Promise.withResolvers<void>();
    await consumer.run({
      eachMessage: async ({ topic, message }) => {
        const { offset, timestamp, key, value } = message;
        const name = topic.slice(prefix.length);
        const route = routeOf(DEFAULT_ROUTES, name);
        if (!route || route.decoder === 'raw') throw new Error(`Cannot read topic "${name}": no route takes it`);
        const record = { offset: Number(offset), timestampMs: Number(timestamp), key, value };
        const { outcome, events, dead } = recordDecoder(route, name).decode(record, Date.now());
        outcomes.push(events[0]?.k === key?.toString() ? outcome : `${name}: ${dead?.text ?? 'keyed otherwise'}`);
        if (outcomes.length >= ENOUGH) enough.resolve();
      },
    });
    await enough.promise;
  } finally {
    stop.abort();
    await consumer.disconnect();
    await feed.stopped;
  }
  expect(new Set(outcomes)).toEqual(new Set(['counted']));
});

it('with a rate of 0 nothing is done', async () => {
  const { signal: stop } = new AbortController();
  const kafka = await createKafkaClient({
    clientId: 'events-test',
    settings: { brokers: ['127.0.0.1:1'], tls: undefined, login: undefined },
    logger,
  });
  const feed = startEventsFeed({ kafka, sources: [new MaipSource(1, 1)], rate: 0, logger, stop, onSent: () => {} });
  await feed.stopped;
  expect(feed.problem).toBeUndefined();
});

/** Topics of this test's own. */
function prefixed(source: DemoSource, prefix: string): DemoSource {
  return {
    topics: source.topics.map((topic) => prefix + topic),
    next: (nowMs) => {
      const record = source.next(nowMs);
      return { ...record, topic: prefix + record.topic };
    },
  };
}
