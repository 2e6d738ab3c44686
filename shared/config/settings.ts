/**
 * Every setting of the mesh that comes from the environment, in one place: name, default, meaning.
 * Workers read it once, at start; nothing else reads process.env.
 */

export interface Settings {
  readonly natsUrl: string;
  readonly kafkaBrokers: readonly string[];
  /** Consumer group of the bridges: each mesh on one Kafka needs its own. */
  readonly kafkaGroup: string;
  readonly dataDir: string;
  /** Port of a worker's health and metrics server; 0 picks a free one. */
  readonly httpPort: number;
  readonly gatewayHost: string;
  readonly gatewayPort: number;
  /** Names this process among the members; made up when absent. */
  readonly instance: string | undefined;
  readonly routesFile: string | undefined;
  readonly otlpEndpoint: string | undefined;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

type Environment = Readonly<Record<string, string | undefined>>;

export function readSettings(env: Environment = process.env): Settings {
  return {
    natsUrl: text(env, 'NATS_URL') ?? 'nats://127.0.0.1:4222',
    kafkaBrokers: (text(env, 'KAFKA_BOOTSTRAP_SERVERS') ?? '127.0.0.1:9092').split(',').map((broker) => broker.trim()),
    kafkaGroup: text(env, 'WEIR_KAFKA_GROUP') ?? 'weir-bridge',
    dataDir: text(env, 'WEIR_DATA_DIR') ?? '.weir',
    httpPort: port(env, 'WEIR_HTTP_PORT', 0),
    gatewayHost: text(env, 'WEIR_GATEWAY_HOST') ?? '127.0.0.1',
    gatewayPort: port(env, 'WEIR_GATEWAY_PORT', 8080),
    instance: text(env, 'WEIR_INSTANCE'),
    routesFile: text(env, 'WEIR_ROUTES'),
    otlpEndpoint: text(env, 'OTEL_EXPORTER_OTLP_ENDPOINT'),
    logLevel: choice(env, 'WEIR_LOG_LEVEL', ['debug', 'info', 'warn', 'error'], 'info'),
  };
}

/** A setting has a value that cannot be used. */
export class SettingError extends Error {
  readonly code = 'setting';
}

function text(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === '' ? undefined : value;
}

function port(env: Environment, name: string, fallback: number): number {
  const value = text(env, name);
  if (value === undefined) return fallback;
  const parsed = Number(value);
  if (!Number.isInteger(parsed) || parsed < 0 || parsed > 65_535)
    throw new SettingError(`Cannot use ${name}="${value}": expected a port between 0 and 65535`);
  return parsed;
}

function choice<const T extends string>(env: Environment, name: string, choices: readonly T[], fallback: T): T {
  const value = text(env, name);
  if (value === undefined) return fallback;
  const found = choices.find((candidate) => candidate === value);
  if (!found) throw new SettingError(`Cannot use ${name}="${value}": expected one of ${choices.join(', ')}`);
  return found;
}
