/**
 * The names under which the gateway answers. Without this, a page from elsewhere could give its own name this machine's
 * address (DNS rebinding) and read everything that is open here, as the browser takes both for one site.
 *
 * Invariants (host-names.test.ts):
 * 1. While the gateway is open to whoever reaches it, it answers only under its own names.
 * 2. Nor does it then change anything for a page of another origin, whatever the method and the media type.
 */
import type { Context } from 'hono';
import type { Check } from './check.ts';
import { ProblemError } from './problem.ts';

const LOCAL_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/** `names`: besides those of this machine for itself. `origins`: of pages that may ask (WEIR_CORS_ORIGINS). */
export function requireOwnName(names: readonly string[], origins: readonly string[]): Check {
  const known = new Set([...LOCAL_NAMES, ...names.map((name) => name.toLowerCase())]);
  return (c) => {
    const host = hostOf(c);
    if (!known.has(host.replace(/:\d*$/, '')))
      throw new ProblemError(
        'misdirected',
        'Cannot answer under this name: ask for localhost, or name it in WEIR_GATEWAY_NAMES',
      );
    const origin = c.req.header('origin');
    if (origin !== undefined && !isSafe(c.req.method) && !isOwn(origin, host) && !isAllowed(origin, origins))
      throw new ProblemError(
        'forbidden',
        'Cannot change anything for a page of another origin: name it in WEIR_CORS_ORIGINS',
      );
  };
}

export function isAllowed(origin: string, origins: readonly string[]): boolean {
  return origins.includes('*') || origins.includes(origin);
}

function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
}

function isOwn(origin: string, host: string): boolean {
  return origin === `http://${host}` || origin === `https://${host}`;
}

/** A request without a connection has none of the headers that HTTP/1.1 demands, but always a URL. */
function hostOf(c: Context): string {
  return (c.req.header('host') ?? new URL(c.req.url).host).toLowerCase();
}
