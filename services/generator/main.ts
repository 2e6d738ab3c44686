/**
 * Demo traffic for every topic that the built-in routes take: makes the topics that are missing, and feeds them steadily.
 * Orders go to Kafka as Debezium writes them, or to real tables that it captures; downloads need a schema registry.
 */
import { hostname } from 'node:os';
import type { Kafka } from 'kafkajs';
import { registryOf } from '../../shared/avro/registry-of-settings.ts';
import { databaseSetting } from '../../shared/config/database-address.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { Flaws } from '../../shared/demo/flaws.ts';
import { OrderSource } from '../../shared/demo/orders.ts';
import { ShopRecords } from '../../shared/demo/shop-records.ts';
import { ShopTraffic } from '../../shared/demo/shop-traffic.ts';
import { createKafkaClient } from '../../shared/kafka/kafka-client.ts';
import { connectLog } from '../../shared/log/jetstream-log.ts';
import { provisionMesh } from '../../shared/log/provision.ts';
import { Membership } from '../../shared/runtime/membership.ts';
import { runtimeName } from '../../shared/runtime/runtime-name.ts';
import type { MemberRecord } from '../../shared/runtime/status.ts';
import { serveHealth } from '../../shared/telemetry/health.ts';
import { createLogger, type Logger } from '../../shared/telemetry/logger.ts';
import { createMetrics } from '../../shared/telemetry/metrics.ts';
import { runMain, unlessAborted } from '../../shared/telemetry/process.ts';
import { type DemoSettings, readDemoSettings } from './demo-settings.ts';
import { offerDemoSegments } from './demo-segments.ts';
import { firstIdAt, startDemoFeeds } from './feeds.ts';
import { kafkaOrders } from './kafka-orders.ts';
import { feedOrders, type OrderTarget } from './order-feed.ts';

const NAME = 'generator';

await runMain(NAME, async (stop) => {
  const settings = readSettings();
  const demo = readDemoSettings(process.env, Date.now());
  const { seed, startMs, customers, bursts, flaws, rates } = demo;
  const instance = settings.instance ?? `${NAME}-${hostname()}-${process.pid}`;
  const logger = createLogger(NAME, settings.logLevel);
  const kafka = await createKafkaClient({ clientId: 'weir-generator', settings: settings.kafka, logger });
  let problem: string | undefined = 'No orders were written yet';
  const problems = () => (problem ? [problem] : []);

  await using log = await unlessAborted(connectLog({ servers: settings.natsUrl, name: instance }), stop);
  if (!log) return; // stopped before NATS was ever there
  await provisionMesh(log);
  const startedAt = new Date().toISOString();
  const metrics = createMetrics({ component: NAME, instance });
  const sent = metrics.counter(
    'generator_records',
    'Order changes written to Kafka, or to the tables that are captured',
  );
  const sentDownloads = metrics.counter('generator_downloads', 'Downloads sent to Kafka');
  const sentEvents = metrics.counter('generator_events', 'MAIP events, user events and plain orders sent to Kafka');
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
    alarms: [...problems(), ...feeds.map((feed) => feed.problem)].filter((alarm) => alarm !== undefined),
    rssBytes: process.memoryUsage.rss(),
  });
  const feeds = startDemoFeeds({
    kafka,
    registry: await registryOf(settings),
    settings: demo,
    logger,
    stop,
    onDownloads: (count) => sentDownloads.inc(count),
    onEvents: (count) => sentEvents.inc(count),
  });
  await using membership = new Membership(log, describe);
  await membership.start();
  if (await offerDemoSegments(log, startedAt)) logger.info('Made segments for the demo: see /api/v1/segments');

  const traffic = new ShopTraffic(seed, { customers, late: flaws.late, bursts });
  await feedOrders({
    target: await orderTarget(kafka, demo, logger),
    source: new OrderSource(seed, firstIdAt(startMs), { traffic, hasPlaces: true }),
    rate: rates.changes,
    startMs,
    logger,
    stop,
    onWritten: (count) => sent.inc(count),
    onProblem: (now) => {
      problem = now;
    },
  });
  await Promise.all(feeds.map(({ stopped }) => stopped));
});

/** Tables of a PostgreSQL whose changes are captured, or else straight to Kafka. */
async function orderTarget(kafka: Kafka, { seed, startMs, flaws }: DemoSettings, logger: Logger): Promise<OrderTarget> {
  const address = await databaseSetting(process.env, 'WEIR_DEMO_DATABASE_URL');
  if (address) {
    const { postgresOrders } = await import('./postgres-orders.ts');
    return postgresOrders(address);
  }
  const shop = new ShopRecords(startMs, { hasPlaces: true });
  // A change that came late would be taken for one sent again: here it is the orders that are late.
  return kafkaOrders({ kafka, logger, shop, startMs, flaws: new Flaws(seed, { ...flaws, late: 0 }, 'debezium-json') });
}
