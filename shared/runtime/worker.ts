/**
 * The composition root's one call: runs services' stages as a process of the mesh until it is told to stop.
 * Opens the log, provisions what the services need, joins the members, serves health and metrics, drains at the end.
 */
import { hostname } from 'node:os';
import { activeRoutes } from '../config/active-routes.ts';
import { RoutesWatch } from '../config/routes-watch.ts';
import { readSettings, type Settings } from '../config/settings.ts';
import type { StageDefinition } from '../events/stage.ts';
import { connectLog } from '../log/jetstream-log.ts';
import { provisionMesh, provisionService } from '../log/provision.ts';
import { serveHealth } from '../telemetry/health.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { runMain, unlessAborted, untilAborted } from '../telemetry/process.ts';
import { startTelemetry } from '../telemetry/tracing.ts';
import { Membership } from './membership.ts';
import { announce } from './nats-service.ts';
import { RoutedStages } from './routed-stages.ts';
import { runtimeName } from './runtime-name.ts';
import { registerStageMetrics } from './stage-metrics.ts';
import type { MemberRecord } from './status.ts';

export interface Service {
  /** Names the process. */
  readonly name: string;
  /** Usually one; two where an `all` stage combines; more where inputs are unrelated. */
  readonly stages: readonly StageDefinition<never>[];
}

/** Runs one service, or several fused in one process. */
export function runWorker(...services: readonly Service[]): Promise<void> {
  const name = services.map((service) => service.name).join('+');
  return runMain(name, (stop) => work(name, services, readSettings(), stop));
}

async function work(name: string, services: readonly Service[], settings: Settings, stop: AbortSignal): Promise<void> {
  const instance = settings.instance ?? `${name}-${hostname()}-${process.pid}`;
  const logger = createLogger(name, settings.logLevel);
  const routes = await activeRoutes(settings.routesFile);
  const definitions = services.flatMap((service) => service.stages); // reads their settings: before anything is waited for
  await using _telemetry = await startTelemetry({ service: name, otlpEndpoint: settings.otlpEndpoint });
  await using log = await unlessAborted(connectLog({ servers: settings.natsUrl, name: instance }), stop);
  if (!log) return; // stopped before NATS was ever there
  await provisionMesh(log);
  const names = [...new Set(definitions.map(({ service }) => service))];
  for (const service of names) await provisionService(log, service);

  const startedAt = new Date().toISOString();
  const metrics = createMetrics({ component: name, instance });
  const reasons = () => [...stages.alarms(), ...(log.isConnected ? [] : ['NATS is away; waiting for it to come back'])];
  const routesProblem = () => (watch?.problem === undefined ? [] : [watch.problem]);
  await using health = await serveHealth({ port: settings.httpPort, metrics, ready: () => reasons() });
  const describe = (): MemberRecord => ({
    instance,
    kind: 'worker',
    services: names,
    pid: process.pid,
    runtime: runtimeName(),
    startedAt,
    health: health.url,
    ready: reasons().length === 0,
    alarms: [...reasons(), ...routesProblem()],
    rssBytes: process.memoryUsage.rss(),
    reads: stages.reads(),
    stages: stages.status(),
  });
  await using membership = new Membership(log, describe);
  const stages = new RoutedStages({ log, logger, membership, instance, stages: definitions }, routes);
  const watch = settings.routesFile
    ? new RoutesWatch(settings.routesFile, (changed) => stages.changeRoutes(changed))
    : undefined;
  registerStageMetrics(metrics, () => stages.status());
  await using _service = await announce(log, name, describe);
  await membership.start(() => stages.round());
  logger.info('Worker is up', { instance, health: health.url });
  await Promise.all([untilAborted(stop), watch?.run(stop)]);
  logger.info('Draining');
  await stages.close();
}
