/**
 * How to reach Kafka, from the environment: brokers, TLS, login. What the settings mean is in shared/kafka/README.md.
 * Owns the defaults and what contradicts itself; does not read files or connect (shared/kafka).
 *
 * 1. Credentials go to another machine in clear text only where KAFKA_SECURITY_PROTOCOL says SASL_PLAINTEXT.
 * 2. A setting that would have no effect is an error: someone believes that it has.
 */
import { choiceSetting, type Environment, SettingError, textSetting } from './environment.ts';
import { type Secret, secretSetting } from './secret.ts';

export interface KafkaSettings {
  /** Each `host:port`. */
  readonly brokers: readonly string[];
  /** Undefined: no TLS. */
  readonly tls: KafkaTls | undefined;
  /** Undefined: nobody logs in. */
  readonly login: KafkaLogin | undefined;
}

/** Paths of PEM files. */
export interface KafkaTls {
  /** Who may have signed the broker's certificate; the runtime's own list when undefined. */
  readonly ca: string | undefined;
  readonly client:
    | { readonly cert: string; readonly key: string; readonly keyPassword: Secret | undefined }
    | undefined;
  readonly verify: boolean;
}

export type KafkaLogin = PasswordLogin | OAuthLogin;

export interface PasswordLogin {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: Secret;
}

export interface OAuthLogin {
  readonly mechanism: 'oauthbearer';
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly scope: string | undefined;
}

const PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const;
const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'] as const;
const TLS_NAMES = ['KAFKA_SSL_CA', 'KAFKA_SSL_CERT', 'KAFKA_SSL_KEY', 'KAFKA_SSL_KEY_PASSWORD', 'KAFKA_SSL_VERIFY'];
const PASSWORD_NAMES = ['KAFKA_USERNAME', 'KAFKA_PASSWORD'];
const OAUTH_NAMES = [
  'KAFKA_OAUTH_TOKEN_URL',
  'KAFKA_OAUTH_CLIENT_ID',
  'KAFKA_OAUTH_CLIENT_SECRET',
  'KAFKA_OAUTH_SCOPE',
];

export function readKafkaSettings(env: Environment): KafkaSettings {
  const brokers = readBrokers(env);
  const login = readLogin(env);
  const asked = choiceSetting(env, 'KAFKA_SECURITY_PROTOCOL', PROTOCOLS);
  const protocol = asked ?? usualProtocol(brokers, login !== undefined, firstGiven(env, TLS_NAMES) !== undefined);
  const isSasl = protocol.startsWith('SASL_');
  if (isSasl && !login) throw noLogin(protocol);
  if (!isSasl && login)
    throw new SettingError(
      `Cannot log in with KAFKA_SECURITY_PROTOCOL="${protocol}": use SASL_${protocol === 'SSL' ? 'SSL' : 'SSL or SASL_PLAINTEXT'}, or unset ${firstGiven(env, [...PASSWORD_NAMES, ...OAUTH_NAMES])}`,
    );
  if (login?.mechanism === 'oauthbearer') checkTokenUrl(login.tokenUrl, asked === 'SASL_PLAINTEXT');
  return { brokers, login, tls: readTls(env, protocol) };
}

function readBrokers(env: Environment): string[] {
  const text = textSetting(env, 'KAFKA_BOOTSTRAP_SERVERS') ?? '127.0.0.1:9092';
  const brokers = text.split(',').map((broker) => broker.trim());
  const wrong = brokers.find((broker) => !/^[^\s:/@[\]]+:\d{1,5}$/.test(broker));
  if (wrong !== undefined)
    throw new SettingError(
      `Cannot use KAFKA_BOOTSTRAP_SERVERS="${text}": "${wrong}" is not host:port (no scheme; IPv6 by its host name)`,
    );
  return brokers;
}

function usualProtocol(brokers: readonly string[], isLogin: boolean, isTls: boolean): (typeof PROTOCOLS)[number] {
  if (!isLogin) return isTls ? 'SSL' : 'PLAINTEXT';
  return isTls || !brokers.every((broker) => isLocal(broker.slice(0, broker.lastIndexOf(':'))))
    ? 'SASL_SSL'
    : 'SASL_PLAINTEXT';
}

function isLocal(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

function readLogin(env: Environment): KafkaLogin | undefined {
  const [password, oauth] = [firstGiven(env, PASSWORD_NAMES), firstGiven(env, OAUTH_NAMES)];
  if (password && oauth) throw new SettingError(`Cannot log in by ${password} and ${oauth} both: unset one of them`);
  const asked = choiceSetting(env, 'KAFKA_SASL_MECHANISM', MECHANISMS);
  if (!password && !oauth) {
    if (asked) throw noLogin(asked);
    return undefined;
  }
  const mechanism = asked ?? (oauth ? 'oauthbearer' : 'plain');
  if (mechanism === 'oauthbearer' ? password : oauth)
    throw new SettingError(
      `Cannot use ${password ?? oauth} with KAFKA_SASL_MECHANISM="${mechanism}": unset one of them`,
    );
  if (mechanism !== 'oauthbearer')
    return { mechanism, username: needed(env, 'KAFKA_USERNAME'), password: neededSecret(env, 'KAFKA_PASSWORD') };
  return {
    mechanism,
    tokenUrl: needed(env, 'KAFKA_OAUTH_TOKEN_URL'),
    clientId: needed(env, 'KAFKA_OAUTH_CLIENT_ID'),
    clientSecret: neededSecret(env, 'KAFKA_OAUTH_CLIENT_SECRET'),
    scope: textSetting(env, 'KAFKA_OAUTH_SCOPE'),
  };
}

function readTls(env: Environment, protocol: (typeof PROTOCOLS)[number]): KafkaTls | undefined {
  const given = firstGiven(env, TLS_NAMES);
  if (!protocol.endsWith('SSL')) {
    if (given)
      throw new SettingError(`Cannot use ${given} with KAFKA_SECURITY_PROTOCOL="${protocol}": unset it, or use TLS`);
    return undefined;
  }
  const ca = textSetting(env, 'KAFKA_SSL_CA');
  const verify = choiceSetting(env, 'KAFKA_SSL_VERIFY', ['true', 'false']) !== 'false';
  if (ca && !verify) throw new SettingError('Cannot use KAFKA_SSL_CA with KAFKA_SSL_VERIFY="false": unset one of them');
  const keyPassword = secretSetting(env, 'KAFKA_SSL_KEY_PASSWORD');
  const isClient = textSetting(env, 'KAFKA_SSL_CERT') || textSetting(env, 'KAFKA_SSL_KEY') || keyPassword;
  if (!isClient) return { ca, client: undefined, verify };
  return {
    ca,
    client: { cert: needed(env, 'KAFKA_SSL_CERT'), key: needed(env, 'KAFKA_SSL_KEY'), keyPassword },
    verify,
  };
}

/** The client's secret goes there. */
function checkTokenUrl(text: string, mayBeClear: boolean): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:') || url.username || url.password)
    throw new SettingError('Cannot use KAFKA_OAUTH_TOKEN_URL: expected an https URL without a user and a password');
  if (url.protocol === 'http:' && !isLocal(url.hostname) && !mayBeClear)
    throw new SettingError(
      `Cannot send KAFKA_OAUTH_CLIENT_SECRET to "${url.host}" in clear text: use https, or set KAFKA_SECURITY_PROTOCOL="SASL_PLAINTEXT" where the network is trusted`,
    );
}

function firstGiven(env: Environment, names: readonly string[]): string | undefined {
  return names.flatMap((name) => [name, `${name}_FILE`]).find((name) => env[name]?.trim());
}

function needed(env: Environment, name: string): string {
  const value = textSetting(env, name);
  if (value === undefined) throw missing(name);
  return value;
}

function neededSecret(env: Environment, name: string): Secret {
  const secret = secretSetting(env, name);
  if (!secret) throw missing(`${name} or ${name}_FILE`);
  return secret;
}

function missing(names: string): SettingError {
  return new SettingError(`Cannot connect to Kafka without ${names}, which the other settings need: set it`);
}

function noLogin(asked: string): SettingError {
  return new SettingError(
    `Cannot use "${asked}" without a login: set KAFKA_USERNAME and KAFKA_PASSWORD, or KAFKA_OAUTH_TOKEN_URL and what belongs to it`,
  );
}
