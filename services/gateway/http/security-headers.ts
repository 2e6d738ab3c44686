/**
 * What browsers are told about every answer: it is what its type says, no page may hold it in a frame, and nothing of it
 * may load anything. Pages of ours have a policy of their own.
 */
import type { Context, MiddlewareHandler } from 'hono';
import type { Peer, ProxyList } from './client-address.ts';
import { isTrusted } from './client-address.ts';

const YEAR_S = 31_536_000;
/** Answers to other origins are the business of CORS; a page must not get at them without it. */
const HEADERS = Object.entries({
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
});

export function securityHeaders(): MiddlewareHandler {
  return async (c, next) => {
    await next();
    addSecurityHeaders(c.res.headers);
  };
}

/** Those that a page has set itself stay. */
export function addSecurityHeaders(headers: Headers): void {
  for (const [name, value] of HEADERS) if (!headers.has(name)) headers.set(name, value);
}

/** Only a proxy can have been asked by https: the gateway itself speaks http. */
export function isByHttps(c: Context, proxies: ProxyList, peerOf: (env: unknown) => Peer): boolean {
  return c.req.header('x-forwarded-proto') === 'https' && isTrusted(proxies, peerOf(c.env));
}

export function addStrictTransport(headers: Headers): void {
  headers.set('strict-transport-security', `max-age=${YEAR_S}`);
}
