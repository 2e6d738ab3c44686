import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMoney } from '../../shared/events/money.ts';
import type { ColumnType } from './connect-schema.ts';
import { readAmount, readId, readTime } from './fields.ts';
import { parseExact } from './json-text.ts';

interface TypeCase {
  readonly column: string;
  readonly pg_type: string;
  readonly mode: string;
  readonly connect_schema: { readonly name?: string; readonly type?: string; readonly scale?: number };
  readonly expected: string | number | null;
  readonly json_wire_base64?: string;
  readonly json_wire?: { readonly scale: number; readonly value: string };
}

// Numbers as bigint where a double cannot hold them, as the decoder's exact way gives them.
const fixture = readFileSync(new URL('./fixtures/postgres-type-mapping-cases.json', import.meta.url), 'utf8');
const { cases } = parseExact(fixture) as { cases: TypeCase[] };

function columnType({ connect_schema }: TypeCase): ColumnType {
  const { name, type, scale } = connect_schema;
  return { name, type, scale };
}

describe("amounts as Debezium's tests assert them", () => {
  const decimals = cases.filter(({ pg_type }) => /^(DECIMAL|NUMERIC|MONEY)/.test(pg_type));
  for (const one of decimals)
    it(`${one.column} ${one.pg_type}, ${one.mode}: ${one.expected}`, () => {
      const wire = one.json_wire_base64 ?? one.json_wire ?? one.expected;
      const read = () => readAmount(wire, 'amount', columnType(one), undefined);
      const text = String(one.expected);
      if (/^-?\d+(\.\d\d?0*)?$/.test(text)) expect(read()).toBe(parseMoney(text));
      else expect(read).toThrow(); // NaN, infinities, null, four digits
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

describe("times as Debezium's tests assert them", () => {
  const at: Readonly<Record<string, number>> = {
    ts: 1478267490123,
    ts_ms: 1478267490123,
    ts_us: 1478267490123,
    tz: Date.parse('2016-11-04T11:51:30.123Z'),
    date: Date.parse('2016-11-04T00:00:00Z'),
    tsneg: -1047174587392,
    ts_max: Number(9223371331199999n),
  };
  for (const one of cases.filter(({ column }) => at[column] !== undefined))
    it(`${one.column}: ${one.expected}`, () =>
      expect(readTime(one.expected, 'time', columnType(one), 'auto')).toBe(at[one.column]));

  for (const one of cases.filter(({ column }) => /^tz_(max|min|pinf|ninf|large)$/.test(column)))
    it(`refuses ${one.column}: ${one.expected}`, () =>
      expect(() => readTime(one.expected, 'time', columnType(one), 'auto')).toThrow('ISO 8601'));
});

describe('times without a schema', () => {
  const ms = Date.UTC(2024, 5, 1, 10, 0, 0, 123);
  const read = (value: unknown) => readTime(value, 'time', undefined, 'auto');

  for (const value of [
    ms,
    ms * 1000 + 999,
    BigInt(ms) * 1_000_000n + 999_999n,
    String(ms),
    '2024-06-01T10:00:00.123Z',
    '2024-06-01T10:00:00.123456',
    '2024-06-01 10:00:00.123',
    '2024-06-01 12:00:00.123+02',
    '2024-06-01T12:00:00.123+0200',
    '2024-06-01T12:00:00.123+02:00',
  ])
    it(`takes ${value} as the same moment`, () => expect(read(value)).toBe(ms));

  it('takes seconds as ms, to be refused as 1970', () => expect(read(ms / 1000)).toBe(Math.floor(ms / 1000)));
  it('takes seconds and days where the route says so', () => {
    expect(readTime(1717236000, 'time', undefined, 's')).toBe(1717236000000);
    expect(readTime(17109, 'time', undefined, 'days')).toBe(Date.UTC(2016, 10, 4));
  });
  it('does not read a rounded number', () => expect(() => read(2 ** 60)).toThrow('beyond 2^53'));

  for (const value of ['yesterday', '2024-13-01', '2024-06-01T25:00:00Z', '', null, undefined, true, {}, Number.NaN])
    it(`refuses ${JSON.stringify(value) ?? 'undefined'}`, () => {
      const t = (() => {
        try {
          return read(value);
        } catch {
          return undefined;
        }
      })();
      expect(t === undefined || Number.isNaN(t)).toBe(true);
    });
});

describe('ids', () => {
  const read = (value: unknown) => readId(value, 'customer_id', 'missing-key');

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
