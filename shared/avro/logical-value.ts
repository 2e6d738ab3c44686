/**
 * Canonical texts of logical types: Avro's own, and Kafka Connect's four that mean the same. Others (io.debezium.*) are
 * left as they are, for the decoder that knows them.
 *
 *     decimal "-12.50" · date "2024-06-01" · time "10:15:00.123456" · timestamp "2024-06-01T10:15:00.123Z"
 *     local timestamp "2024-06-01T10:15:00.123" · uuid "a4818e1c-8e59-11eb-8dcd-0242ac130003"
 *
 * Invariants (tested in logical-value.test.ts):
 * 1. No digit is lost. Fractions of a second have 0, 3, 6 or 9 digits, as few as hold them, so that the text of a time
 *    does not depend on the unit it was written in (as java.time's).
 * 2. A value that the type does not allow is an AvroDataError `bad-value`.
 */
import { formatTime } from '../event-time/time-text.ts';
import { AvroDataError, quoted } from './avro-error.ts';

type TimeUnit = 'millis' | 'micros' | 'nanos';

/** What of a field's type matters here (schema-types.ts). */
export interface LogicalType {
  readonly name: string | undefined;
  readonly scale: number | undefined;
}

const DAY_MS = 86_400_000;
const FIRST_DAY = -719_528;
const END_DAY = 2_932_897;
const UNITS_A_MS: Readonly<Record<TimeUnit, number>> = { millis: 1, micros: 1_000, nanos: 1_000_000 };
const DIGITS: Readonly<Record<TimeUnit, number>> = { millis: 3, micros: 6, nanos: 9 };
const MAX_SCALE = 16_383;
const MAX_DECIMAL_BYTES = 65_536;
/** Bytes of an integer that a double holds exactly. */
const SMALL_BYTES = 6;
const UUID = /^([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/;

/** The value's text when its type is one of the above; otherwise, and for null, the value itself. */
export function logicalValue(value: unknown, type: LogicalType | undefined): unknown {
  if (value === null || value === undefined) return value;
  switch (type?.name) {
    case 'decimal':
    case 'org.apache.kafka.connect.data.Decimal':
      return decimalText(value, type.scale ?? 0);
    case 'date':
    case 'org.apache.kafka.connect.data.Date':
      return dateText(value);
    case 'time-millis':
    case 'org.apache.kafka.connect.data.Time':
      return timeText(value, 'millis');
    case 'time-micros':
      return timeText(value, 'micros');
    case 'timestamp-millis':
    case 'org.apache.kafka.connect.data.Timestamp':
      return `${localText(value, 'millis')}Z`;
    case 'timestamp-micros':
      return `${localText(value, 'micros')}Z`;
    case 'timestamp-nanos':
      return `${localText(value, 'nanos')}Z`;
    case 'local-timestamp-millis':
      return localText(value, 'millis');
    case 'local-timestamp-micros':
      return localText(value, 'micros');
    case 'local-timestamp-nanos':
      return localText(value, 'nanos');
    case 'uuid':
      return uuidText(value);
    default:
      return value;
  }
}

/** Big-endian two's complement; a negative scale (Connect allows it) means zeros at the end. */
export function decimalText(value: unknown, scale: number): string {
  if (!(value instanceof Uint8Array) || value.length === 0 || value.length > MAX_DECIMAL_BYTES)
    throw bad(value, 'a decimal', `1 to ${MAX_DECIMAL_BYTES} bytes`);
  if (!Number.isInteger(scale) || Math.abs(scale) > MAX_SCALE)
    throw bad(value, `a decimal of scale ${scale}`, `a scale within ${MAX_SCALE}`);
  const unscaled = value.length <= SMALL_BYTES ? smallInteger(value) : bigInteger(value);
  const text = String(unscaled);
  if (scale <= 0) return unscaled ? text + '0'.repeat(-scale) : '0';
  const sign = unscaled < 0 ? '-' : '';
  const digits = text.slice(sign.length).padStart(scale + 1, '0');
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function smallInteger(bytes: Uint8Array): number {
  let unsigned = 0;
  for (const byte of bytes) unsigned = unsigned * 256 + byte;
  return bytes[0]! < 0x80 ? unsigned : unsigned - 256 ** bytes.length;
}

function bigInteger(bytes: Uint8Array): bigint {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex}`));
}

/** Days since 1970-01-01. */
export function dateText(value: unknown): string {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < FIRST_DAY || value >= END_DAY)
    throw bad(value, 'a date', 'days of a year from 0000 to 9999');
  return formatTime(value * DAY_MS).slice(0, 10);
}

/** Time of day. */
export function timeText(value: unknown, unit: TimeUnit): string {
  const { ms, rest } = split(value, unit, 'a time of day');
  if (ms < 0 || ms >= DAY_MS) throw bad(value, 'a time of day', `${unit} of one day`);
  return secondsText(ms, rest, unit).slice('1970-01-01T'.length);
}

/** Date and time without a zone. */
function localText(value: unknown, unit: TimeUnit): string {
  const { ms, rest } = split(value, unit, 'a timestamp');
  if (ms < FIRST_DAY * DAY_MS || ms >= END_DAY * DAY_MS)
    throw bad(value, 'a timestamp', `${unit} of a year from 0000 to 9999`);
  return secondsText(ms, rest, unit);
}

/** Whole ms, rounded down, and the units that remain. */
function split(value: unknown, unit: TimeUnit, what: string): { readonly ms: number; readonly rest: number } {
  const units = UNITS_A_MS[unit];
  if (typeof value === 'number' && Number.isSafeInteger(value)) {
    const ms = Math.floor(value / units);
    return { ms, rest: value - ms * units };
  }
  if (typeof value !== 'bigint') throw bad(value, what, `a whole number of ${unit}`);
  const rest = Number(((value % BigInt(units)) + BigInt(units)) % BigInt(units));
  return { ms: Number((value - BigInt(rest)) / BigInt(units)), rest };
}

function secondsText(ms: number, rest: number, unit: TimeUnit): string {
  const inSecond = ((ms % 1000) + 1000) % 1000;
  const head = formatTime(ms - inSecond).slice(0, -1);
  const fraction = String(inSecond * UNITS_A_MS[unit] + rest).padStart(DIGITS[unit], '0');
  const digits = fraction.replace(/(?:000)+$/, '');
  return digits === '' ? head : `${head}.${digits}`;
}

/** Text in either case, with or without hyphens; or 16 bytes. */
export function uuidText(value: unknown): string {
  const isBytes = value instanceof Uint8Array && value.length === 16;
  const text = isBytes ? Buffer.from(value).toString('hex') : value;
  const match = typeof text === 'string' ? UUID.exec(text.toLowerCase()) : null;
  if (!match) throw bad(value, 'a uuid', '32 hex digits, or 16 bytes');
  return match.slice(1).join('-');
}

function bad(value: unknown, what: string, expected: string): AvroDataError {
  const shown = value instanceof Uint8Array ? `${value.length} bytes` : quoted(value);
  return new AvroDataError(
    'bad-value',
    `Cannot read ${shown} as ${what}: expected ${expected}; check the producer and its schema`,
  );
}
