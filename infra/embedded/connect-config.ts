/** The configuration of an embedded Kafka Connect and of the Debezium connector it runs. Pure. */
import type { DatabaseAddress } from '../../shared/config/database-address.ts';

/** How a NUMERIC column's value reaches Kafka: Debezium's `decimal.handling.mode`. */
export type Decimals = 'precise' | 'string' | 'double';

export interface CaptureOptions {
  readonly database: Omit<DatabaseAddress, 'password'>;
  /** Topics are `<topicPrefix>.<schema>.<table>`. */
  readonly topicPrefix: string;
  /** `schema.table` */
  readonly tables: readonly string[];
  readonly decimals: Decimals;
  /** Of the replication slot and the publication in the database, which outlive the connector. */
  readonly slot: string;
  readonly partitions: number;
}

export interface ConnectConfig {
  readonly port: number;
  readonly brokers: string;
  readonly offsetsFile: string;
  /** Each record carries its schema: ten times its size, and types that need no guess. */
  readonly schemas: boolean;
  /** A properties file with `password`. */
  readonly secretsFile: string;
}

export const CONNECTOR = 'weir-cdc';
const JSON_CONVERTER = 'org.apache.kafka.connect.json.JsonConverter';

/**
 * REST has no users in Kafka 4, so it listens on loopback only, and the password stands in no configuration that it
 * shows. Offsets are written every second: what a killed connector sends again is what came since then, and one
 * that is killed before the first write takes a second snapshot.
 */
export function workerConfig({ port, brokers, offsetsFile, schemas, secretsFile }: ConnectConfig): string {
  return properties({
    'bootstrap.servers': brokers,
    listeners: `http://127.0.0.1:${port}`,
    'key.converter': JSON_CONVERTER,
    'value.converter': JSON_CONVERTER,
    'key.converter.schemas.enable': schemas,
    'value.converter.schemas.enable': schemas,
    'offset.storage.file.filename': offsetsFile,
    'offset.flush.interval.ms': 1_000,
    'plugin.discovery': 'only_scan',
    'config.providers': 'file',
    'config.providers.file.class': 'org.apache.kafka.common.config.provider.FileConfigProvider',
    'config.providers.file.param.allowed.paths': secretsFile,
  });
}

export function captureConfig(options: CaptureOptions, secretsFile: string): string {
  const { database, topicPrefix, tables, decimals, slot, partitions } = options;
  return properties({
    name: CONNECTOR,
    'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
    'tasks.max': 1,
    'database.hostname': database.host,
    'database.port': database.port,
    'database.user': database.user,
    'database.password': `\${file:${secretsFile}:password}`,
    'database.dbname': database.database,
    'database.sslmode': database.sslMode ?? 'prefer',
    'topic.prefix': topicPrefix,
    'table.include.list': tables.map((table) => table.replaceAll('.', '\\.')).join(','),
    'plugin.name': 'pgoutput',
    'slot.name': slot,
    'publication.name': slot,
    'publication.autocreate.mode': 'filtered',
    'decimal.handling.mode': decimals,
    'tombstones.on.delete': true,
    'skipped.operations': 'none', // a TRUNCATE is skipped by default
    'heartbeat.interval.ms': 5_000, // or a quiet table beside a busy one would hold back the write-ahead log
    'poll.interval.ms': 50,
    'topic.creation.default.partitions': partitions,
    'topic.creation.default.replication.factor': -1,
  });
}

/** The file that the configuration reads the password from. */
export function secretsConfig(password: string): string {
  return properties({ password });
}

function properties(settings: Readonly<Record<string, string | number | boolean>>): string {
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${escaped(String(value))}\n`)
    .join('');
}

/** As java.util.Properties reads it: backslashes double, a leading blank is kept, other characters as \\uXXXX. */
function escaped(value: string): string {
  return value
    .replaceAll('\\', '\\\\')
    .replace(/^ /, '\\ ')
    .replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
