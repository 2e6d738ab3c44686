/** The bridge as a process: reads settings and routes, connects, runs until it is told to stop, drains. */
import { hostname } from 'node:os';
import { registryOf } from '../shared/avro/registry-of-settings.ts';
import { activeRoutes } from '../shared/config/active-routes.ts';
import { RoutesWatch } from '../shared/config/routes-watch.ts';
import { readSettings } from '../shared/config/settings.ts';
import { createKafkaClient } from '../shared/kafka/kafka-client.ts';
import { connectLog } from '../shared/log/jetstream-log.ts';
import { DEFAULT_RETENTION, provisionMesh, provisionMirror } from '../shared/log/provision.ts';
import { Membership } from '../shared/runtime/membership.ts';
import { announce } from '../shared/runtime/nats-service.ts';
import { runtimeName } from '../shared/runtime/runtime-name.ts';
import type { MemberRecord } from '../shared/runtime/status.ts';
import { serveHealth } from '../shared/telemetry/health.ts';
import { createLogger } from '../shared/telemetry/logger.ts';
import { createMetrics } from '../shared/telemetry/metrics.ts';
import { runMain, unlessAborted } from '../shared/telemetry/process.ts';
import { startTelemetry } from '../shared/telemetry/tracing.ts';
import { KafkaToJetStream } from './kafka-to-jetstream.ts';
import { Meter } from './partition/meter.ts';
import { ackObserver, registerBridgeMetrics } from './metrics.ts';

const NAME = 'bridge';

await runMain(NAME, async (stop) => {
  const settings = readSettings();
  const routes = await activeRoutes(settings.routesFile);
  const instance = settings.instance ?? `${NAME}-${hostname()}-${process.pid}`;
  const logger = createLogger(NAME, settings.logLevel);
  await using _telemetry = await startTelemetry({ service: NAME, otlpEndpoint: settings.otlpEndpoint });
  await using log = await unlessAborted(connectLog({ servers: settings.natsUrl, name: instance }), stop);
  if (!log) return; // stopped before NATS was ever there
  await provisionMesh(log);
  const kafka = await createKafkaClient({ clientId: 'weir-bridge', settings: settings.kafka, logger });
  const retention = { ...DEFAULT_RETENTION, mirrorBytes: settings.mirrorBytes };
  const metrics = createMetrics({ component: NAME, instance });
  const meter = new Meter(ackObserver(metrics));
  const registry = await registryOf(settings);
  const bridge = new KafkaToJetStream({
    kafka,
    log,
    routes,
    logger,
    meter,
    registry,
    members: () => membership.live(),
    provisionMirror: ({ topic, partition }) => provisionMirror(log, topic, partition, retention),
    groupId: settings.kafkaGroup,
    stallMs: settings.bridgeStallMs,
  });
  const watch = settings.routesFile
    ? new RoutesWatch(settings.routesFile, (changed) => bridge.changeRoutes(changed))
    : undefined;

  const startedAt = new Date().toISOString();
  registerBridgeMetrics(metrics, {
    status: () => bridge.status(),
    meter,
    schemas: registry?.stats,
    unackedBytes: () => bridge.unackedBytes,
  });
  const away = () => (log.isConnected ? [] : ['NATS is away; waiting for it to come back']);
  const obstacles = () => [...away(), ...bridge.obstacles()];
  await using health = await serveHealth({ port: settings.httpPort, metrics, ready: obstacles });
  const describe = (): MemberRecord => ({
    instance,
    kind: 'bridge',
    services: [],
    pid: process.pid,
    runtime: runtimeName(),
    startedAt,
    health: health.url,
    ready: obstacles().length === 0,
    alarms: [...away(), ...(watch?.problem ? [watch.problem] : []), ...bridge.alarms()],
    rssBytes: process.memoryUsage.rss(),
    bridge: bridge.status(),
  });
  await using _service = await announce(log, NAME, describe);
  await using membership = new Membership(log, describe);
  await membership.start();
  logger.info('Bridge is up', { instance, health: health.url });
  await Promise.all([bridge.run(stop), watch?.run(stop)]);
  logger.info('Drained');
});
