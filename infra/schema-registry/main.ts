/** The schema registry as a process: connects to NATS, reads the changes, serves the REST API, joins the mesh. */
import { hostname } from 'node:os';
import { portSetting, textSetting } from '../../shared/config/environment.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { connectLog } from '../../shared/log/jetstream-log.ts';
import { provisionBucket, provisionMesh } from '../../shared/log/provision.ts';
import { Membership } from '../../shared/runtime/membership.ts';
import { announce } from '../../shared/runtime/nats-service.ts';
import { runtimeName } from '../../shared/runtime/runtime-name.ts';
import type { MemberRecord } from '../../shared/runtime/status.ts';
import { serveHealth } from '../../shared/telemetry/health.ts';
import { createLogger } from '../../shared/telemetry/logger.ts';
import { createMetrics } from '../../shared/telemetry/metrics.ts';
import { runMain, unlessAborted, untilAborted } from '../../shared/telemetry/process.ts';
import { createApp } from './app.ts';
import { ChangeLog, SCHEMAS } from './change-log.ts';
import { listen } from './listen.ts';
import { Registry } from './registry.ts';

const NAME = 'schema-registry';

await runMain(NAME, async (stop) => {
  const settings = readSettings();
  const host = textSetting(process.env, 'WEIR_SCHEMA_REGISTRY_HOST') ?? '127.0.0.1';
  const port = portSetting(process.env, 'WEIR_SCHEMA_REGISTRY_PORT', 8081, 0);
  const instance = settings.instance ?? `${NAME}-${hostname()}-${process.pid}`;
  const logger = createLogger(NAME, settings.logLevel);
  await using log = await unlessAborted(connectLog({ servers: settings.natsUrl, name: instance }), stop);
  if (!log) return; // stopped before NATS was ever there
  await provisionMesh(log);
  await provisionBucket(log, SCHEMAS);
  const connected = () => log.isConnected;
  const changes = await ChangeLog.open({ log, connected });

  const startedAt = new Date().toISOString();
  const metrics = createMetrics({ component: NAME, instance });
  const count = (name: string, help: string, value: () => number) =>
    metrics.gauge(name, help, [], (gauge) => gauge.set(value()));
  count('schema_registry_schemas', 'Schemas that have an id', () => changes.state.schemas.size);
  count('schema_registry_subjects', 'Subjects, softly deleted ones too', () => changes.state.subjects.size);
  const alarms = () => (connected() ? [] : ['NATS is away: only schemas known by id are served']);
  await using health = await serveHealth({ port: settings.httpPort, metrics, ready: alarms });
  await using server = await listen({ host, port, fetch: createApp(new Registry(changes), logger).fetch });
  const describe = (): MemberRecord => ({
    instance,
    kind: 'registry',
    services: [],
    pid: process.pid,
    runtime: runtimeName(),
    startedAt,
    health: health.url,
    ready: connected(),
    alarms: alarms(),
    rssBytes: process.memoryUsage.rss(),
  });
  await using _service = await announce(log, NAME, describe);
  await using members = new Membership(log, describe);
  await members.start();
  logger.info('Schema registry is up', { url: server.url, schemas: changes.state.schemas.size });
  await untilAborted(stop);
});
