/** The gateway process: connects the application to NATS and to a socket, and joins the mesh as a member. */
import { activeRoutes } from '../../shared/config/active-routes.ts';
import { readSettings } from '../../shared/config/settings.ts';
import type { DemoRecord } from '../../shared/demo/demo-record.ts';
import { deleteLetter } from '../../shared/dead-letters/delete-letter.ts';
import { connectLog } from '../../shared/log/jetstream-log.ts';
import { provisionMesh } from '../../shared/log/provision.ts';
import { Database } from '../../shared/postgres/database.ts';
import { resultsReader } from '../../shared/postgres/results-reader.ts';
import { readPostgresSettings } from '../../shared/postgres/settings.ts';
import { Membership } from '../../shared/runtime/membership.ts';
import { announce } from '../../shared/runtime/nats-service.ts';
import { serveHealth } from '../../shared/telemetry/health.ts';
import { createLogger } from '../../shared/telemetry/logger.ts';
import { createMetrics } from '../../shared/telemetry/metrics.ts';
import { runMain, unlessAborted, untilAborted } from '../../shared/telemetry/process.ts';
import { startTelemetry } from '../../shared/telemetry/tracing.ts';
import { policyOfSettings } from './auth/policy-of-settings.ts';
import { DemoSender } from './generate/demo-sender.ts';
import { createRedriver } from './dead-letters/redriver.ts';
import { createGateway } from './gateway.ts';
import { type ServeOptions, serveHttp } from './http/serve.ts';
import { gatewayMember } from './member.ts';
import { notReadyReasons } from './routes/health.ts';
import { readGatewaySettings } from './settings.ts';
import { createStarting } from './starting.ts';
import { LiveStreams } from './stream/live-streams.ts';
import { readStreamSettings } from './stream/stream-settings.ts';
import { StoredCustomers } from './views/customer-lists.ts';
import { SortedCustomers } from './views/sorted-customers.ts';
import { openViews } from './views/views.ts';

await runMain('gateway', async (stop) => {
  const settings = readSettings();
  const http = readGatewaySettings(process.env);
  const streaming = readStreamSettings(process.env);
  const postgres = await readPostgresSettings(process.env);
  const instance = settings.instance ?? `gateway-${process.pid}`;
  const logger = createLogger('gateway', settings.logLevel);
  const metrics = createMetrics({ component: 'gateway', instance });
  await using _telemetry = await startTelemetry({
    service: 'weir-gateway',
    otlpEndpoint: settings.otlpEndpoint,
    log: logger,
    metrics,
  });

  const policy = await policyOfSettings(http, { logger, now: Date.now, stop });
  let fetch: ServeOptions['fetch'] = createStarting().fetch;
  let reasons = () => ['NATS has not been reached yet'];
  await using health = await serveHealth({ port: settings.httpPort, metrics, ready: () => reasons() });
  const { host, port } = http;
  await using server = await serveHttp({ host, port, fetch: (request, peer) => fetch(request, peer) });
  logger.info('Listening', { url: server.url, docs: `${server.url}/docs` });
  if (http.isOpen && !http.isLocal) logger.warn('Open: whoever reaches this address may do everything', { host });

  await using database = postgres && (await Database.open(postgres, instance));
  await using log = await unlessAborted(connectLog({ servers: settings.natsUrl, name: instance }), stop);
  if (!log) return; // stopped before NATS was ever there
  await provisionMesh(log);
  await using demo = new DemoSender(settings, logger);
  const sendDemo = (records: readonly DemoRecord[]) => demo.send(records);
  const redrive = createRedriver({
    ...{ settings, log, logger, stop },
    deleteLetter: (seq) => deleteLetter(log, seq),
    openJudge: async (routes, registry) => {
      const { RouteJudge } = await import('../../bridge/cli/judge-letter.ts'); // with all decoders: only when asked for
      return new RouteJudge(routes, registry, stop);
    },
  });
  await using views = openViews({ log, logger });
  await using streams = new LiveStreams({ log, logger, metrics, settings: streaming });
  const connected = () => log.isConnected;
  const bucket = new StoredCustomers(log);
  const customers = database ? new SortedCustomers({ results: resultsReader(database), bucket, logger }) : bucket;
  const kafka = { sendDemo, redrive, routes: () => activeRoutes(settings.routesFile) };
  fetch = createGateway(
    { log, ...views, customers, streams, ...kafka, connected, logger, metrics, now: Date.now },
    policy,
  ).fetch;
  reasons = () => notReadyReasons({ connected, ...views });
  const describe = () => gatewayMember(instance, health.url, reasons());
  await using _service = await announce(log, 'gateway', describe);
  await using members = new Membership(log, describe);
  await members.start();
  logger.info('Ready', { nats: settings.natsUrl });
  await untilAborted(stop);
});
