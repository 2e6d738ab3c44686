/**
 * The schema registry's HTTP application: Confluent's REST API as far as clients of Avro topics use it. A fetch handler.
 *
 * Invariants (app.test.ts):
 * 1. Every answer is application/vnd.schemaregistry.v1+json; every error is `{error_code, message}` with Confluent's code.
 * 2. A body of another content type is refused: a page in a browser cannot write here without the user's knowledge.
 */
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { answer } from './answer.ts';
import { configRoutes } from './config-routes.ts';
import { RegistryError, tooLarge } from './errors.ts';
import type { Registry } from './registry.ts';
import { schemaRoutes } from './schema-routes.ts';
import { subjectRoutes } from './subject-routes.ts';

const MAX_BODY_BYTES = 1024 * 1024;
const READABLE = [
  'application/vnd.schemaregistry.v1+json',
  'application/vnd.schemaregistry+json',
  'application/json',
  'application/octet-stream',
];

export function createApp(registry: Registry, logger: Logger): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    if (!['POST', 'PUT'].includes(c.req.method)) return next();
    const type = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
    return READABLE.includes(type) ? next() : failure(415, 415, 'HTTP 415 Unsupported Media Type');
  });
  const onError = () => errorAnswer(tooLarge(`Cannot take a body over ${MAX_BODY_BYTES} bytes`));
  app.use(bodyLimit({ maxSize: MAX_BODY_BYTES, onError }));
  app.get('/', () => answer({}));
  for (const routes of [subjectRoutes, schemaRoutes, configRoutes]) routes(app, registry);
  app.notFound(() => failure(404, 404, 'HTTP 404 Not Found'));
  app.onError((error, c) => {
    if (error instanceof RegistryError) return errorAnswer(error);
    logger.error('Cannot answer a request', { method: c.req.method, path: c.req.path, error });
    return failure(500, 500, 'Internal Server Error: see the log of the schema registry');
  });
  return app;
}

function errorAnswer(error: RegistryError): Response {
  return failure(error.status, error.errorCode, error.message);
}

function failure(status: number, code: number, message: string): Response {
  return answer({ error_code: code, message }, status);
}
