/** Who may ask what of the gateway, and how much: what main.ts makes of the settings, and tests by hand. */
import type { Authenticator } from '../auth/authenticator.ts';
import type { Access } from '../auth/role.ts';
import { type Peer, type ProxyList, readProxies } from './client-address.ts';

export interface HttpPolicy {
  /** Absent: the gateway is open, and whoever reaches it may do everything. */
  readonly authenticator?: Authenticator;
  /** For the reference and the OpenAPI document. */
  readonly reference: Access;
  /** Of Host headers, besides this machine's own for itself; absent: any. */
  readonly names?: readonly string[];
  /** Requests a second by one client; absent: no limit. */
  readonly readsPerSecond?: number;
  readonly writesPerSecond?: number;
  readonly proxies: ProxyList;
  readonly corsOrigins: readonly string[];
  readonly timeoutMs: number;
}

export const DEFAULT_TIMEOUT_MS = 15_000;

/** As it is on the loopback interface when nothing is set. */
export const OPEN_POLICY: HttpPolicy = {
  reference: 'open',
  names: [],
  proxies: readProxies([], ''),
  corsOrigins: [],
  timeoutMs: DEFAULT_TIMEOUT_MS,
};

/** What serve.ts hands to the application beside the request. */
export function peerOf(env: unknown): Peer {
  if (typeof env !== 'object' || env === null || !('address' in env)) return {};
  return typeof env.address === 'string' ? { address: env.address } : {};
}
