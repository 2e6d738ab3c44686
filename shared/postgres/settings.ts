/**
 * How to reach PostgreSQL, from the environment. What the settings mean is in shared/postgres/README.md.
 * Owns the defaults and what contradicts itself; does not connect (database.ts).
 *
 * 1. PG_HOST names the server; without it, DATABASE_URL does. Settings of their own beat what the URL says.
 * 2. Nothing goes to another machine in clear text unless PG_SSLMODE or the URL's sslmode asks for it.
 * 3. A setting that would have no effect is an error: someone believes that it has.
 */
import { databaseSetting } from '../config/database-address.ts';
import {
  choiceSetting,
  type Environment,
  numberSetting,
  portSetting,
  SettingError,
  textSetting,
} from '../config/environment.ts';
import { readSecret, secretSetting } from '../config/secret.ts';

export const SSL_MODES = ['disable', 'prefer', 'require', 'verify-full'] as const;
export type SslMode = (typeof SSL_MODES)[number];

export interface PostgresSettings {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly sslMode: SslMode;
  /** Path of a PEM file; the runtime's own list when undefined. */
  readonly sslCa: string | undefined;
  /** A statement that takes longer is given up and tried again, ms. */
  readonly statementTimeoutMs: number;
  /** Connections at most. */
  readonly pool: number;
}

const DEFAULT_DATABASE = 'weir';

/** undefined: the environment names no PostgreSQL. */
export async function readPostgresSettings(env: Environment): Promise<PostgresSettings | undefined> {
  const host = textSetting(env, 'PG_HOST');
  const url = host === undefined ? await databaseSetting(env, 'DATABASE_URL') : undefined;
  const where = host ?? url?.host;
  if (where === undefined) {
    const stray = ['PG_PORT', 'PG_DATABASE', 'PG_USER', 'PG_SSLMODE', 'PG_SSL_CA'].find((name) =>
      textSetting(env, name),
    );
    if (stray) throw new SettingError(`Cannot use ${stray} without PG_HOST or DATABASE_URL: set one of them`);
    return undefined;
  }
  const user = textSetting(env, 'PG_USER') ?? url?.user ?? '';
  if (user === '') throw new SettingError(`Cannot log in to PostgreSQL at "${where}": set PG_USER`);
  const secret = secretSetting(env, 'PG_PASSWORD');
  const sslMode = readSslMode(env, where, url?.sslMode);
  const sslCa = textSetting(env, 'PG_SSL_CA');
  if (sslCa !== undefined && sslMode !== 'require' && sslMode !== 'verify-full')
    throw new SettingError(`Cannot use PG_SSL_CA with PG_SSLMODE="${sslMode}": set it to require or verify-full`);
  return {
    host: where,
    port: portSetting(env, 'PG_PORT', url?.port ?? 5432, 1),
    database: textSetting(env, 'PG_DATABASE') ?? url?.database ?? DEFAULT_DATABASE,
    user,
    password: secret ? await readSecret(secret) : (url?.password ?? ''),
    sslMode,
    sslCa,
    statementTimeoutMs: 1000 * numberSetting(env, 'PG_STATEMENT_TIMEOUT_SECONDS', 10, { least: 0.1, most: 3_600 }),
    pool: numberSetting(env, 'PG_POOL', 4, { least: 1, most: 100, whole: true }),
  };
}

function readSslMode(env: Environment, host: string, ofUrl: string | undefined): SslMode {
  const asked = choiceSetting(env, 'PG_SSLMODE', SSL_MODES);
  if (asked) return asked;
  if (ofUrl === undefined) return isThisMachine(host) ? 'prefer' : 'require';
  const found = choiceSetting({ sslmode: ofUrl }, 'sslmode', SSL_MODES);
  if (!found)
    throw new SettingError(`Cannot use sslmode="${ofUrl}" of DATABASE_URL: set it to ${SSL_MODES.join(', ')}`);
  return found;
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host) || host.startsWith('/');
}
