/**
 * Every setting of the mesh that comes from the environment, in one place: name, default, meaning.
 * Workers read it once, at start; nothing else reads process.env.
 */

import { choiceSetting, type Environment, portSetting, SettingError, textSetting } from './environment.ts';
import { type KafkaSettings, readKafkaSettings } from './kafka-settings.ts';
import { type Secret, secretSetting } from './secret.ts';

const MIN_MIRROR_BYTES = 1024 * 1024;

export interface Settings {
  readonly natsUrl: string;
  /** Brokers, TLS and login: shared/kafka/README.md. */
  readonly kafka: KafkaSettings;
  /** Consumer group of the bridges: each mesh on one Kafka needs its own. */
  readonly kafkaGroup: string;
  /** Port of a worker's health and metrics server; 0 picks a free one. */
  readonly httpPort: number;
  /** Names this process among the members; made up when absent. */
  readonly instance: string | undefined;
  readonly routesFile: string | undefined;
  /** Bytes that are kept of one mirrored Kafka partition; nats-server sets them aside when the mirror is made. */
  readonly mirrorBytes: number;
  /** A bridge is not ready when a Kafka partition has stood still for this long with something to do, ms. */
  readonly bridgeStallMs: number;
  /** A sink is not ready when its store has taken nothing for this long, ms. */
  readonly sinkStallMs: number;
  /** A Confluent-compatible schema registry; without one, Avro records cannot be read. */
  readonly schemaRegistryUrl: string | undefined;
  readonly schemaRegistryUser: string | undefined;
  readonly schemaRegistryPassword: Secret | undefined;
  readonly otlpEndpoint: string | undefined;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

export function readSettings(env: Environment = process.env): Settings {
  return {
    natsUrl: textSetting(env, 'NATS_URL') ?? 'nats://127.0.0.1:4222',
    kafka: readKafkaSettings(env),
    kafkaGroup: textSetting(env, 'WEIR_KAFKA_GROUP') ?? 'weir-bridge',
    httpPort: portSetting(env, 'WEIR_HTTP_PORT', 0, 0),
    instance: textSetting(env, 'WEIR_INSTANCE'),
    routesFile: textSetting(env, 'WEIR_ROUTES'),
    mirrorBytes: bytesSetting(env, 'WEIR_MIRROR_BYTES', 1024 ** 3),
    bridgeStallMs: secondsSetting(env, 'WEIR_BRIDGE_STALL_SECONDS', 60) * 1000,
    sinkStallMs: secondsSetting(env, 'WEIR_SINK_STALL_SECONDS', 30) * 1000,
    schemaRegistryUrl: textSetting(env, 'SCHEMA_REGISTRY_URL'),
    schemaRegistryUser: textSetting(env, 'SCHEMA_REGISTRY_USER'),
    schemaRegistryPassword: secretSetting(env, 'SCHEMA_REGISTRY_PASSWORD'),
    otlpEndpoint: textSetting(env, 'OTEL_EXPORTER_OTLP_ENDPOINT'),
    logLevel: choiceSetting(env, 'WEIR_LOG_LEVEL', ['debug', 'info', 'warn', 'error']) ?? 'info',
  };
}

function secondsSetting(env: Environment, name: string, fallback: number): number {
  const text = textSetting(env, name);
  if (text === undefined) return fallback;
  const seconds = Number(text);
  if (!(seconds > 0 && Number.isFinite(seconds)))
    throw new SettingError(`Cannot use ${name}="${text}": expected a number of seconds above 0`);
  return seconds;
}

function bytesSetting(env: Environment, name: string, fallback: number): number {
  const text = textSetting(env, name);
  if (text === undefined) return fallback;
  const bytes = Number(text);
  if (!Number.isSafeInteger(bytes) || bytes < MIN_MIRROR_BYTES)
    throw new SettingError(`Cannot use ${name}="${text}": expected a number of bytes, ${MIN_MIRROR_BYTES} or more`);
  return bytes;
}
