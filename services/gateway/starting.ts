/** What answers before NATS has been reached for the first time: alive, not ready, and everything else 503. */
import { Hono } from 'hono';
import { requestId } from 'hono/request-id';
import { problemAnswer, unavailable } from './http/problem.ts';
import { securityHeaders } from './http/security-headers.ts';

const REASON = 'The gateway is starting: it has not reached NATS yet';

export function createStarting(): Hono {
  const app = new Hono();
  app.use(requestId({ limitLength: 128 }));
  app.use(securityHeaders());
  app.get('/livez', (c) => c.json({ status: 'ok', reasons: [] }));
  app.get('/readyz', (c) => c.json({ status: 'unavailable', reasons: [REASON] }, 503));
  app.all('*', (c) => problemAnswer(c, unavailable(REASON)));
  return app;
}
