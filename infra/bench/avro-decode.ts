/**
 * CPU per event of reading Confluent Avro: framing, schema lookup, values; without Kafka, the bridge and NATS.
 *
 *   node infra/bench/avro-decode.ts [events]
 *
 * `avsc` is the same work by the library's own generated code and resolver, with longs beyond 2^53 exact, for
 * comparison; shared/avro/README.md says why we do not use it.
 */
import avsc from 'avsc';
import { PayloadReader } from '../../shared/avro/avro-reader.ts';
import { parseSchema } from '../../shared/avro/avro-schema.ts';
import type { AvroType } from '../../shared/avro/avro-type.ts';
import { frameWriter } from '../../shared/avro/avro-writer.ts';
import type { Projection } from '../../shared/avro/read-plan.ts';
import { readFrame, type SchemaKey } from '../../shared/avro/wire-format.ts';

type AvscSchema = Parameters<typeof avsc.Type.forSchema>[0];

const EVENTS = Number(process.argv[2] ?? 100_000);
const ROUNDS = 7;
const START_MS = Date.UTC(2026, 0, 1);
const SCHEMA_ID = 81;
const FRAME_BYTES = 5;

const field = (name: string, type: unknown, more: object = {}) => ({ name, type, ...more });
const optional = (name: string, type: unknown) => field(name, ['null', type], { default: null });
const connect = (type: string, name: string) => ({ type, 'connect.version': 1, 'connect.name': name });
const record = (name: string, ...fields: readonly object[]) => ({ type: 'record', name, fields });

const VALUE = record(
  'Value',
  field('order_id', 'long'),
  field('customer_id', 'int'),
  field('total_amount', 'double'),
  field('status', 'string'),
  field('order_date', connect('long', 'io.debezium.time.MicroTimestamp')),
);
const SOURCE = record(
  'Source',
  ...['version', 'connector', 'name'].map((name) => field(name, 'string')),
  field('ts_ms', 'long'),
  field('snapshot', [connect('string', 'io.debezium.data.Enum'), 'null'], { default: 'false' }),
  field('db', 'string'),
  optional('sequence', 'string'),
  optional('ts_us', 'long'),
  optional('ts_ns', 'long'),
  ...['schema', 'table'].map((name) => field(name, 'string')),
  ...['txId', 'lsn', 'xmin'].map((name) => optional(name, 'long')),
);
const ENVELOPE = {
  ...record(
    'Envelope',
    optional('before', VALUE),
    optional('after', 'Value'),
    field('source', SOURCE),
    optional('transaction', record('block', field('id', 'string'), field('total_order', 'long'))),
    field('op', 'string'),
    ...['ts_ms', 'ts_us', 'ts_ns'].map((name) => optional(name, 'long')),
  ),
  namespace: 'dbserver1.public.orders',
};
const DOWNLOAD = record(
  'ContentDownload',
  ...['event_id', 'content_id', 'user_id', 'region', 'device_type', 'os', 'os_version'].map((name) =>
    field(name, 'string'),
  ),
  field('status', { type: 'enum', name: 'Status', symbols: ['SUCCESS', 'FAILED'] }),
  field('bytes', 'long'),
  ...['duration_seconds', 'speed_mbps'].map((name) => field(name, 'double')),
  field('timestamp', { type: 'long', logicalType: 'timestamp-millis' }),
);
const ROW: Projection = { order_id: true, customer_id: true, total_amount: true, order_date: true };
const WANTED: Projection = { before: ROW, after: ROW, source: { lsn: true, snapshot: true }, op: true };

const envelopes = written(ENVELOPE, envelope);
const downloads = written(DOWNLOAD, download);
measure('debezium-avro, projected', envelopes, ours(ENVELOPE, WANTED));
measure('debezium-avro, projected, avsc', envelopes, theirs(ENVELOPE, projected()));
measure('debezium-avro, everything', envelopes, ours(ENVELOPE));
measure('debezium-avro, everything, avsc', envelopes, theirs(ENVELOPE));
measure('download, everything', downloads, ours(DOWNLOAD));
measure('download, everything, avsc', downloads, theirs(DOWNLOAD));

function written(schema: unknown, value: (n: number) => unknown): readonly Buffer[] {
  const write = frameWriter(SCHEMA_ID, parseSchema(schema));
  return Array.from({ length: EVENTS }, (_, n) => write(value(n)));
}

function ours(schema: unknown, projection?: Projection): (value: Buffer) => unknown {
  const cached = new Map<SchemaKey, AvroType>([[SCHEMA_ID, parseSchema(schema)]]);
  const reader = new PayloadReader(projection && { projection });
  return (value) => {
    const frame = readFrame(value);
    const writer = cached.get(frame.schema);
    if (!writer) throw new Error(`Cannot measure: schema ${frame.schema} is unknown`);
    return reader.read(writer, value, frame.start);
  };
}

function theirs(schema: unknown, reader?: unknown): (value: Buffer) => unknown {
  const writerType = avscType(schema);
  const type = reader === undefined ? writerType : avscType(reader);
  const resolver = reader === undefined ? undefined : type.createResolver(writerType);
  return (value) => type.fromBuffer(value.subarray(FRAME_BYTES), resolver);
}

function avscType(schema: unknown): avsc.Type {
  const long = avsc.types.LongType.__with({
    fromBuffer: (bytes: Buffer) => {
      const value = bytes.readBigInt64LE();
      return BigInt.asIntN(53, value) === value ? Number(value) : value;
    },
    toBuffer: () => Buffer.alloc(8),
    fromJSON: Number,
    toJSON: Number,
    isValid: (value: unknown) => typeof value === 'number' || typeof value === 'bigint',
    compare: () => 0,
  });
  return avsc.Type.forSchema(structuredClone(schema) as AvscSchema, { registry: { long }, omitRecordMethods: true });
}

/** avsc's way to leave fields out: a reader's schema without them. */
function projected(): unknown {
  const only = (from: { fields: readonly { name?: string }[] }, wanted: readonly string[]) => ({
    ...from,
    fields: from.fields.filter(({ name }) => name !== undefined && wanted.includes(name)),
  });
  const envelopeFields = ENVELOPE.fields.map((each) => {
    if (!('name' in each)) return each;
    if (each.name === 'before') return optional('before', only(VALUE, Object.keys(ROW)));
    return each.name === 'source' ? field('source', only(SOURCE, ['lsn', 'snapshot'])) : each;
  });
  return only({ ...ENVELOPE, fields: envelopeFields }, Object.keys(WANTED));
}

function measure(name: string, values: readonly Buffer[], decode: (value: Buffer) => unknown): void {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    for (const value of values) decode(value);
    const used = process.cpuUsage(before);
    best = Math.min(best, (used.user + used.system) / values.length);
  }
  const bytes = values.reduce((sum, value) => sum + value.length, 0) / values.length;
  const rate = Math.round(1e6 / best).toLocaleString('en');
  console.log(`${name.padEnd(34)} ${best.toFixed(2)} CPU-us/event  ${rate} events/s  ${Math.round(bytes)} B/event`);
}

function envelope(n: number): unknown {
  const t = (START_MS + n) * 1000;
  const after = {
    order_id: 1_000_000 + n,
    customer_id: (n * 7919) % 20_000,
    total_amount: ((n * 37) % 50_000) / 100,
    status: 'placed',
    order_date: t,
  };
  const source = {
    ...{ version: '2.7.0.Final', connector: 'postgresql', name: 'dbserver1', ts_ms: START_MS + n, snapshot: 'false' },
    ...{ db: 'shop', sequence: '["24023119","24023128"]', ts_us: t, ts_ns: BigInt(t) * 1000n, schema: 'public' },
    ...{ table: 'orders', txId: n, lsn: 24_023_128 + n, xmin: null },
  };
  const times = { ts_ms: START_MS + n, ts_us: t, ts_ns: BigInt(t) * 1000n };
  return { before: null, after, source, transaction: null, op: 'c', ...times };
}

function download(n: number): unknown {
  const pick = (...texts: readonly string[]) => texts[n % texts.length];
  return {
    event_id: `e-${1_000_000 + n}`,
    content_id: `content-${(n * 31) % 500}`,
    user_id: `user-${(n * 7919) % 20_000}`,
    region: pick('us-east-1', 'eu-west-1', 'ap-south-1'),
    device_type: pick('mobile', 'desktop', 'tv'),
    os: pick('Android', 'iOS', 'Windows'),
    os_version: pick('14.0', '17.2', '11'),
    status: n % 20 ? 'SUCCESS' : 'FAILED',
    bytes: 1_000_000 + n * 997,
    duration_seconds: (n % 300) / 10,
    speed_mbps: (n % 1000) / 7,
    timestamp: START_MS + n,
  };
}
