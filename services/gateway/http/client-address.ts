/**
 * Where a request comes from: the other end of its connection, or, when that is a proxy that is trusted, the client the
 * proxy names in X-Forwarded-For.
 *
 * Invariants (client-address.test.ts):
 * 1. What a client writes into X-Forwarded-For itself is never believed: the header is read from its end, and only as
 *    far as trusted proxies have written it.
 * 2. An IPv6 client is its /64, which is what one customer of a provider has.
 */
import { BlockList, isIP } from 'node:net';
import { SettingError } from '../../../shared/config/environment.ts';

export type ProxyList = Pick<BlockList, 'check'>;

/** What the server says of the connection; of a request that was made without one, nothing. */
export interface Peer {
  readonly address?: string | undefined;
}

/** A client that cannot be told from others shares their limits. */
const UNKNOWN = 'unknown';

/** `10.0.0.0/8, ::1`. Throws SettingError. */
export function readProxies(list: readonly string[], setting: string): BlockList {
  const proxies = new BlockList();
  for (const entry of list) {
    const [address = '', bits, more] = entry.split('/');
    const version = isIP(address);
    const most = version === 4 ? 32 : 128;
    const prefix = bits === undefined ? most : Number(bits);
    const isRange = /^\d{1,3}$/.test(bits ?? '0') && prefix <= most;
    if (version === 0 || !isRange || more !== undefined)
      throw new SettingError(`Cannot use "${entry}" in ${setting}: expected addresses, or ranges like 10.0.0.0/8`);
    proxies.addSubnet(address, prefix, version === 4 ? 'ipv4' : 'ipv6');
  }
  return proxies;
}

/** Is the other end of the connection a proxy whose word is taken? */
export function isTrusted(proxies: ProxyList, peer: Peer): boolean {
  return peer.address !== undefined && isIn(proxies, plain(peer.address));
}

export function clientAddress(peer: Peer, forwardedFor: string | undefined, proxies: ProxyList): string {
  let address = plain(peer.address ?? '');
  if (isIP(address) === 0) return UNKNOWN;
  const hops = forwardedFor?.split(',') ?? [];
  while (isIn(proxies, address)) {
    const before = plain(hops.pop()?.trim() ?? '');
    if (isIP(before) === 0) break; // the proxy itself asks, or writes what is no address
    address = before;
  }
  return isIP(address) === 6 ? network(address) : address;
}

function isIn(proxies: ProxyList, address: string): boolean {
  const version = isIP(address);
  return version !== 0 && proxies.check(address, version === 4 ? 'ipv4' : 'ipv6');
}

/** `::ffff:1.2.3.4` is 1.2.3.4, `fe80::1%eth0` fe80::1, `[::1]:80` ::1, and `1.2.3.4:80` 1.2.3.4. */
function plain(address: string): string {
  const bare = /^\[([^\]]*)\](?::\d+)?$/.exec(address)?.[1] ?? /^([\d.]+):\d+$/.exec(address)?.[1] ?? address;
  return bare.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
}

/** The first four groups, written in one way. */
function network(address: string): string {
  const [head = '', tail] = address.toLowerCase().split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array<string>(zeros).fill('0'), ...after].slice(0, 4);
  return `${groups.map((group) => group.replace(/^0+(?=.)/, '')).join(':')}::/64`;
}
