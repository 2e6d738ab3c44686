import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMoney } from '../../shared/events/money.ts';
import { typeCases } from './_type-cases.ts';
import { DataError } from './data-error.ts';
import { readAmount, readId } from './fields.ts';

describe("amounts as Debezium's tests assert them", () => {
  const decimals = typeCases().filter(({ title }) => /(DECIMAL|NUMERIC|MONEY)/.test(title));
  for (const { title, type, json, avro, expected } of decimals)
    for (const wire of [json, avro])
      it(`${title}${wire === json ? '' : ', Avro'}`, () => {
        const read = () => readAmount(wire, 'amount', type, undefined);
        const text = String(expected);
        if (/^-?\d+(\.\d\d?0*)?$/.test(text)) expect(read()).toBe(parseMoney(text));
        else expect(read).toThrow(DataError); // NaN, infinities, null, four digits
      });
});

describe('amounts', () => {
  const read = (value: unknown, scale?: number) => readAmount(value, 'amount', undefined, scale);

  it('reads numbers and texts', () => {
    expect([read(12.35), read('12.35'), read(1e3), read(0), read('-0.05')]).toEqual([1235, 1235, 100_000, 0, -5]);
  });

  it('reads base64 by the scale the route gives', () => expect(read('AeIT', 2)).toBe(123_411));

  it('says what to set when it sees base64', () => expect(() => read('AeIT')).toThrow('set base64AmountScale'));

  for (const value of [
    'abc',
    '1e400',
    '',
    '12.345',
    Number.POSITIVE_INFINITY,
    12.345,
    null,
    undefined,
    true,
    [],
    2 ** 53,
  ])
    it(`refuses ${JSON.stringify(value) ?? 'undefined'}`, () => expect(() => read(value)).toThrow(/amount/));

  it('reads any unscaled value that fits, in two complement', () => {
    const property = fc.property(fc.maxSafeInteger(), (minor) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64BE(BigInt(minor));
      expect(read(bytes.toString('base64'), 2)).toBe(minor);
    });
    fc.assert(property);
  });
});

describe('ids', () => {
  const read = (value: unknown) => readId(value, 'customer_id', 'missing-key');

  it('are read from decimals and bytes of Avro', () => {
    expect(read({ scale: 0, value: 'Cg==' })).toBe('10');
    expect(read({ scale: 1, value: new Uint8Array([105]) })).toBe('10.5');
    expect(read(new Uint8Array([0, 1, 2]))).toBe('AAEC');
  });

  it('are text, whatever they were', () => {
    expect([read(42), read('42'), read(9007199254740993n), read('é€')]).toEqual(['42', '42', '9007199254740993', 'é€']);
  });
  for (const value of [null, undefined, ''])
    it(`misses ${JSON.stringify(value) ?? 'undefined'}`, () => expect(() => read(value)).toThrow('no customer_id'));
  for (const value of [true, {}, [1], 1.5, 'x'.repeat(257), '\ud800'])
    it(`refuses ${JSON.stringify(value).slice(0, 20)}`, () =>
      expect(() => read(value)).toThrow('Cannot use customer_id'));
  it('does not read a rounded number', () => expect(() => read(2 ** 53 + 2)).toThrow('beyond 2^53'));
});
