/**
 * The composition root's one call for a sink: brings buckets to one store as a process of the mesh until it is told to
 * stop. Opens the log and the store, joins the members, shares the buckets with other instances, serves health and
 * metrics, drains at the end.
 */
import { hostname } from 'node:os';
import { readSettings, type Settings } from '../config/settings.ts';
import { connectLog, type JetStreamLog } from '../log/jetstream-log.ts';
import { provisionMesh } from '../log/provision.ts';
import { Membership } from '../runtime/membership.ts';
import { announce } from '../runtime/nats-service.ts';
import { runtimeName } from '../runtime/runtime-name.ts';
import type { MemberRecord } from '../runtime/status.ts';
import { serveHealth } from '../telemetry/health.ts';
import { createLogger, type Logger } from '../telemetry/logger.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics.ts';
import { runMain, unlessAborted, untilAborted } from '../telemetry/process.ts';
import { startTelemetry } from '../telemetry/tracing.ts';
import { SinkHost } from './sink-host.ts';
import { registerSinkMetrics, sinkMeter } from './sink-metrics.ts';
import type { SinkTarget } from './sink-target.ts';

export interface SinkSurroundings {
  /** Names this process among the members. */
  readonly instance: string;
  readonly logger: Logger;
  readonly log: JetStreamLog;
  readonly metrics: Metrics;
  /** Aborts when the process is told to stop: then what `open` returns is not used. */
  readonly signal: AbortSignal;
  /** What the sink waits for, as a sentence: shown by health and status until it is open; undefined: nothing is amiss. */
  waiting(reason: string | undefined): void;
}

const NOT_OPEN = 'The store is not open yet';

/** Opens the store. May wait for it to come up for as long as it takes; what cannot be mended by waiting it throws. */
export type OpenSink = (surroundings: SinkSurroundings) => Promise<SinkTarget & AsyncDisposable>;

/** `name`: of the target, `postgres`; the service is `sink-postgres`. */
export function runSink(name: string, open: OpenSink): Promise<void> {
  const service = `sink-${name}`;
  return runMain(service, (stop) => work(service, open, readSettings(), stop));
}

async function work(service: string, open: OpenSink, settings: Settings, stop: AbortSignal): Promise<void> {
  const instance = settings.instance ?? `${service}-${hostname()}-${process.pid}`;
  const logger = createLogger(service, settings.logLevel);
  await using _telemetry = await startTelemetry({ service, otlpEndpoint: settings.otlpEndpoint });
  await using log = await unlessAborted(connectLog({ servers: settings.natsUrl, name: instance }), stop);
  if (!log) return; // stopped before NATS was ever there
  await provisionMesh(log);

  const startedAt = new Date().toISOString();
  const metrics = createMetrics({ component: service, instance });
  let host: SinkHost | undefined;
  let waiting: string | undefined = NOT_OPEN;
  const reasons = () => [
    ...(host?.alarms() ?? []),
    ...(waiting === undefined ? [] : [waiting]),
    ...(log.isConnected ? [] : ['NATS is away; waiting for it to come back']),
  ];
  await using health = await serveHealth({ port: settings.httpPort, metrics, ready: () => reasons() });
  const describe = (): MemberRecord => ({
    instance,
    kind: 'sink',
    services: host ? [service] : [], // who has no store takes no buckets
    pid: process.pid,
    runtime: runtimeName(),
    startedAt,
    health: health.url,
    ready: reasons().length === 0,
    alarms: reasons(),
    rssBytes: process.memoryUsage.rss(),
    sinks: host?.status() ?? [],
  });
  await using membership = new Membership(log, describe);
  registerSinkMetrics(metrics, () => host?.status() ?? []);
  await using _service = await announce(log, service, describe);
  await membership.start(() => host?.round());
  logger.info('Sink is up, opening its store', { instance, health: health.url });

  const surroundings = {
    instance,
    logger,
    log,
    metrics,
    signal: stop,
    waiting: (reason: string | undefined) => {
      waiting = reason ?? NOT_OPEN;
    },
  };
  await using target = await unlessAborted(open(surroundings), stop);
  if (!target || stop.aborted) return;
  waiting = undefined;
  const pace = { stallMs: settings.sinkStallMs };
  host = new SinkHost({ log, logger, membership, instance, target, meter: sinkMeter(metrics, service), pace });
  logger.info('The store is open', { buckets: target.sources.map(({ bucket }) => bucket).join(' ') });
  await untilAborted(stop);
  logger.info('Draining');
  await host.close();
}
