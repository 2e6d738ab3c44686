import { describe, expect, it } from 'vitest';
import { type TypeCase, typeCases } from './_type-cases.ts';
import { readTime } from './column-time.ts';
import { DataError } from './data-error.ts';

describe("times as Debezium's tests assert them", () => {
  const at: Readonly<Record<string, number>> = {
    ts: 1478267490123,
    ts_ms: 1478267490123,
    ts_us: 1478267490123,
    tz: Date.parse('2016-11-04T11:51:30.123Z'),
    date: Date.parse('2016-11-04T00:00:00Z'),
    tsneg: -1047174587392,
    ts_max: Number(9223371331199999n),
    ts_min: -210831897600001,
    ts_pinf: 9223372036825200,
    ts_ninf: -9223372036832400,
    tz_large: Date.parse('+021016-11-04T06:51:30.123Z'),
    tz_zero: Date.parse('+021016-11-04T06:51:30Z'),
    tz_min: Date.parse('-004713-12-31T23:59:59.999Z'),
  };
  const read = ({ json, type }: TypeCase) => readTime(json, 'time', type, 'auto');
  const temporal = typeCases().filter(({ type }) => /\.(time\.|data\.(Time|Date))/.test(type.name ?? ''));
  const asserted = (one: TypeCase) => at[one.column] !== undefined;
  const refused = /^(t(i|ip|tf|tz|ptz)|it|tz_(max|pinf|ninf))$/;

  for (const one of temporal.filter(asserted)) it(one.title, () => expect(read(one)).toBe(at[one.column]));
  for (const one of temporal.filter(({ column }) => refused.test(column)))
    it(`refused: ${one.title}`, () => expect(() => read(one)).toThrow(DataError));
  it('are all of them', () =>
    expect(temporal.filter((one) => !asserted(one) && !refused.test(one.column))).toEqual([]));
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

describe('times by the type in the schema', () => {
  const day = Date.UTC(2024, 5, 1);
  const ms = day + 36_000_123;
  const cases: readonly [name: string, value: unknown, expected: number][] = [
    ['io.debezium.time.NanoTimestamp', BigInt(ms) * 1_000_000n + 1n, ms],
    ['io.debezium.time.NanoTimestamp', -1n, -1],
    ['io.debezium.time.MicroTimestamp', -1n, -1],
    ['io.debezium.time.Date', day / 86_400_000, day],
    ['io.debezium.time.Year', 2024, Date.UTC(2024, 0, 1)],
    ['io.debezium.time.IsoDate', '2024-06-01Z', day],
    ['io.debezium.time.IsoDate', '2024-06-01', day],
    ['io.debezium.time.IsoTimestamp', '2024-06-01T10:00:00.123456Z', ms],
    ['io.debezium.time.ZonedTimestamp', '2024-06-01T12:00:00.123+02:00', ms],
    ['org.apache.kafka.connect.data.Timestamp', ms, ms],
    ['org.apache.kafka.connect.data.Date', day / 86_400_000, day],
    ['timestamp-millis', ms, ms],
    ['timestamp-micros', ms * 1000, ms],
    ['timestamp-nanos', BigInt(ms) * 1_000_000n, ms],
    ['local-timestamp-millis', ms, ms],
    ['local-timestamp-micros', ms * 1000 + 999, ms],
    ['local-timestamp-nanos', BigInt(ms) * 1_000_000n, ms],
    ['date', day / 86_400_000, day],
  ];
  for (const [name, value, expected] of cases)
    it(`${name} ${value}`, () => {
      const type = { type: undefined, name, scale: undefined };
      expect(readTime(value, 'time', type, 's')).toBe(expected);
    });

  for (const name of ['time-millis', 'time-micros', 'io.debezium.time.NanoTime', 'io.debezium.time.MicroDuration'])
    it(`${name} is no moment`, () => {
      const type = { type: 'int64', name, scale: undefined };
      expect(() => readTime(ms, 'time', type, 'auto')).toThrow(`it is a ${name}`);
    });
});
