/**
 * Demo orders: makes the topic when it is missing, and feeds it a steady trickle of Debezium order changes. With a
 * schema registry, downloads too; and MAIP and user events.
 */
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { type Kafka, Partitioners, type Producer } from 'kafkajs';
import { SettingError } from '../../shared/config/environment.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { SchemaRegistry } from '../../shared/avro/schema-registry.ts';
import { createKafkaClient } from '../../shared/kafka/kafka-client.ts';
import { explainKafkaError } from '../../shared/kafka/explain-error.ts';
import { connectLog } from '../../shared/log/jetstream-log.ts';
import { provisionMesh } from '../../shared/log/provision.ts';
import { Membership } from '../../shared/runtime/membership.ts';
import { runtimeName } from '../../shared/runtime/runtime-name.ts';
import type { MemberRecord } from '../../shared/runtime/status.ts';
import { serveHealth } from '../../shared/telemetry/health.ts';
import { createLogger, type Logger } from '../../shared/telemetry/logger.ts';
import { createMetrics } from '../../shared/telemetry/metrics.ts';
import { runMain } from '../../shared/telemetry/process.ts';
import { DownloadSource } from './downloads.ts';
import { startDownloadsFeed } from './downloads-feed.ts';
import { startEventsFeed } from './events-feed.ts';
import { MaipSource } from './maip-events.ts';
import { OrderSource } from './orders.ts';
import { UserEventSource } from './user-events.ts';

const NAME = 'generator';
const TOPIC = 'dbserver1.public.orders';
const PARTITIONS = 4;
const TICK_MS = 100;
const RETRY_MS = 2_000;

await runMain(NAME, async (stop) => {
  const settings = readSettings();
  const rate = setting('WEIR_DEMO_RATE', 10);
  const seed = setting('WEIR_DEMO_SEED', 1);
  const instance = settings.instance ?? `${NAME}-${hostname()}-${process.pid}`;
  const logger = createLogger(NAME, settings.logLevel);
  const kafka = await createKafkaClient({ clientId: 'weir-generator', settings: settings.kafka, logger });
  let problem: string | undefined = 'Kafka has not answered yet';
  const problems = () => (problem ? [problem] : []);

  await using log = await connectLog({ servers: settings.natsUrl, name: instance });
  await provisionMesh(log);
  const startedAt = new Date().toISOString();
  const firstId = Math.floor(Date.now() / 1000) * 1000; // ids of a later run are larger
  const metrics = createMetrics({ component: NAME, instance });
  const sent = metrics.counter('generator_records', 'Order changes sent to Kafka');
  const sentDownloads = metrics.counter('generator_downloads', 'Downloads sent to Kafka');
  const sentEvents = metrics.counter('generator_events', 'MAIP and user events sent to Kafka');
  await using health = await serveHealth({ port: settings.httpPort, metrics, ready: problems });
  const describe = (): MemberRecord => ({
    instance,
    kind: 'generator',
    services: [],
    pid: process.pid,
    runtime: runtimeName(),
    startedAt,
    health: health.url,
    ready: problem === undefined,
    alarms: [...problems(), downloads?.problem, events.problem].filter((alarm) => alarm !== undefined),
    rssBytes: process.memoryUsage.rss(),
  });
  const { schemaRegistryUrl: urls, schemaRegistryUser: user, schemaRegistryPassword: password } = settings;
  const downloads = urls
    ? startDownloadsFeed({
        kafka,
        registry: new SchemaRegistry({ urls, user, password }),
        source: new DownloadSource(seed, firstId),
        rate: setting('WEIR_DEMO_DOWNLOADS_RATE', 5),
        logger,
        stop,
        onSent: (count) => sentDownloads.inc(count),
      })
    : undefined;
  const events = startEventsFeed({
    kafka,
    sources: [new MaipSource(seed, firstId), new UserEventSource(seed, firstId)],
    rate: setting('WEIR_DEMO_EVENTS_RATE', 4),
    logger,
    stop,
    onSent: (count) => sentEvents.inc(count),
  });
  await using membership = new Membership(log, describe);
  await membership.start();

  const source = new OrderSource(seed, firstId);
  while (!stop.aborted) {
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    try {
      await makeTopic(kafka, logger);
      await producer.connect();
      problem = undefined;
      await feed(producer, source, rate, stop, (count) => sent.inc(count));
    } catch (error) {
      problem = `Kafka does not take orders: ${explainKafkaError(error)}`;
      logger.warn(problem);
      await delay(RETRY_MS, undefined, { signal: stop }).catch(() => {});
    } finally {
      await producer.disconnect().catch(() => {});
    }
  }
  await Promise.all([downloads?.stopped, events.stopped]);
});

async function makeTopic(kafka: Kafka, logger: Logger): Promise<void> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    if ((await admin.listTopics()).includes(TOPIC)) return;
    await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: PARTITIONS, replicationFactor: -1 }] });
    logger.info('Made the topic', { topic: TOPIC, partitions: PARTITIONS });
  } finally {
    await admin.disconnect();
  }
}

/** Sends `rate` changes a second until the signal aborts. */
async function feed(
  producer: Producer,
  source: OrderSource,
  rate: number,
  stop: AbortSignal,
  onSent: (count: number) => void,
): Promise<void> {
  const start = performance.now();
  for (let made = 0; !stop.aborted; ) {
    const due = Math.floor(((performance.now() - start) * rate) / 1000) - made;
    if (due > 0) {
      const messages = Array.from({ length: Math.min(due, 1_000) }, () => {
        const { orderId, envelope } = source.next(Date.now());
        return { key: JSON.stringify({ order_id: orderId }), value: JSON.stringify(envelope) };
      });
      await producer.send({ topic: TOPIC, messages });
      made += messages.length;
      onSent(messages.length);
    }
    await delay(TICK_MS, undefined, { signal: stop }).catch(() => {});
  }
}

function setting(name: string, fallback: number): number {
  const text = process.env[name]?.trim() || String(fallback);
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0)
    throw new SettingError(`Cannot use ${name}="${text}": expected a number, 0 or more`);
  return value;
}
