/**
 * The headers of every answer, errors included: its request id, what browsers may do with it, and whether it may be kept.
 * In one step and at the end: until then Hono has no answer to put them on, and would copy them.
 *
 * Invariants (gateway.test.ts, browsers.test.ts): a request id of the client's is taken when it is short and clean.
 */
import { randomUUID } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import type { ProxyList } from './client-address.ts';
import { peerOf } from './policy.ts';
import { addSecurityHeaders, addStrictTransport, isByHttps } from './security-headers.ts';

const REQUEST_ID = /^[\w\-=]{1,128}$/;
const HEALTH: ReadonlySet<string> = new Set(['/livez', '/readyz']);

export function everyAnswer(proxies: ProxyList): MiddlewareHandler {
  return async (c, next) => {
    const asked = c.req.header('x-request-id');
    const id = asked !== undefined && REQUEST_ID.test(asked) ? asked : randomUUID();
    c.set('requestId', id);
    await next();
    const { headers } = c.res;
    headers.set('x-request-id', id);
    addSecurityHeaders(headers);
    if (isByHttps(c, proxies, peerOf)) addStrictTransport(headers);
    if (!headers.has('cache-control')) headers.set('cache-control', HEALTH.has(c.req.path) ? 'no-store' : 'no-cache');
  };
}
