import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AvroDataError } from './avro-error.ts';
import { logicalValue } from './logical-value.ts';

function text(name: string, value: unknown, scale?: number): unknown {
  return logicalValue(value, { name, scale });
}

function twosComplement(value: bigint): Uint8Array {
  let size = 1;
  while (BigInt.asIntN(size * 8, value) !== value) size++;
  const hex = BigInt.asUintN(size * 8, value)
    .toString(16)
    .padStart(size * 2, '0');
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

describe('decimal', () => {
  it.each([
    ['fb1e', 2, '-12.50'],
    ['04e2', 2, '12.50'],
    ['00', 0, '0'],
    ['00', 2, '0.00'],
    ['ff', 3, '-0.001'],
    ['80', 0, '-128'],
    ['0080', 1, '12.8'],
    ['ffffffffffff', 0, '-1'],
    ['800000000000', 0, '-140737488355328'],
    ['7fffffffffffff', 0, '36028797018963967'],
    ['05', -3, '5000'],
    ['00', -3, '0'],
  ])('%s of scale %i is %s (1)', (hex, scale, expected) => {
    expect(text('decimal', new Uint8Array(Buffer.from(hex, 'hex')), scale)).toBe(expected);
    expect(text('org.apache.kafka.connect.data.Decimal', Buffer.from(hex, 'hex'), scale)).toBe(expected);
  });

  it('keeps every digit (1)', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }), fc.nat({ max: 60 }), (unscaled, scale) => {
        const decimal = String(text('decimal', twosComplement(unscaled), scale));
        expect(BigInt(decimal.replace('.', ''))).toBe(unscaled);
        expect(decimal.length - 1 - decimal.lastIndexOf('.')).toBe(scale === 0 ? decimal.length : scale);
        expect(decimal).toMatch(/^-?(0|[1-9]\d*)(\.\d+)?$/);
      }),
    );
  });

  it.each([
    [new Uint8Array(0), 2],
    ['12.5', 2],
    [new Uint8Array(70_000), 2],
    [new Uint8Array(1), 1e9],
    [new Uint8Array(1), 1.5],
  ])('refuses %j of scale %d (2)', (value, scale) => {
    expect(() => text('decimal', value, scale)).toThrow(AvroDataError);
  });
});

describe('dates and times', () => {
  it.each([
    ['date', 19_875, '2024-06-01'],
    ['date', -1, '1969-12-31'],
    ['date', -719_528, '0000-01-01'],
    ['date', 2_932_896, '9999-12-31'],
    ['time-millis', 36_900_123, '10:15:00.123'],
    ['time-millis', 0, '00:00:00'],
    ['time-micros', 36_900_123_456, '10:15:00.123456'],
    ['time-micros', 86_399_999_999, '23:59:59.999999'],
    ['timestamp-millis', 1_717_236_900_000, '2024-06-01T10:15:00Z'],
    ['timestamp-millis', -1, '1969-12-31T23:59:59.999Z'],
    ['timestamp-micros', 1_717_236_900_000_001, '2024-06-01T10:15:00.000001Z'],
    ['timestamp-micros', 1_717_236_900_123_000, '2024-06-01T10:15:00.123Z'],
    ['timestamp-micros', -1, '1969-12-31T23:59:59.999999Z'],
    ['timestamp-nanos', 1_717_236_900_123_456_789n, '2024-06-01T10:15:00.123456789Z'],
    ['timestamp-nanos', -1, '1969-12-31T23:59:59.999999999Z'],
    ['timestamp-nanos', -(10n ** 18n) - 1n, '1938-04-24T22:13:19.999999999Z'],
    ['local-timestamp-millis', 1_717_236_900_120, '2024-06-01T10:15:00.120'],
    ['local-timestamp-micros', 1_717_236_900_000_000, '2024-06-01T10:15:00'],
    ['local-timestamp-nanos', 1_717_236_900_000_000_100n, '2024-06-01T10:15:00.000000100'],
    ['org.apache.kafka.connect.data.Date', 19_875, '2024-06-01'],
    ['org.apache.kafka.connect.data.Time', 36_900_123, '10:15:00.123'],
    ['org.apache.kafka.connect.data.Timestamp', 1_717_236_900_000, '2024-06-01T10:15:00Z'],
  ])('%s %s is %s (1)', (name, value, expected) => {
    expect(text(name, value)).toBe(expected);
  });

  it.each([
    ['date', 2_932_897],
    ['date', -719_529],
    ['date', 1.5],
    ['date', '2024-06-01'],
    ['time-millis', 86_400_000],
    ['time-millis', -1],
    ['time-micros', 86_400_000_000],
    ['timestamp-millis', 253_402_300_800_000],
    ['timestamp-millis', -62_167_219_200_001],
    ['timestamp-micros', 2n ** 62n],
    ['timestamp-millis', 2 ** 60],
    ['timestamp-nanos', 'x'],
    ['local-timestamp-millis', null],
  ])('%s %s is refused (2)', (name, value) => {
    if (value === null) expect(text(name, value)).toBeNull();
    else expect(() => text(name, value)).toThrow(/^Cannot read .* as .*: expected .*; check/);
  });

  it('do not depend on the unit (1)', () => {
    fc.assert(
      fc.property(fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 }), (ms) => {
        const expected = new Date(ms).toISOString().replace('.000Z', 'Z');
        expect(text('timestamp-millis', ms)).toBe(expected);
        expect(text('timestamp-micros', BigInt(ms) * 1000n)).toBe(expected);
        expect(text('timestamp-nanos', BigInt(ms) * 1_000_000n)).toBe(expected);
      }),
    );
  });
});

describe('uuid', () => {
  const UUID = 'a4818e1c-8e59-11eb-8dcd-0242ac130003';
  it('is text with hyphens, in lower case', () => {
    for (const value of [
      UUID,
      UUID.toUpperCase(),
      UUID.replaceAll('-', ''),
      Buffer.from(UUID.replaceAll('-', ''), 'hex'),
    ])
      expect(text('uuid', value)).toBe(UUID);
  });
  it.each(['', 'x', UUID.slice(1), new Uint8Array(15), 7])('refuses %j (2)', (value) => {
    expect(() => text('uuid', value)).toThrow(AvroDataError);
  });
});

describe('others', () => {
  it('are left as they are', () => {
    const value = { any: 1 };
    expect(logicalValue(value, undefined)).toBe(value);
    expect(text('io.debezium.time.MicroTimestamp', 5)).toBe(5);
    expect(text('date', null)).toBeNull();
  });
});
