/**
 * Demo orders: makes the topic when it is missing, and feeds it a steady trickle of Debezium order changes. With a
 * schema registry, downloads too; and MAIP and user events.
 */
import { hostname } from 'node:os';
import type { Kafka } from 'kafkajs';
import { databaseSetting } from '../../shared/config/database-address.ts';
import { SettingError } from '../../shared/config/environment.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { registryOf } from '../../shared/avro/registry-of-settings.ts';
import { createKafkaClient } from '../../shared/kafka/kafka-client.ts';
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
import { kafkaOrders } from './kafka-orders.ts';
import { feedOrders, type OrderTarget } from './order-feed.ts';
import { OrderSource } from './orders.ts';
import { UserEventSource } from './user-events.ts';

const NAME = 'generator';

await runMain(NAME, async (stop) => {
  const settings = readSettings();
  const rate = setting('WEIR_DEMO_RATE', 10);
  const seed = setting('WEIR_DEMO_SEED', 1);
  const instance = settings.instance ?? `${NAME}-${hostname()}-${process.pid}`;
  const logger = createLogger(NAME, settings.logLevel);
  const kafka = await createKafkaClient({ clientId: 'weir-generator', settings: settings.kafka, logger });
  let problem: string | undefined = 'No orders were written yet';
  const problems = () => (problem ? [problem] : []);

  await using log = await connectLog({ servers: settings.natsUrl, name: instance });
  await provisionMesh(log);
  const startedAt = new Date().toISOString();
  const firstId = Math.floor(Date.now() / 1000) * 1000; // ids of a later run are larger
  const metrics = createMetrics({ component: NAME, instance });
  const sent = metrics.counter(
    'generator_records',
    'Order changes written to Kafka, or to the tables that are captured',
  );
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
  const registry = await registryOf(settings);
  const downloads = registry
    ? startDownloadsFeed({
        kafka,
        registry,
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

  await feedOrders({
    target: await orderTarget(kafka, logger),
    source: new OrderSource(seed, firstId),
    rate,
    logger,
    stop,
    onWritten: (count) => sent.inc(count),
    onProblem: (now) => {
      problem = now;
    },
  });
  await Promise.all([downloads?.stopped, events.stopped]);
});

/** Tables of a PostgreSQL whose changes are captured, or else straight to Kafka. */
async function orderTarget(kafka: Kafka, logger: Logger): Promise<OrderTarget> {
  const address = await databaseSetting(process.env, 'WEIR_DEMO_DATABASE_URL');
  if (!address) return kafkaOrders(kafka, logger);
  const { postgresOrders } = await import('./postgres-orders.ts');
  return postgresOrders(address);
}

function setting(name: string, fallback: number): number {
  const text = process.env[name]?.trim() || String(fallback);
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0)
    throw new SettingError(`Cannot use ${name}="${text}": expected a number, 0 or more`);
  return value;
}
