/** The Avro records of the benchmark, in Confluent's framing, and the schemas that a registry must know for them. */
import { readFileSync } from 'node:fs';
import { parseSchema } from '../../../shared/avro/avro-schema.ts';
import { frameWriter } from '../../../shared/avro/avro-writer.ts';
import { customerOf, orderKey } from '../orders.ts';
import type { BenchRecord } from './format.ts';

const ROW = {
  type: 'record',
  name: 'Value',
  fields: [
    { name: 'order_id', type: 'long' },
    { name: 'customer_id', type: 'long' },
    {
      name: 'total_amount',
      type: {
        type: 'bytes',
        logicalType: 'decimal',
        scale: 2,
        precision: 10,
        'connect.name': 'org.apache.kafka.connect.data.Decimal',
        'connect.parameters': { scale: '2' },
      },
    },
    { name: 'status', type: ['null', 'string'], default: null },
    { name: 'order_date', type: { type: 'long', 'connect.name': 'io.debezium.time.MicroTimestamp' } },
  ],
  'connect.name': 'dbserver1.public.orders.Value',
};

const SOURCE_FIELDS = [
  ...['version', 'connector', 'name'].map((name) => ({ name, type: 'string' })),
  { name: 'ts_ms', type: 'long' },
  { name: 'snapshot', type: ['null', 'string'], default: null },
  { name: 'db', type: 'string' },
  { name: 'sequence', type: ['null', 'string'], default: null },
  { name: 'schema', type: 'string' },
  { name: 'table', type: 'string' },
  ...['txId', 'lsn', 'xmin'].map((name) => ({ name, type: ['null', 'long'], default: null })),
];

const ENVELOPE = {
  type: 'record',
  name: 'Envelope',
  namespace: 'dbserver1.public.orders',
  fields: [
    { name: 'before', type: ['null', ROW], default: null },
    { name: 'after', type: ['null', 'Value'], default: null },
    { name: 'source', type: { type: 'record', name: 'Source', fields: SOURCE_FIELDS } },
    { name: 'op', type: 'string' },
    { name: 'ts_ms', type: ['null', 'long'], default: null },
  ],
};

const DOWNLOAD: unknown = JSON.parse(
  readFileSync(new URL('../../schemas/content-downloads.avsc', import.meta.url), 'utf8'),
);

/** By id, as JSON. */
export const BENCH_SCHEMAS: ReadonlyMap<number, unknown> = new Map([
  [1, ENVELOPE],
  [2, DOWNLOAD],
]);

const writeEnvelope = frameWriter(1, parseSchema(ENVELOPE));
const writeDownload = frameWriter(2, parseSchema(DOWNLOAD));

/** The same orders as in JSON, with precise decimals. */
export function debeziumAvroRecord(number: number, t: number): BenchRecord {
  const lsn = 24_023_128 + number;
  const row = {
    order_id: 1_000_000 + number,
    customer_id: customerOf(number),
    total_amount: minorUnits(500 + ((number * 37) % 39_500)),
    status: 'placed',
    order_date: t * 1000,
  };
  const source = {
    version: '2.7.0.Final',
    connector: 'postgresql',
    name: 'dbserver1',
    ts_ms: t,
    snapshot: 'false',
    db: 'shop',
    sequence: `["24023119","${lsn}"]`,
    schema: 'public',
    table: 'orders',
    txId: number,
    lsn,
    xmin: null,
  };
  return { key: orderKey(number), value: writeEnvelope({ before: null, after: row, source, op: 'c', ts_ms: t }) };
}

export function downloadRecord(number: number, t: number): BenchRecord {
  const content = `content-${customerOf(number) % 5_000}`;
  const value = writeDownload({
    event_id: `d-${number}`,
    content_id: content,
    user_id: `u-${customerOf(number)}`,
    region: 'eu-west',
    device_type: 'mobile',
    os: 'android',
    os_version: '15',
    status: number % 20 === 0 ? 'FAILED' : 'SUCCESS',
    bytes: 1_000_000 + number,
    duration_seconds: 12.5,
    speed_mbps: 87.25,
    timestamp: t,
  });
  return { key: content, value };
}

/** Two's complement, big-endian, as short as it can be: four bytes hold all amounts of the benchmark. */
function minorUnits(amount: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(amount);
  return bytes;
}
