import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseSchema } from './avro-schema.ts';
import { fieldType, rowTypes } from './schema-types.ts';

const NONE = { type: undefined, name: undefined, scale: undefined, precision: undefined };

function typed(schema: unknown): unknown {
  return fieldType(parseSchema(schema));
}

describe('fieldType', () => {
  it.each([
    ['int', { type: 'int32' }],
    ['long', { type: 'int64' }],
    ['float', { type: 'float32' }],
    ['double', { type: 'float64' }],
    ['bytes', { type: 'bytes' }],
    [{ type: 'fixed', name: 'F', size: 3 }, { type: 'bytes' }],
    [{ type: 'enum', name: 'E', symbols: [] }, { type: 'string' }],
    [{ type: 'int', 'connect.type': 'int16' }, { type: 'int16' }],
    [
      { type: 'long', logicalType: 'timestamp-micros' },
      { type: 'int64', name: 'timestamp-micros' },
    ],
    [
      { type: 'string', logicalType: 'made-up' },
      { type: 'string', name: 'made-up' },
    ],
    [
      { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 },
      { type: 'bytes', name: 'decimal', scale: 2, precision: 9 },
    ],
    [
      { type: 'bytes', logicalType: 'decimal', precision: 9 },
      { type: 'bytes', name: 'decimal', scale: 0, precision: 9 },
    ],
  ])('of %j', (schema, expected) => {
    expect(typed(schema)).toEqual({ ...NONE, ...expected });
  });

  it("prefers Connect's name, and finds the scale in its parameters (1)", () => {
    const connect = { 'connect.name': 'org.apache.kafka.connect.data.Decimal', 'connect.version': 1 };
    const parameters = { 'connect.parameters': { scale: '4', 'connect.decimal.precision': '10' } };
    const expected = { type: 'bytes', name: 'org.apache.kafka.connect.data.Decimal', scale: 4, precision: 10 };
    expect(typed({ type: 'bytes', logicalType: 'decimal', ...connect, ...parameters })).toEqual(expected);
    const micros = { type: 'long', logicalType: 'timestamp-micros', 'connect.name': 'io.debezium.time.MicroTimestamp' };
    expect(typed(micros)).toEqual({ ...NONE, type: 'int64', name: 'io.debezium.time.MicroTimestamp' });
  });

  it('ignores a logical type on a foreign base (2)', () => {
    expect(typed({ type: 'string', logicalType: 'timestamp-millis' })).toEqual({ ...NONE, type: 'string' });
    expect(typed({ type: 'long', logicalType: 'date' })).toEqual({ ...NONE, type: 'int64' });
  });

  it('looks through null, and not through other unions (3)', () => {
    expect(typed(['null', { type: 'int', logicalType: 'date' }])).toEqual({ ...NONE, type: 'int32', name: 'date' });
    expect(typed(['null', 'int', 'string'])).toEqual(NONE);
    expect(typed('null')).toEqual(NONE);
  });
});

describe('rowTypes', () => {
  it('of an envelope are those of its row', () => {
    const url = new URL('./fixtures/flink-avro/debezium-test-schema.json', import.meta.url);
    const types = rowTypes(parseSchema(JSON.parse(readFileSync(url, 'utf8'))));
    expect([...(types ?? [])].map(([name, { type }]) => [name, type])).toEqual([
      ['id', 'int64'],
      ['name', 'string'],
      ['description', 'string'],
      ['weight', 'float64'],
    ]);
  });

  it('of another record are its own, also with a field "after"', () => {
    const fields = [{ name: 'after', type: { type: 'record', name: 'A', fields: [{ name: 'x', type: 'int' }] } }];
    expect(rowTypes(parseSchema({ type: 'record', name: 'R', fields }))?.get('after')).toEqual({
      ...NONE,
      type: 'struct',
    });
    expect(rowTypes(parseSchema('int'))).toBeUndefined();
  });
});
