/**
 * The gateway's HTTP application: routes, errors and headers, on any runtime (it is a fetch handler).
 * It does not own sockets, NATS or what it reads (dependencies.ts).
 *
 * Invariants (gateway.test.ts, openapi.test.ts):
 * 1. Every error is problem+json; unknown routes are 404, other methods on known ones are 405 with Allow.
 * 2. Every answer has an X-Request-Id, and data is revalidated (ETag), never served stale by a cache.
 * 3. Everything under /api answers 503 while NATS is away, to those who may ask.
 */
import { OpenAPIHono } from '@hono/zod-openapi';
import { guard } from './auth/guard.ts';
import { declaredRoles, describeAccess } from './auth/route-roles.ts';
import type { GatewayDependencies } from './dependencies.ts';
import { checks } from './http/check.ts';
import { allowOrigins } from './http/cors.ts';
import { everyAnswer } from './http/every-answer.ts';
import { requireOwnName } from './http/host-names.ts';
import { observeRequests } from './http/observe.ts';
import { type HttpPolicy, OPEN_POLICY } from './http/policy.ts';
import { notFound, ProblemError, problemAnswer, toProblem, unavailable } from './http/problem.ts';
import { requireReadableUrl } from './http/readable-url.ts';
import { represent } from './http/represent.ts';
import { refuseInvalid } from './http/route.ts';
import { limitTime } from './http/time-limit.ts';
import { limitUrl } from './http/url-length.ts';
import { activityRoutes } from './routes/activity.ts';
import { alertRoutes } from './routes/alerts.ts';
import { customerRoutes } from './routes/customers.ts';
import { deadLetterRoutes, redriveRoutes } from './routes/dead-letters.ts';
import { generateRoutes } from './routes/generate.ts';
import { healthRoutes } from './routes/health.ts';
import { inventoryRoutes } from './routes/inventory.ts';
import { lateRoutes } from './routes/late.ts';
import { referenceRoutes } from './routes/reference.ts';
import { regionHealthRoutes } from './routes/region-health.ts';
import { rfmRoutes } from './routes/rfm.ts';
import { salesRoutes } from './routes/sales.ts';
import { segmentRuleRoutes } from './routes/segment-rules.ts';
import { segmentUserRoutes } from './routes/segment-users.ts';
import { segmentRoutes } from './routes/segments.ts';
import { statusRoutes } from './routes/status.ts';
import { topologyRoutes } from './routes/topology.ts';
import { streamRoutes } from './routes/stream.ts';

/** Of routes that one request would match, the first answers. */
const ROUTES: readonly ((app: OpenAPIHono, dependencies: GatewayDependencies) => void)[] = [
  healthRoutes,
  statusRoutes,
  topologyRoutes,
  salesRoutes,
  customerRoutes,
  rfmRoutes,
  activityRoutes,
  alertRoutes,
  inventoryRoutes,
  regionHealthRoutes,
  segmentRuleRoutes,
  segmentRoutes,
  segmentUserRoutes,
  lateRoutes,
  redriveRoutes,
  deadLetterRoutes,
  generateRoutes,
  streamRoutes,
  referenceRoutes,
];

export function createGateway(dependencies: GatewayDependencies, policy: HttpPolicy = OPEN_POLICY): OpenAPIHono {
  const app = new OpenAPIHono({ defaultHook: refuseInvalid });
  addMiddleware(app, dependencies, policy);
  const known = new Set<string>();
  for (const routes of ROUTES) {
    routes(app, dependencies);
    refuseOtherMethods(app, known); // before what comes later: /segments/rules is no segment
  }
  describeAccess(app, policy.authenticator === undefined);
  app.notFound((c) => problemAnswer(c, notFound('No such route: /docs lists those there are')));
  app.onError((error, c) => {
    const problem = toProblem(error);
    if (problem) return problemAnswer(c, problem);
    dependencies.logger.error('Cannot answer a request', { path: c.req.path, request_id: c.get('requestId'), error });
    return problemAnswer(c, new ProblemError('internal', 'An unexpected error: see the log under this request id'));
  });
  return app;
}

/** From the outside in: what comes later is only asked when those before have let the request through. */
function addMiddleware(app: OpenAPIHono, dependencies: GatewayDependencies, policy: HttpPolicy): void {
  const { names, corsOrigins, proxies, reference, timeoutMs } = policy;
  let declared: ReturnType<typeof declaredRoles> | undefined;
  app.use(observeRequests(dependencies));
  app.use(everyAnswer(proxies));
  app.use(checks(limitUrl(), ...(names ? [requireOwnName(names, corsOrigins)] : [])));
  if (corsOrigins.length > 0) app.use(allowOrigins(corsOrigins));
  app.use(
    guard({
      policy,
      declared: () => {
        declared ??= declaredRoles(app, reference);
        return declared;
      },
      logger: dependencies.logger,
      now: dependencies.now,
    }),
  );
  app.use(limitTime(timeoutMs));
  app.use(represent());
  const requireNats = () => {
    if (!dependencies.connected()) throw unavailable('NATS is away: the gateway reconnects by itself, try again');
  };
  app.use('/api/v1/*', checks(requireReadableUrl(), requireNats));
}

/** What reaches these handlers has a known path and a method that no handler before them took. */
function refuseOtherMethods(app: OpenAPIHono, known: Set<string>): void {
  const methods = new Map<string, Set<string>>();
  for (const { path, method } of app.routes)
    if (method !== 'ALL' && !known.has(path)) methods.set(path, (methods.get(path) ?? new Set()).add(method));
  for (const [path, names] of methods) {
    known.add(path);
    // Hono serves HEAD as GET, without the body.
    const allow = [...names, 'OPTIONS'].flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name])).join(', ');
    app.all(path, (c) => {
      if (c.req.method === 'OPTIONS') return c.body(null, 204, { allow });
      throw new ProblemError('method-not-allowed', `Cannot ${c.req.method} here: use ${allow}`, { headers: { allow } });
    });
  }
}
