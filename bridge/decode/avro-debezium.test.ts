import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schemaPrefix } from '../../shared/avro/wire-format.ts';
import { type EventRoute, routeDefaults } from '../../shared/config/routes.ts';
import {
  AvroTopics,
  envelope,
  event,
  made,
  NOW,
  order,
  orders,
  products,
  readJson,
  record,
  row,
  SCHEMA_ROOT,
  source,
} from './_avro-topics.ts';
import { avroFormat } from './avro.ts';
import type { Decoded } from './decoded.ts';
import { recordDecoder } from './decoder.ts';
import { TOMBSTONE } from './place.ts';

let topics: AvroTopics;

beforeAll(async () => {
  topics = await AvroTopics.start();
});
afterAll(() => topics[Symbol.asyncDispose]());

describe("Flink's three records of a Debezium connector", () => {
  const { cases } = readJson('shared/avro/fixtures/flink-avro/expected.json') as {
    cases: { file: string; op: string; schema_id: number; expected_changelog: string[] }[];
  };
  for (const { file: name, op, schema_id, expected_changelog } of cases)
    it(`${op}: ${expected_changelog.join(' ')}`, async () => {
      topics.server.schema(schema_id, readJson('shared/avro/fixtures/flink-avro/debezium-test-schema.json'));
      const members = {
        ...products,
        fields: { ...products.fields, key: ['id'], time: ['description'], price: ['weight'] },
      };
      const format = avroFormat(members, 'products', topics.registry, true);
      const file = readFileSync(new URL(`shared/avro/fixtures/flink-avro/${name}`, SCHEMA_ROOT));
      const one = record(file.subarray(0, -1)); // an editor's newline
      await format.prepare([one]);
      const change = format.read(one.value ?? Buffer.alloc(0), one, true);
      if (change.kind !== 'change') throw new Error(`Unexpected ${change.kind}`);
      const show = (sign: string, values: Readonly<Record<string, unknown>> | null) =>
        `${sign}(${values?.id},${values?.name},${values?.description},${values?.weight})`;
      const shown = {
        c: [show('+I', change.after)],
        u: [show('-U', change.before), show('+U', change.after)],
        d: [show('-D', change.before)],
        r: [],
      };
      expect(shown[change.op]).toEqual(expected_changelog);
      expect(change.writtenMs).toBeGreaterThan(Date.UTC(2020, 0, 1));
      expect(change.place).toBeUndefined(); // MySQL
    });
});

describe('envelopes', () => {
  it('become the events and places that they become in JSON', async () => {
    const write = topics.writer(envelope);
    const changed = { ...order, total_amount: Buffer.from([0x07, 0xd0]) };
    const changes = [
      { before: null, after: order, op: 'c' },
      { before: null, after: order, op: 'r' },
      { before: order, after: changed, op: 'u' },
      { before: order, after: { ...order, note: 'y' }, op: 'u' },
      { before: order, after: null, op: 'd' },
      { before: null, after: order, op: 'u' },
      { before: { order_id: 7 }, after: null, op: 'd' },
      { before: null, after: null, op: 't' },
      { before: null, after: null, op: 'm' },
      { before: null, after: null, op: 'x' },
      { before: null, after: { ...order, customer_id: null }, op: 'c' },
    ].map((change) => ({ ...change, source: made }));
    const avro = await topics.decode(orders, ...changes.map((change) => record(write(change))));
    const types = [
      {
        field: 'total_amount',
        type: 'bytes',
        name: 'org.apache.kafka.connect.data.Decimal',
        parameters: { scale: '2' },
      },
    ];
    const schema = {
      type: 'struct',
      fields: [
        { field: 'after', type: 'struct', fields: types },
        { field: 'op', type: 'string' },
      ],
    };
    const toJson = (payload: unknown) =>
      Buffer.from(
        JSON.stringify({ schema, payload }, (_name, value) =>
          value?.type === 'Buffer' ? Buffer.from(value.data).toString('base64') : value,
        ),
      );
    const json: EventRoute = { ...orders, ...routeDefaults('order', 'debezium-json') };
    const decoder = recordDecoder(json, json.topic);
    const expected = changes.map((change) => decoder.decode(record(toJson(change)), NOW));
    const withoutRows = (all: readonly Decoded[]) =>
      all.map(({ place, ...rest }) => ({ ...rest, place: typeof place === 'object' && { ...place, rows: undefined } }));
    expect(withoutRows(avro)).toEqual(withoutRows(expected));
    expect(avro.map(({ outcome }) => outcome)).toEqual([
      'counted',
      'counted',
      'counted',
      'unchanged',
      'counted',
      'unattributable',
      'unattributable',
      'truncate',
      'message',
      'dead',
      'dead',
    ]);
    expect(avro[0]).toMatchObject({
      events: [event],
      place: { origin: 'shop', commit: 100, lsn: 120, us: made.ts_us, op: 'c' },
    });
  });

  it('lack what the database did not log', async () => {
    const write = topics.writer({ ...envelope, namespace: 'shop.public.notes' });
    const lacking = { ...order, total_amount: Buffer.from('__debezium_unavailable_value') };
    const [filled, unavailable, unread] = await topics.decode(
      orders,
      record(write({ before: order, after: lacking, source: made, op: 'u' })),
      record(write({ before: null, after: lacking, source: made, op: 'u' })),
      record(
        write({ before: order, after: { ...order, note: '__debezium_unavailable_value' }, source: made, op: 'u' }),
      ),
    );
    expect([filled?.outcome, unavailable?.outcome, unread?.outcome]).toEqual(['unchanged', 'unavailable', 'unchanged']);
  });
});

describe('flattened rows, control records and tombstones', () => {
  it('flattened rows tell what they are', async () => {
    const fields = [
      ...row.fields,
      { name: '__op', type: 'string' },
      { name: '__deleted', type: 'string' },
      { name: '__source_ts_ms', type: 'long' },
    ];
    const write = topics.writer({ type: 'record', name: 'Flat', fields });
    const flat = (op: string, isDeleted: boolean) =>
      record(write({ ...order, __op: op, __deleted: String(isDeleted), __source_ts_ms: NOW - 9 }));
    const [create, update, gone] = await topics.decode(orders, flat('c', false), flat('u', false), flat('d', true));
    expect(create).toMatchObject({ outcome: 'counted', events: [event] });
    expect(update).toMatchObject({ outcome: 'unattributable', events: [] });
    expect(gone).toMatchObject({ outcome: 'counted', events: [{ ...event, retract: true }] });
  });

  it('control records are recognised', async () => {
    const longs = (names: readonly string[]) => names.map((name) => ({ name, type: ['null', 'long'], default: null }));
    const transaction = topics.writer({
      type: 'record',
      name: 'TransactionMetadataValue',
      fields: [
        { name: 'status', type: 'string' },
        { name: 'id', type: 'string' },
        ...longs(['event_count', 'ts_ms']),
        { name: 'data_collections', type: ['null', 'string'], default: null },
      ],
    });
    const heartbeat = topics.writer({ type: 'record', name: 'Heartbeat', fields: longs(['ts_ms']) });
    const ddl = topics.writer({
      type: 'record',
      name: 'SchemaChangeValue',
      fields: [
        { name: 'source', type: source },
        { name: 'databaseName', type: 'string' },
        { name: 'ddl', type: ['null', 'string'], default: null },
      ],
    });
    const all = await topics.decode(
      orders,
      record(transaction({ status: 'BEGIN', id: '571:53195829' })),
      record(heartbeat({ ts_ms: NOW })),
      record(ddl({ source: made, databaseName: 'shop', ddl: null })),
    );
    expect(all.map(({ outcome }) => outcome)).toEqual(['control', 'control', 'control']);
  });

  it('a tombstone deletes the product that its key names', async () => {
    const key = topics.writer({ type: 'record', name: 'Key', fields: [{ name: 'product_id', type: 'long' }] })({
      product_id: 7,
    });
    const bare = topics.writer('long')(8);
    const unknown = Buffer.concat([schemaPrefix(4_000_000), Buffer.from([2])]);
    topics.server.missing('/schemas/ids/4000000');
    const gone = { outcome: 'counted', events: [{ t: NOW, k: '7', deleted: true }], place: TOMBSTONE };
    const all = await topics.decode(
      products,
      record(null, key),
      record(null, bare),
      record(null, Buffer.from('9')),
      record(null),
    );
    expect(all).toEqual([
      gone,
      { ...gone, events: [{ t: NOW, k: '8', deleted: true }] },
      { ...gone, events: [{ t: NOW, k: '9', deleted: true }] },
      { outcome: 'tombstone', events: [] },
    ]);
    expect(await topics.decode(orders, record(null, unknown))).toEqual([{ outcome: 'tombstone', events: [] }]);
  });
});
