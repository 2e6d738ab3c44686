/** Records in Avro, and a registry that knows their schemas, for the tests of avro.ts. */
import { readFileSync } from 'node:fs';
import { TestRegistry } from '../../shared/avro/_test-registry.ts';
import { parseSchema } from '../../shared/avro/avro-schema.ts';
import { frameWriter } from '../../shared/avro/avro-writer.ts';
import { SchemaRegistry } from '../../shared/avro/schema-registry.ts';
import { type EventRoute, routeDefaults } from '../../shared/config/routes.ts';
import type { KafkaRecord } from '../../shared/kafka/record.ts';
import type { Decoded } from './decoded.ts';
import { recordDecoder } from './decoder.ts';

export const NOW = Date.UTC(2026, 0, 1);
export const SCHEMA_ROOT = new URL('../../', import.meta.url);

export const orders: EventRoute<'order'> = { topic: 'orders', ...routeDefaults('order', 'debezium-avro') };
export const downloads: EventRoute<'download'> = { topic: 'content-downloads', ...routeDefaults('download', 'avro') };
export const products: EventRoute<'product'> = { topic: 'products', ...routeDefaults('product', 'debezium-avro') };

/** A registry over HTTP, its client, and the client's clock. */
export class AvroTopics implements AsyncDisposable {
  readonly server: TestRegistry;
  readonly registry: SchemaRegistry;
  nowMs = 0;
  #nextId = 1;

  private constructor(server: TestRegistry) {
    this.server = server;
    this.registry = new SchemaRegistry({ urls: server.url, now: () => this.nowMs });
  }

  static async start(): Promise<AvroTopics> {
    return new AvroTopics(await TestRegistry.start());
  }

  /** Registers a schema, and gives a writer of its frames. */
  writer(schema: unknown): (value: unknown) => Buffer {
    const id = this.#nextId++;
    this.server.schema(id, schema);
    return frameWriter(id, parseSchema(schema));
  }

  async decode(route: EventRoute, ...records: readonly KafkaRecord[]): Promise<Decoded[]> {
    const decoder = recordDecoder(route, route.topic, { registry: this.registry });
    await decoder.prepare(records);
    return records.map((each) => decoder.decode(each, NOW));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }
}

/** `path`: from the root of the project. */
export function readJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, SCHEMA_ROOT), 'utf8'));
}

export function record(value: Buffer | null, key: Buffer | null = null): KafkaRecord {
  return { offset: 0, timestampMs: NOW, key, value };
}

const decimal = {
  type: 'bytes',
  logicalType: 'decimal',
  precision: 10,
  scale: 2,
  'connect.name': 'org.apache.kafka.connect.data.Decimal',
  'connect.parameters': { scale: '2' },
};
export const row = {
  type: 'record',
  name: 'Value',
  fields: [
    { name: 'order_id', type: 'long' },
    { name: 'customer_id', type: ['null', 'long'], default: null },
    { name: 'note', type: ['null', 'string'], default: null },
    { name: 'total_amount', type: ['null', decimal], default: null },
    {
      name: 'order_date',
      type: ['null', { type: 'long', 'connect.name': 'io.debezium.time.MicroTimestamp' }],
      default: null,
    },
  ],
};
export const source = {
  type: 'record',
  name: 'Source',
  fields: [
    ...['version', 'connector', 'name'].map((name) => ({ name, type: 'string' })),
    { name: 'ts_ms', type: 'long' },
    { name: 'snapshot', type: ['null', 'string'], default: null },
    { name: 'db', type: 'string' },
    { name: 'sequence', type: ['null', 'string'], default: null },
    { name: 'ts_us', type: ['null', 'long'], default: null },
    { name: 'lsn', type: ['null', 'long'], default: null },
  ],
};
export const envelope = {
  type: 'record',
  name: 'Envelope',
  namespace: 'shop.public.orders',
  fields: [
    { name: 'before', type: ['null', row], default: null },
    { name: 'after', type: ['null', 'Value'], default: null },
    { name: 'source', type: source },
    { name: 'op', type: 'string' },
    { name: 'ts_ms', type: ['null', 'long'], default: null },
  ],
};
export const made = {
  version: '3.7.0.Final',
  connector: 'postgresql',
  name: 'shop',
  ts_ms: NOW - 7,
  snapshot: 'false',
  db: 'shop',
  sequence: '["100","120"]',
  ts_us: (NOW - 7) * 1000 + 5,
  lsn: 120,
};
export const order = {
  order_id: 7,
  customer_id: 42,
  note: 'x',
  total_amount: Buffer.from([0x04, 0xe2]),
  order_date: (NOW - 1000) * 1000 + 3,
};
export const event = { t: NOW - 1000, k: '42', id: '7', amount: 1250 };
