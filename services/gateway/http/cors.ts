/**
 * Cross-origin requests (the Fetch standard), for the origins of WEIR_CORS_ORIGINS alone; none by default.
 *
 * Invariants (cors.test.ts):
 * 1. Errors have the headers, too: a page must be able to read them. There are no credentials of the browser's own.
 * 2. An origin that is not named gets no such header, and neither does a preflight of it.
 */
import type { MiddlewareHandler } from 'hono';
import { isAllowed } from './host-names.ts';

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const ASKED =
  'Authorization, X-API-Key, Content-Type, If-Match, If-None-Match, Last-Event-ID, X-Request-Id, traceparent';
const SHOWN = 'ETag, Link, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id';
/** Browsers ask again after two hours at the latest. */
const MAX_AGE_S = '7200';

export function allowOrigins(origins: readonly string[]): MiddlewareHandler {
  return async (c, next) => {
    c.header('Vary', 'Origin');
    const origin = c.req.header('origin');
    if (origin === undefined || !isAllowed(origin, origins)) return next();
    c.header('Access-Control-Allow-Origin', origins.includes('*') ? '*' : origin);
    c.header('Access-Control-Expose-Headers', SHOWN);
    if (c.req.method !== 'OPTIONS' || c.req.header('access-control-request-method') === undefined) return next();
    c.header('Access-Control-Allow-Methods', METHODS);
    c.header('Access-Control-Allow-Headers', ASKED);
    c.header('Access-Control-Max-Age', MAX_AGE_S);
    return c.body(null, 204);
  };
}
