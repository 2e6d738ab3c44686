/** Gateways to walk the contract on: one with everything in its stores, and those that give each of the errors. */
import type { Log } from '../../../shared/log/log.ts';
import { MemoryLog } from '../../../shared/log/memory-log.ts';
import { createLogger } from '../../../shared/telemetry/logger.ts';
import { createMetrics } from '../../../shared/telemetry/metrics.ts';
import { byDigest, digestOf } from '../auth/api-key.ts';
import { Authenticator } from '../auth/authenticator.ts';
import { ROLES } from '../auth/role.ts';
import type { GatewayDependencies } from '../dependencies.ts';
import { type Fixture, fillStores, NOON, openFixture } from '../_fixture.ts';
import { fillLeftOut } from '../_left-out.ts';
import { fillSegments } from '../_segments.ts';
import { fillServices } from '../_services.ts';
import { createGateway } from '../gateway.ts';
import { type HttpPolicy, OPEN_POLICY } from '../http/policy.ts';
import { LiveStreams } from '../stream/live-streams.ts';
import { DEFAULT_STREAM_SETTINGS } from '../stream/stream-settings.ts';
import { openViews } from '../views/views.ts';
import type { Ask, OpenApi } from './_document.ts';

/** Of the services. */
export const BUCKETS: readonly string[] =
  'sales rfm anomaly anomaly-maip inventory region-health segments activity'.split(' ');
/** Served from memory: there is something to show when these answer 200. */
export const FROM_MEMORY = ['sales/windows', 'alerts', 'inventory', 'regions', 'devices', 'content/top'];
const keys = byDigest(ROLES.map((role) => ({ name: role, role, sha256: digestOf(`key of ${role}`) })));

/** Under any name, with a key for each role: `key of read`. */
export const KEYED: HttpPolicy = {
  ...withoutNames(OPEN_POLICY),
  authenticator: new Authenticator({ keys: () => keys, now: () => NOON }),
};
/** One read and one write in ten seconds. */
export const LIMITED: HttpPolicy = { ...KEYED, readsPerSecond: 0.1, writesPerSecond: 0.1 };

export const keyOf = (role: string) => ({ 'x-api-key': `key of ${role}` });

function withoutNames({ names: _, ...policy }: HttpPolicy): HttpPolicy {
  return policy;
}

/** What the examples of the document name, and others. */
export async function openFilled(log: Log = new MemoryLog().client(), policy?: HttpPolicy): Promise<Fixture> {
  const fixture = await openFixture(log, policy);
  await fillStores(fixture);
  await fillSegments(fixture);
  await fillServices(fixture);
  await fillLeftOut(log);
  const headers = keyOf('read');
  for (const path of FROM_MEMORY)
    while ((await fixture.get(`/api/v1/${path}`, policy ? { headers } : {})).status !== 200)
      await new Promise((resolve) => setImmediate(resolve));
  return fixture;
}

export async function documentOf(ask: Ask): Promise<OpenApi> {
  return (await (await ask('/openapi.json')).json()) as OpenApi;
}

export interface Faulty extends AsyncDisposable {
  readonly ask: Ask;
}

/** A gateway whose routes get this from whatever they ask outside of them. */
export function openFaulty(kind: 'throws' | 'hangs'): Faulty {
  const log = new MemoryLog().client();
  const logger = createLogger('gateway', 'error', () => {});
  const metrics = createMetrics({ component: 'gateway', instance: 'gateway-1' });
  const views = openViews({ log, logger, retryMs: 1 });
  const streams = new LiveStreams({ log, logger, metrics, settings: DEFAULT_STREAM_SETTINGS });
  const { sales, alerts, inventory, regionHealth } = views;
  const never = () => new Promise<never>(() => {});
  const asked = { log, sales, alerts, inventory, regionHealth, streams };
  const faulty = kind === 'throws' ? throwing : hanging;
  const broken = Object.fromEntries(Object.entries(asked).map(([name, one]) => [name, faulty(one)]));
  const outside = kind === 'throws' ? async () => breakdown() : never;
  const dependencies: GatewayDependencies = {
    ...{ ...asked, ...broken, sendDemo: outside, redrive: outside, routes: outside },
    ...{ connected: () => true, logger, metrics, now: () => NOON },
  };
  const app = createGateway(dependencies, { ...OPEN_POLICY, timeoutMs: kind === 'hangs' ? 5 : OPEN_POLICY.timeoutMs });
  return {
    ask: async (path, init) => app.request(path, init),
    [Symbol.asyncDispose]: async () => {
      await streams[Symbol.asyncDispose]();
      await views[Symbol.asyncDispose]();
    },
  };
}

export const SECRET = 'sekret-of-the-inside';

function breakdown(): never {
  throw new Error(SECRET);
}

function throwing<T extends object>(target: T): T {
  return new Proxy(target, { get: breakdown });
}

/** Its methods answer nothing, neither a promise nor a reader. */
function hanging<T extends object>(target: T): T {
  const hang = () =>
    Object.assign(new Promise<never>(() => {}), {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
    });
  return new Proxy(target, {
    get: (of, name) => (typeof Reflect.get(of, name, of) === 'function' ? hang : Reflect.get(of, name, of)),
  });
}
