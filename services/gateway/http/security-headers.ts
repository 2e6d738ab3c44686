/**
 * What browsers are told about every answer: it is what its type says, no page may hold it in a frame, and nothing of it
 * may load anything. Pages of ours have a policy of their own.
 */
import type { MiddlewareHandler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import type { Peer, ProxyList } from './client-address.ts';
import { isTrusted } from './client-address.ts';

const YEAR_S = 31_536_000;

export function securityHeaders(): MiddlewareHandler {
  return secureHeaders({
    contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    xFrameOptions: 'DENY',
    referrerPolicy: 'no-referrer',
    // Answers to other origins are the business of CORS; a page must not get at them without it.
    crossOriginResourcePolicy: 'same-origin',
    crossOriginOpenerPolicy: true,
    strictTransportSecurity: false, // only behind https: below
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
    removePoweredBy: false,
    overwrite: false,
  });
}

/** Only a proxy can have been asked by https: the gateway itself speaks http. */
export function strictTransport(proxies: ProxyList, peerOf: (env: unknown) => Peer): MiddlewareHandler {
  return async (c, next) => {
    if (c.req.header('x-forwarded-proto') === 'https' && isTrusted(proxies, peerOf(c.env)))
      c.header('Strict-Transport-Security', `max-age=${YEAR_S}`);
    await next();
  };
}
