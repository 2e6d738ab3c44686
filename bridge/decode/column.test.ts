import { describe, expect, it } from 'vitest';
import { typeCases } from './_type-cases.ts';
import { columnValue, needsConversion } from './column.ts';

describe("columns as Debezium's tests assert them, in JSON and in Avro", () => {
  const cases = typeCases();
  it('are 69', () => expect(cases).toHaveLength(69));
  for (const { title, type, json, avro, expected } of cases)
    it(title, () => {
      expect(columnValue(json, type)).toEqual(expected);
      expect(columnValue(avro, type)).toEqual(expected);
      if (columnValue(avro, type) !== avro) expect(needsConversion(type)).toBe(true);
    });
});

describe('types of Avro', () => {
  const type = (base: string, name?: string, scale?: number) => ({ type: base, name, scale });

  it('decimal', () =>
    expect(columnValue(new Uint8Array([0xfe, 0x1d, 0xed]), type('bytes', 'decimal', 2))).toBe('-1234.11'));
  it('a decimal whose unscaled value is beyond 2^53', () => {
    const bytes = new Uint8Array([0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    expect(columnValue(bytes, type('bytes', 'decimal', 3))).toBe('2361183241434822606.847');
  });
  it('uuid of 16 bytes', () => {
    const bytes = new Uint8Array(Buffer.from('a0eebc999c0b4ef8bb6d6bb9bd380a11', 'hex'));
    expect(columnValue(bytes, type('bytes', 'uuid'))).toBe('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11');
  });
  it('floats have the digits they were written with', () => {
    for (const value of [3.3, 0.1, 21.8, 16_777_216, 1e-10, 123_456.79])
      expect(columnValue(Math.fround(value), type('float32'))).toBe(value);
    expect(columnValue(3.3, type('float32'))).toBe(3.3);
    expect(columnValue(Math.fround(3.3), type('float64'))).toBe(Math.fround(3.3));
  });
});

describe('what a type does not allow', () => {
  const type = { type: 'bytes', name: 'org.apache.kafka.connect.data.Decimal', scale: 2 };
  for (const value of ['###', '', 'AA', new Uint8Array(0)])
    it(JSON.stringify(value), () => expect(() => columnValue(value, type)).toThrow('as a decimal'));
  it('a decimal without bytes', () =>
    expect(() => columnValue({ scale: 2, value: 5 }, undefined)).toThrow('expected bytes'));
  it('what is no decimal stays', () => {
    expect(columnValue({ scale: 2, value: 'Cg==', unit: 'kg' }, undefined)).toHaveProperty('unit');
    expect(columnValue({ scale: 2, value: 'Cg==' }, { ...type, type: 'struct', name: 'a.Reading' })).toHaveProperty(
      'scale',
    );
    expect(columnValue(null, type)).toBe(null);
    expect(columnValue({ a: 1 }, undefined)).toEqual({ a: 1 });
  });
});
