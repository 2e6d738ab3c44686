import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anySample, plainOf } from './_any-avro.ts';
import { AvroDataError } from './avro-error.ts';
import { avroReader } from './avro-reader.ts';
import { parseSchema } from './avro-schema.ts';
import { avroWriter } from './avro-writer.ts';

function record(name: string, ...fields: readonly object[]): Record<string, unknown> {
  return { type: 'record', name, fields };
}

describe('avroWriter', () => {
  it('writes what the reader reads, for any schema (1)', () => {
    fc.assert(
      fc.property(anySample(), ({ schema, value }) => {
        const type = parseSchema(schema);
        const plain = plainOf(schema, value);
        expect(asDoubles(avroReader(type)(avroWriter(type)(plain)))).toStrictEqual(asDoubles(plain));
      }),
      { numRuns: 500 },
    );
  });

  it('chooses a branch by what is inside', () => {
    const a = record('A', { name: 'x', type: 'int' });
    const b = record('B', { name: 'x', type: 'string' });
    const c = record('C', { name: 'x', type: 'string' }, { name: 'y', type: 'int', default: 0 });
    const write = avroWriter(parseSchema(['null', a, b, c]));
    expect(write({ x: 1 })[0]).toBe(2);
    expect(write({ x: 's' })[0]).toBe(4);
    expect(write({ x: 's', y: 1 })[0]).toBe(6);
    expect(() => write({ x: true })).toThrow(AvroDataError);
  });

  it('does not round in a union that need not (1)', () => {
    const write = (schema: unknown, value: unknown) =>
      avroReader(parseSchema(schema))(avroWriter(parseSchema(schema))(value));
    for (const value of [0.1, 16_777_217, 0.5]) expect(write(['float', 'double'], value)).toBe(value);
    expect(write(['null', 'float'], 0.1)).toBe(Math.fround(0.1));
  });

  it('writes the default of an absent field', () => {
    const type = parseSchema(
      record('R', { name: 'a', type: ['null', 'int'], default: null }, { name: 'b', type: 'bytes', default: '\u00ff' }),
    );
    expect(avroReader(type)(avroWriter(type)({}))).toStrictEqual({ a: null, b: new Uint8Array([255]) });
  });

  it.each([
    ['int', 2 ** 31],
    ['int', 1.5],
    ['int', 1n],
    ['long', 2 ** 53],
    ['long', 2n ** 63n],
    ['string', '\ud800'],
    ['string', 7],
    ['boolean', 0],
    ['null', undefined],
    ['double', '1'],
    ['bytes', 'x'],
    [{ type: 'fixed', name: 'F', size: 2 }, new Uint8Array(3)],
    [{ type: 'enum', name: 'E', symbols: ['A'] }, 'B'],
    [{ type: 'array', items: 'int' }, {}],
    [{ type: 'map', values: 'int' }, []],
    [record('R', { name: 'a', type: 'int' }), {}],
    [['null', 'int'], 'x'],
  ])('refuses for %j the value %s (1)', (schema, value) => {
    expect(() => avroWriter(parseSchema(schema))(value)).toThrow(/^Cannot write .*: it is no value of/);
  });

  it('says where, and writes again after that (1)', () => {
    const write = avroWriter(parseSchema(record('R', { name: 'a', type: { type: 'array', items: 'int' } })));
    expect(() => write({ a: [1, 'x'] })).toThrow('Cannot write "x" at "a[1]": it is no value of int');
    expect(write({ a: [] }).toString('hex')).toBe('00');
  });

  it('grows with the value', () => {
    const long = 'é'.repeat(100_000);
    const type = parseSchema('string');
    expect(avroReader(type)(avroWriter(type)(long))).toBe(long);
  });

  /** A union's first branch that takes a number may be an int's: the number is the same, but for -0. */
  function asDoubles(value: unknown): unknown {
    if (typeof value === 'number') return value + 0;
    if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(asDoubles);
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, asDoubles(each)]));
  }
});
