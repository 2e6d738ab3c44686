import { describe, expect, it } from 'vitest';
import { avroReader } from '../../shared/avro/avro-reader.ts';
import { parseSchema } from '../../shared/avro/avro-schema.ts';
import type { AvroType } from '../../shared/avro/avro-type.ts';
import { avroWriter } from '../../shared/avro/avro-writer.ts';
import { envelope, made, order } from './_avro-topics.ts';
import { debeziumProjection } from './avro-projection.ts';
import { changeIn } from './change.ts';
import { NO_SHAPE } from './row-shape.ts';

const MEMBERS = [['order_id', 'id'], ['customer_id'], ['status']];

function bothWays(schema: unknown, value: unknown): readonly unknown[] {
  const type: AvroType = parseSchema(schema);
  const bytes = avroWriter(type)(value);
  return [undefined, debeziumProjection(type, MEMBERS)].map((projection) => {
    const change = changeIn(avroReader(type, projection)(bytes), { members: MEMBERS, shape: NO_SHAPE, mayLack: true });
    if (change.kind !== 'change') return change;
    const { before, after, place, ...rest } = change;
    const read = [before, after].map((row) => row && MEMBERS.flat().map((name) => row[name]));
    return { ...rest, read, place: place && { ...place, rows: undefined } };
  });
}

const column = (name: string, type: unknown) => ({ name, type });
const record = (...fields: object[]) => ({ type: 'record', name: 'R', fields });

describe('invariant 1: the projection leaves out nothing that is read', () => {
  const cases: Readonly<Record<string, [schema: unknown, value: object]>> = {
    'an envelope': [envelope, { before: order, after: order, source: made, op: 'u', ts_ms: 5 }],
    'a message': [envelope, { before: null, after: null, source: made, op: 'm', ts_ms: 5 }],
    'a heartbeat': [record(column('ts_ms', 'long')), { ts_ms: 5 }],
    'a transaction': [
      record(
        ...['status', 'id'].map((name) => column(name, 'string')),
        ...['event_count', 'data_collections', 'ts_ms'].map((name) => column(name, 'long')),
      ),
      { status: 'END', id: '5', event_count: 1, data_collections: 1, ts_ms: 5 },
    ],
    'a flattened row': [
      record(
        column('id', 'long'),
        column('note', 'string'),
        ...['__op', '__deleted', '__source_name', '__source_sequence', '__lsn'].map((name) => column(name, 'string')),
        column('__source_ts_ms', 'long'),
      ),
      {
        id: 5,
        note: 'x',
        __op: 'd',
        __deleted: 'true',
        __source_name: 'shop',
        __source_sequence: '["1","2"]',
        __lsn: '2',
        __source_ts_ms: 5,
      },
    ],
  };
  for (const [name, [schema, value]] of Object.entries(cases))
    it(name, () => {
      const [whole, projected] = bothWays(schema, value);
      expect(projected).toEqual(whole);
    });
});
