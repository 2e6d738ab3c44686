import { describe, expect, it } from 'vitest';
import { AvroDataError } from './avro-error.ts';
import { avroReader } from './avro-reader.ts';
import { parseSchema } from './avro-schema.ts';
import { avroWriter } from './avro-writer.ts';

function record(...names: readonly string[]): unknown {
  return { type: 'record', name: 'R', fields: names.map((name) => ({ name, type: 'int' })) };
}

describe('compilePlan', () => {
  it('takes any name, and none as code (1)', () => {
    const names = ['"]: 1 }; throw new Error("no"); //', "'", '` + x + `', '\u2028', 'constructor', 'é'];
    const value = avroReader(parseSchema(record(...names)))(Buffer.from([2, 4, 6, 8, 10, 12])) as object;
    expect(Object.entries(value)).toEqual(names.map((name, n) => [name, n + 1]));
    const odd = { type: 'enum', name: '"); throw 1; ("', symbols: ['"); throw 1; ("'] };
    expect(avroReader(parseSchema(odd))(Buffer.of(0))).toBe('"); throw 1; ("');
  });

  it('makes plain objects, also of __proto__ (2)', () => {
    for (const [schema, hex] of [
      [record('__proto__', 'a'), '0204'],
      [{ type: 'map', values: 'int' }, '04125f5f70726f746f5f5f0202610400'],
    ]) {
      const value = avroReader(parseSchema(schema))(Buffer.from(String(hex), 'hex')) as object;
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
      expect(JSON.stringify(value)).toBe('{"__proto__":1,"a":2}');
    }
  });

  it('refuses what is nested too deeply (3)', () => {
    const list = parseSchema({ type: 'record', name: 'L', fields: [{ name: 'next', type: ['null', 'L'] }] });
    const deep = Buffer.concat([Buffer.alloc(5_000_000, 2), Buffer.of(0)]);
    const skip = {
      type: 'record',
      name: 'S',
      fields: [{ name: 'list', type: { type: 'record', name: 'L', fields: [{ name: 'next', type: ['null', 'L'] }] } }],
    };
    for (const read of [avroReader(list), avroReader(parseSchema(skip), {})]) {
      expect(() => read(deep)).toThrow(AvroDataError);
      expect(() => read(deep)).toThrow('nested too deeply');
    }
    const endless = parseSchema({ type: 'record', name: 'E', fields: [{ name: 'e', type: 'E' }] });
    expect(() => avroReader(endless)(Buffer.alloc(0))).toThrow('nested too deeply');
  });

  it('reads again after an error', () => {
    const type = parseSchema(record('a'));
    const read = avroReader(type);
    expect(() => read(Buffer.alloc(0))).toThrow(AvroDataError);
    expect(read(avroWriter(type)({ a: 5 }))).toEqual({ a: 5 });
  });
});
