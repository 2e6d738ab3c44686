/**
 * The gateway's own settings: where it listens, who may ask it, and how much. Read by main.ts, once.
 *
 * Invariant (settings.test.ts): on an interface that others can reach it does not start without keys or an issuer of
 * tokens, unless it was told in so many words to be open.
 */
import { isIP } from 'node:net';
import {
  type Environment,
  numberSetting,
  portSetting,
  SettingError,
  textSetting,
} from '../../shared/config/environment.ts';
import { type Secret, secretSetting } from '../../shared/config/secret.ts';
import type { TokenRules } from './auth/jwt.ts';
import { type ProxyList, readProxies } from './http/client-address.ts';
import { DEFAULT_TIMEOUT_MS } from './http/policy.ts';

export interface GatewaySettings {
  readonly host: string;
  readonly port: number;
  /** The interface is this machine's own: nobody else reaches it. */
  readonly isLocal: boolean;
  /** Whoever reaches the gateway may do everything. */
  readonly isOpen: boolean;
  readonly keysFile: string | undefined;
  /** One key, of the role admin. */
  readonly key: Secret | undefined;
  readonly tokens: { readonly url: string; readonly rules: TokenRules } | undefined;
  readonly names: readonly string[];
  readonly readsPerSecond: number | undefined;
  readonly writesPerSecond: number | undefined;
  readonly proxies: ProxyList;
  readonly corsOrigins: readonly string[];
  readonly timeoutMs: number;
}

const OPEN_WORDS = 'yes-i-know';
/** Where others can reach it. On this machine alone there is no limit unless one is set. */
const READS_PER_SECOND = 1_000;
const WRITES_PER_SECOND = 20;
const RATE = { least: 0, most: 1_000_000 };

/** Throws SettingError. */
export function readGatewaySettings(env: Environment): GatewaySettings {
  const host = textSetting(env, 'WEIR_GATEWAY_HOST') ?? '127.0.0.1';
  const isLocal = isLoopback(host);
  const keysFile = textSetting(env, 'WEIR_API_KEYS_FILE');
  const key = secretSetting(env, 'WEIR_API_KEY');
  const tokens = tokenSettings(env);
  const isOpen = keysFile === undefined && key === undefined && tokens === undefined;
  if (isOpen) requireOpenable(env, host, isLocal);
  return {
    host,
    port: portSetting(env, 'WEIR_GATEWAY_PORT', 8080, 0),
    isLocal,
    isOpen,
    keysFile,
    key,
    tokens,
    names: listSetting(env, 'WEIR_GATEWAY_NAMES'),
    readsPerSecond: rateSetting(env, 'WEIR_RATE_READS', isLocal ? 0 : READS_PER_SECOND),
    writesPerSecond: rateSetting(env, 'WEIR_RATE_WRITES', isLocal ? 0 : WRITES_PER_SECOND),
    proxies: readProxies(listSetting(env, 'WEIR_TRUSTED_PROXIES'), 'WEIR_TRUSTED_PROXIES'),
    corsOrigins: originsSetting(env, 'WEIR_CORS_ORIGINS'),
    timeoutMs:
      numberSetting(env, 'WEIR_GATEWAY_TIMEOUT_SECONDS', DEFAULT_TIMEOUT_MS / 1000, { least: 1, most: 600 }) * 1000,
  };
}

/** An address of which the kernel lets only this machine use. Names other than localhost may be anything. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

function requireOpenable(env: Environment, host: string, isLocal: boolean): void {
  const words = textSetting(env, 'WEIR_GATEWAY_OPEN');
  if (words !== undefined && words !== OPEN_WORDS)
    throw new SettingError(`Cannot use WEIR_GATEWAY_OPEN="${words}": the only value is "${OPEN_WORDS}"`);
  if (isLocal || words === OPEN_WORDS) return;
  throw new SettingError(
    `Cannot listen on WEIR_GATEWAY_HOST="${host}" open to everybody who reaches it: set WEIR_API_KEYS_FILE ` +
      '(npm run gateway -- key <name> --role read), WEIR_API_KEY or WEIR_JWKS_URL, or listen on 127.0.0.1; ' +
      `WEIR_GATEWAY_OPEN=${OPEN_WORDS} is for those whose proxy asks who it is`,
  );
}

function tokenSettings(env: Environment): GatewaySettings['tokens'] {
  const url = textSetting(env, 'WEIR_JWKS_URL');
  const issuer = textSetting(env, 'WEIR_JWT_ISSUER');
  const audiences = listSetting(env, 'WEIR_JWT_AUDIENCE');
  if (url === undefined) {
    if (issuer === undefined && audiences.length === 0) return undefined;
    throw new SettingError('Cannot use WEIR_JWT_ISSUER or WEIR_JWT_AUDIENCE alone: set WEIR_JWKS_URL, too');
  }
  requireSafeUrl(url);
  if (issuer === undefined || audiences.length === 0)
    throw new SettingError(
      'Cannot take tokens without WEIR_JWT_ISSUER and WEIR_JWT_AUDIENCE: without them a token for another service would do',
    );
  const roleClaim = textSetting(env, 'WEIR_JWT_ROLE_CLAIM') ?? 'roles';
  return { url, rules: { issuer, audiences, roleClaim, rolePrefix: textSetting(env, 'WEIR_JWT_ROLE_PREFIX') ?? '' } };
}

/** Whoever can change the answer on its way can sign tokens. */
function requireSafeUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
  if (!url || !isSafe || url.username !== '' || url.password !== '')
    throw new SettingError(
      'Cannot use WEIR_JWKS_URL: expected an https URL (http on this machine only), without a login',
    );
}

/** Requests a second; 0: no limit. */
function rateSetting(env: Environment, name: string, fallback: number): number | undefined {
  return numberSetting(env, name, fallback, RATE) || undefined;
}

function originsSetting(env: Environment, name: string): readonly string[] {
  const origins = listSetting(env, name);
  for (const origin of origins)
    if (origin !== '*' && !(URL.canParse(origin) && new URL(origin).origin === origin))
      throw new SettingError(`Cannot use "${origin}" in ${name}: expected origins like https://example.org, or *`);
  return origins;
}

function listSetting(env: Environment, name: string): readonly string[] {
  return (textSetting(env, name) ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
