/**
 * What stands before every route: who asks, whether they may, and whether it is too much.
 *
 * Invariants (guard.test.ts):
 * 1. Nothing but what is declared open is answered without a good key or token, not even that a route does not exist.
 * 2. Reads and writes have limits of their own, by key or subject, else by address. What shows no good key is counted by
 *    address, so that guessing is limited.
 * 3. Whoever is known and changes something is in the log by name; what they showed never is.
 */
import type { Context, MiddlewareHandler } from 'hono';
import type { Logger } from '../../../shared/telemetry/logger.ts';
import { clientAddress } from '../http/client-address.ts';
import { type HttpPolicy, peerOf } from '../http/policy.ts';
import { ProblemError, unavailable } from '../http/problem.ts';
import { type Taken, TokenBuckets } from '../http/token-buckets.ts';
import { mayDo, type Principal, type Role, roleOfMethod, type Verdict } from './role.ts';
import { type DeclaredRoles, roleFor } from './route-roles.ts';

export interface GuardOptions {
  readonly policy: HttpPolicy;
  /** Asked for at the first request, when all routes are there. */
  readonly declared: () => DeclaredRoles;
  readonly logger: Pick<Logger, 'info'>;
  /** Wall clock, ms. */
  readonly now: () => number;
}

/** A burst may be what is allowed in ten seconds. */
const WINDOW_S = 10;
const CHALLENGE = 'Bearer realm="weir"';

export function guard({ policy, declared, logger, now }: GuardOptions): MiddlewareHandler {
  const { authenticator } = policy;
  const limit = limits(policy, now);
  return async (c, next) => {
    const { method } = c.req;
    const needed = method === 'OPTIONS' ? 'open' : roleFor(c, declared());
    if (needed === 'open') return next();
    if (!authenticator) {
      limit(c, undefined);
      return next();
    }
    const found = authenticator.authenticate((name) => c.req.header(name));
    const verdict = found instanceof Promise ? await found : found;
    limit(c, verdict.kind === 'known' ? verdict.principal : undefined);
    const principal = requireKnown(verdict);
    if (!mayDo(principal.role, needed)) throw forbidden(principal, needed);
    await next();
    if (needed !== 'read')
      logger.info('Asked to change something', { by: principal.name, method, path: c.req.path, status: c.res.status });
  };
}

function requireKnown(verdict: Verdict): Principal {
  switch (verdict.kind) {
    case 'known':
      return verdict.principal;
    case 'nobody':
      throw unauthorized('Send a key as "X-API-Key: …", or a key or token as "Authorization: Bearer …"', CHALLENGE);
    case 'refused': {
      const challenge = `${CHALLENGE}, error="invalid_token", error_description="${verdict.reason.replaceAll('"', "'")}"`;
      throw unauthorized(`Cannot let this in: ${verdict.reason}`, challenge);
    }
    case 'unavailable':
      throw unavailable(`${verdict.reason}: try again in a moment`);
    default:
      return verdict satisfies never;
  }
}

function unauthorized(detail: string, challenge: string): ProblemError {
  return new ProblemError('unauthorized', detail, { headers: { 'www-authenticate': challenge } });
}

function forbidden({ name, role }: Principal, needed: Role): ProblemError {
  const challenge = `${CHALLENGE}, error="insufficient_scope", scope="${needed}"`;
  const detail = `This needs the role ${needed}; "${name}" has ${role}`;
  return new ProblemError('forbidden', detail, { headers: { 'www-authenticate': challenge } });
}

/** Throws 429; else says how much is left. */
function limits({ readsPerSecond, writesPerSecond, proxies }: HttpPolicy, now: () => number) {
  const reads = buckets('reads', readsPerSecond);
  const writes = buckets('writes', writesPerSecond);
  return (c: Context, principal: Principal | undefined): void => {
    const bucket = roleOfMethod(c.req.method) === 'read' ? reads : writes;
    if (!bucket) return;
    const client = principal
      ? `name ${principal.name}`
      : `address ${clientAddress(peerOf(c.env), c.req.header('x-forwarded-for'), proxies)}`;
    const taken = bucket.take(client, now());
    const headers = rateHeaders(bucket, taken);
    if (!taken.ok) throw tooMany(bucket, taken, headers);
    for (const [name, value] of Object.entries(headers)) c.header(name, value);
  };
}

function buckets(name: string, perSecond: number | undefined): TokenBuckets | undefined {
  if (perSecond === undefined) return undefined;
  return new TokenBuckets({ name, quota: Math.max(1, Math.floor(perSecond * WINDOW_S)), windowS: WINDOW_S });
}

/** draft-ietf-httpapi-ratelimit-headers-11. */
function rateHeaders({ policy: { name, quota, windowS } }: TokenBuckets, { remaining, waitS }: Taken) {
  return {
    'RateLimit-Policy': `"${name}";q=${quota};w=${windowS}`,
    RateLimit: `"${name}";r=${remaining};t=${waitS}`,
  };
}

function tooMany({ policy }: TokenBuckets, { waitS }: Taken, headers: Record<string, string>): ProblemError {
  const detail = `No more than ${policy.quota} ${policy.name} in ${policy.windowS} s: try again in ${waitS} s`;
  return new ProblemError('too-many-requests', detail, { headers: { ...headers, 'retry-after': String(waitS) } });
}
