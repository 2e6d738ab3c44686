/** The egress as a process: results of the services' logs to Kafka, each once (egress/). */
import { hostname } from 'node:os';
import { readSettings } from '../shared/config/settings.ts';
import { createKafkaClient } from '../shared/kafka/kafka-client.ts';
import { connectLog } from '../shared/log/jetstream-log.ts';
import { provisionMesh, provisionService } from '../shared/log/provision.ts';
import { Membership } from '../shared/runtime/membership.ts';
import { announce } from '../shared/runtime/nats-service.ts';
import { runtimeName } from '../shared/runtime/runtime-name.ts';
import type { MemberRecord } from '../shared/runtime/status.ts';
import { serveHealth } from '../shared/telemetry/health.ts';
import { createLogger } from '../shared/telemetry/logger.ts';
import { createMetrics } from '../shared/telemetry/metrics.ts';
import { runMain, unlessAborted, untilAborted } from '../shared/telemetry/process.ts';
import { startTelemetry } from '../shared/telemetry/tracing.ts';
import { EGRESS, Egress } from './egress/egress.ts';
import { commitObserver, registerEgressMetrics } from './egress/egress-metrics.ts';
import { readEgressSettings } from './egress/settings.ts';

async function main(stop: AbortSignal): Promise<void> {
  const settings = readSettings();
  const egressSettings = readEgressSettings();
  const instance = settings.instance ?? `${EGRESS}-${hostname()}-${process.pid}`;
  const logger = createLogger(EGRESS, settings.logLevel);
  await using _telemetry = await startTelemetry({ service: EGRESS, otlpEndpoint: settings.otlpEndpoint });
  await using log = await unlessAborted(connectLog({ servers: settings.natsUrl, name: instance }), stop);
  if (!log) return; // stopped before NATS was ever there
  await provisionMesh(log);
  for (const service of egressSettings.services) await provisionService(log, service); // it may be up before they are
  const kafka = await createKafkaClient({ clientId: 'weir-egress', settings: settings.kafka, logger });

  const startedAt = new Date().toISOString();
  const metrics = createMetrics({ component: EGRESS, instance });
  const away = () => (log.isConnected ? [] : ['NATS is away; waiting for it to come back']);
  const obstacles = () => [...away(), ...egress.obstacles()];
  await using health = await serveHealth({ port: settings.httpPort, metrics, ready: obstacles });
  const describe = (): MemberRecord => ({
    instance,
    kind: 'sink',
    services: [EGRESS],
    pid: process.pid,
    runtime: runtimeName(),
    startedAt,
    health: health.url,
    ready: obstacles().length === 0,
    alarms: [...away(), ...egress.alarms()],
    rssBytes: process.memoryUsage.rss(),
    sinks: egress.sinks(),
  });
  await using membership = new Membership(log, describe);
  const egress = new Egress({
    ...{ log, kafka, logger, membership, instance },
    settings: egressSettings,
    group: settings.kafkaGroup,
    onCommit: commitObserver(metrics),
  });
  registerEgressMetrics(metrics, () => egress.status());
  await using _service = await announce(log, EGRESS, describe);
  await membership.start(() => egress.round());
  logger.info('Egress is up', { instance, health: health.url });
  await untilAborted(stop);
  logger.info('Draining');
  await egress.close();
}

if (import.meta.main) await runMain(EGRESS, main);
