/**
 * What the soak's producers write: a topic for each format, records in order for each key, and some that are bad.
 * Every good record carries the id `<key>#<n>` where its format has an id, so that what came out can be told apart
 * without decoding what went in.
 */
import { readFileSync } from 'node:fs';
import { parseSchema } from '../../../shared/avro/avro-schema.ts';
import { frameWriter } from '../../../shared/avro/avro-writer.ts';

export interface SoakRecord {
  readonly key: string;
  readonly value: Buffer | null;
  readonly isBad: boolean;
}

export interface SoakTopic {
  readonly topic: string;
  /** As in a routes file. */
  readonly route: Readonly<Record<string, unknown>>;
  /** Subject and schema that must be registered before `record` is called. */
  readonly schema?: { readonly subject: string; readonly text: string };
  /** Where an event has `<key>#<n>`. */
  idOf(event: Readonly<Record<string, unknown>>): string;
  /** The n-th record of a key. `schemaId`: as registered. */
  record(key: string, n: number, schemaId: number): SoakRecord;
}

const PARTITION_KEYS = 7;
const BAD_EVERY = 53;
const START_MS = Date.UTC(2026, 0, 1);
const DOWNLOAD = readFileSync(new URL('../../schemas/content-downloads.avsc', import.meta.url), 'utf8');
const ENVELOPE = {
  type: 'record',
  name: 'Envelope',
  fields: [
    {
      name: 'before',
      type: [
        'null',
        {
          type: 'record',
          name: 'Value',
          fields: [
            { name: 'order_id', type: 'string' },
            { name: 'customer_id', type: 'string' },
            { name: 'total_amount', type: { type: 'bytes', logicalType: 'decimal', precision: 10, scale: 2 } },
            { name: 'order_date', type: { type: 'long', logicalType: 'timestamp-micros' } },
          ],
        },
      ],
    },
    { name: 'after', type: ['null', 'Value'] },
    { name: 'op', type: 'string' },
  ],
};

/** Which keys a partition has: each key is written by one producer, to one partition. */
export function keysOf(partition: number): string[] {
  return Array.from({ length: PARTITION_KEYS }, (_, n) => `p${partition}k${n}`);
}

const isBadAt = (n: number) => n % BAD_EVERY === BAD_EVERY - 1;
const timeOf = (n: number) => START_MS + n * 100;
const good = (key: string, value: object | Buffer): SoakRecord => ({
  key,
  value: Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value)),
  isBad: false,
});
const bad = (key: string, value: string | Buffer): SoakRecord => ({ key, value: Buffer.from(value), isBad: true });
const idMember = (event: Readonly<Record<string, unknown>>) => String(event.id);

export const SOAK_TOPICS: readonly SoakTopic[] = [
  {
    topic: 'soak.cdc.orders',
    route: { decoder: 'debezium-json', kind: 'order' },
    idOf: idMember,
    record(key, n) {
      if (isBadAt(n)) return bad(key, '{"before":null,"after":{');
      const after = { order_id: `${key}#${n}`, customer_id: key, total_amount: '12.50', order_date: timeOf(n) * 1000 };
      return good(key, { before: null, after, source: { db: 'shop' }, op: 'c' });
    },
  },
  {
    topic: 'soak.avro.orders',
    route: { decoder: 'debezium-avro', kind: 'order' },
    schema: { subject: 'soak.avro.orders-value', text: JSON.stringify(ENVELOPE) },
    idOf: idMember,
    record(key, n, schemaId) {
      if (isBadAt(n)) return bad(key, Buffer.from([0, 0, 0, 0, schemaId, 200]));
      const order_date = timeOf(n) * 1000;
      const after = { order_id: `${key}#${n}`, customer_id: key, total_amount: Buffer.from([4, 226]), order_date };
      return good(key, writerOf('envelope', schemaId)({ before: null, after, op: 'c' }));
    },
  },
  {
    topic: 'soak.downloads',
    route: { decoder: 'avro', kind: 'download' },
    schema: { subject: 'soak.downloads-value', text: DOWNLOAD },
    idOf: idMember,
    record(key, n, schemaId) {
      if (isBadAt(n)) return bad(key, 'this is no Avro');
      return good(key, writerOf('download', schemaId)(download(key, n)));
    },
  },
  {
    topic: 'soak.orders',
    route: { decoder: 'json', kind: 'order' },
    idOf: idMember,
    record(key, n) {
      const order = { orderId: `${key}#${n}`, customerId: key, amount: 12.5, timestamp: timeOf(n) };
      return isBadAt(n) ? bad(key, JSON.stringify({ ...order, amount: 'abc' })) : good(key, order);
    },
  },
  {
    topic: 'soak.maip.created',
    route: { decoder: 'json', kind: 'maip' },
    idOf: idMember,
    record(key, n) {
      const event = { eventId: `${key}#${n}`, customerId: key, timestamp: timeOf(n), payload: { n } };
      return isBadAt(n) ? bad(key, JSON.stringify({ ...event, customerId: null })) : good(key, event);
    },
  },
  {
    topic: 'soak.user-events',
    route: { decoder: 'json', kind: 'userEvent' },
    idOf: ({ session }) => String(session),
    record(key, n) {
      const event = { userId: key, eventType: 'view', timestamp: timeOf(n), value: n, sessionId: `${key}#${n}` };
      return isBadAt(n) ? bad(key, JSON.stringify({ ...event, eventType: 'dance' })) : good(key, event);
    },
  },
];

/** Kept as it is: its ids are its records' own. */
export const SOAK_MIRROR = 'soak.raw';

export function mirrored(key: string, n: number): SoakRecord {
  return { key, value: n % 10 === 9 ? null : Buffer.from(`${key}#${n}`), isBad: false };
}

const writers = new Map<string, (value: unknown) => Buffer>();

function writerOf(what: 'envelope' | 'download', schemaId: number): (value: unknown) => Buffer {
  const name = `${what} ${schemaId}`;
  const known = writers.get(name);
  if (known) return known;
  const schema: unknown = what === 'envelope' ? ENVELOPE : JSON.parse(DOWNLOAD);
  const writer = frameWriter(schemaId, parseSchema(schema));
  writers.set(name, writer);
  return writer;
}

function download(key: string, n: number): object {
  return {
    event_id: `${key}#${n}`,
    content_id: key,
    user_id: null,
    region: 'eu-west',
    device_type: 'tv',
    os: null,
    os_version: null,
    status: 'SUCCESS',
    bytes: n,
    duration_seconds: 1.5,
    speed_mbps: 20,
    timestamp: timeOf(n),
  };
}
