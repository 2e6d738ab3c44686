/**
 * Settings of the sink to DynamoDB, read from the environment once, at start.
 * Credentials are the SDK's own affair (its chain: environment, profiles, roles); none are read or kept here.
 */
import { isIP } from 'node:net';
import {
  choiceSetting,
  type Environment,
  numberSetting,
  SettingError,
  textSetting,
} from '../../shared/config/environment.ts';

export interface DynamoDbSettings {
  readonly region: string;
  /** undefined: the region's own. */
  readonly endpoint: string | undefined;
  readonly tablePrefix: string;
  readonly createTables: boolean;
  /** DynamoDB Local takes anyone, but wants credentials. */
  readonly useDummyCredentials: boolean;
  /** How long metrics, customers, alerts and products are kept after their last change, ms; undefined: for good. */
  readonly retentionMs: number | undefined;
}

const DAY_MS = 86_400_000;
/** Of a table's name, 255 characters at most, the longest suffix is `-realtime-sales-metrics`. */
const PREFIX = /^[A-Za-z0-9_.-]{1,200}$/;

export function readDynamoDbSettings(env: Environment = process.env): DynamoDbSettings {
  const endpoint = endpointSetting(env);
  const isLocal = endpoint !== undefined && isLocalHost(new URL(endpoint).hostname);
  const create = choiceSetting(env, 'WEIR_DYNAMODB_CREATE_TABLES', ['true', 'false']);
  const retentionDays = numberSetting(env, 'WEIR_DYNAMODB_RETENTION_DAYS', 0, { least: 0, most: 36_500 });
  return {
    region: regionSetting(env, endpoint),
    endpoint,
    tablePrefix: prefixSetting(env),
    createTables: create === undefined ? isLocal : create === 'true',
    useDummyCredentials: isLocal && !hasCredentials(env),
    retentionMs: retentionDays === 0 ? undefined : retentionDays * DAY_MS,
  };
}

/** This machine, or a name without a dot: a service of docker-compose. */
export function isLocalHost(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '');
  if (isIP(name)) return name === '::1' || name.startsWith('127.');
  return !name.includes('.');
}

function regionSetting(env: Environment, endpoint: string | undefined): string {
  const region = textSetting(env, 'AWS_REGION') ?? textSetting(env, 'AWS_DEFAULT_REGION');
  if (region !== undefined) return region;
  if (endpoint !== undefined) return 'us-east-1'; // any will do: the endpoint says where
  throw new SettingError(
    'Cannot tell where DynamoDB is: set AWS_REGION, or DYNAMODB_ENDPOINT=http://127.0.0.1:8000 for DynamoDB Local',
  );
}

function endpointSetting(env: Environment): string | undefined {
  const text = textSetting(env, 'DYNAMODB_ENDPOINT');
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && url.username === '' && url.password === '' && ['http:', 'https:'].includes(url.protocol)) return text;
  const shown = url ? `${url.protocol}//${url.host}` : text;
  throw new SettingError(
    `Cannot use DYNAMODB_ENDPOINT="${shown}": expected an address such as http://127.0.0.1:8000, without a password`,
  );
}

function prefixSetting(env: Environment): string {
  const prefix = textSetting(env, 'TABLE_PREFIX') ?? 'cdc-platform';
  if (PREFIX.test(prefix)) return prefix;
  throw new SettingError(
    `Cannot use TABLE_PREFIX="${prefix}": expected letters, digits, "_", "-" and ".", 200 at most`,
  );
}

function hasCredentials(env: Environment): boolean {
  return ['AWS_ACCESS_KEY_ID', 'AWS_PROFILE', 'AWS_WEB_IDENTITY_TOKEN_FILE'].some(
    (name) => textSetting(env, name) !== undefined,
  );
}
