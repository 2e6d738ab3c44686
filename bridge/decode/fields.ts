/**
 * Reading one field of a record: an id, an amount, a number, a text, an event time, in every form Debezium, Avro and
 * JSON producers write.
 *
 * Invariants (tested in fields.test.ts):
 * 1. Nothing is rounded: a number that JSON.parse may have rounded is `inexact-number`, and the record is parsed again.
 * 2. Every error says what was found and what to do.
 */
import type { TimeUnit } from '../../shared/config/routes.ts';
import { moneyFromNumber, parseMoney } from '../../shared/events/money.ts';
import type { ColumnType } from './connect-schema.ts';
import { DataError, type DeadReason, quoted } from './data-error.ts';
import { isInexact, isObject } from './json-text.ts';

/** A key of a store must stay a legal NATS subject when every character of the id takes up to 9 (`=E2=82=AC`). */
const MAX_ID_CHARS = 256;

/** An id is text in the mesh, whatever it was: 42 becomes "42". Hot path. */
export function readId(value: unknown, field: string, reason: DeadReason): string {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return String(value);
    if (isInexact(value)) throw inexact(field, value);
  } else if (typeof value === 'string') {
    if (value !== '' && value.length <= MAX_ID_CHARS && value.isWellFormed()) return value;
    if (value.length > MAX_ID_CHARS)
      throw new DataError('bad-id', `Cannot use ${field} ${quoted(value)}: longer than ${MAX_ID_CHARS} characters`);
    if (value !== '') throw new DataError('bad-id', `Cannot use ${field} ${quoted(value)}: not well-formed Unicode`);
  } else if (typeof value === 'bigint') return String(value);
  if (value === null || value === undefined || value === '')
    throw new DataError(reason, `Cannot place the record: no ${field}; the producer must set it`);
  throw new DataError('bad-id', `Cannot use ${field} ${quoted(value)}: expected a string or a whole number`);
}

/** Minor units. `base64Scale`: how to read base64 where the schema does not say. Hot path. */
export function readAmount(
  value: unknown,
  field: string,
  type: ColumnType | undefined,
  base64Scale: number | undefined,
): number {
  try {
    if (typeof value === 'number') {
      if (isInexact(value)) throw new RangeError(`Cannot read ${value} as an amount: over 2^53 minor units`);
      return moneyFromNumber(value);
    }
    if (typeof value === 'bigint') return parseMoney(String(value));
    if (typeof value === 'string') return readAmountText(value, type, base64Scale);
    if (isObject(value) && typeof value.value === 'string' && typeof value.scale === 'number')
      return decimal(value.value, value.scale); // io.debezium.data.VariableScaleDecimal
  } catch (error) {
    if (error instanceof RangeError)
      throw new DataError('bad-amount', `${error.message} (${field}); correct it at the source and redrive`);
    throw error;
  }
  if (value === null || value === undefined)
    throw new DataError('bad-amount', `Cannot count the record: no ${field}; the producer must set it`);
  throw new DataError('bad-amount', `Cannot read ${field} ${quoted(value)} as an amount: expected a decimal`);
}

function readAmountText(text: string, type: ColumnType | undefined, base64Scale: number | undefined): number {
  if (type?.type === 'bytes') return decimal(text, type.scale ?? base64Scale ?? 0);
  if (type === undefined && base64Scale !== undefined) return decimal(text, base64Scale);
  if (type === undefined && !/^[+-]?\d/.test(text) && isBase64(text))
    throw new RangeError(
      `Cannot read ${quoted(text)} as an amount: expected a decimal like "12.50"; ` +
        'if the connector writes base64 (decimal.handling.mode=precise), set base64AmountScale in the route',
    );
  return parseMoney(text);
}

function isBase64(text: string): boolean {
  return text !== '' && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
}

/** Kafka Connect's Decimal: base64 of the unscaled value, big-endian two's complement. */
function decimal(base64: string, scale: number): number {
  if (!isBase64(base64)) throw new RangeError(`Cannot read ${quoted(base64)} as an amount: not base64`);
  if (!Number.isInteger(scale) || scale < 0 || scale > 38)
    throw new RangeError(`Cannot read ${quoted(base64)} as an amount: scale ${scale} is not between 0 and 38`);
  const bytes = Buffer.from(base64, 'base64');
  const unscaled = BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`));
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const cut = digits.length - scale;
  return parseMoney(`${unscaled < 0n ? '-' : ''}${digits.slice(0, cut)}${scale > 0 ? `.${digits.slice(cut)}` : ''}`);
}

const UNIT_OF_TYPE: Readonly<Record<string, TimeUnit>> = {
  'io.debezium.time.Timestamp': 'ms',
  'io.debezium.time.MicroTimestamp': 'us',
  'io.debezium.time.NanoTimestamp': 'ns',
  'io.debezium.time.ZonedTimestamp': 'iso',
  'io.debezium.time.IsoTimestamp': 'iso',
  'io.debezium.time.IsoDate': 'iso',
  'io.debezium.time.Date': 'days',
  'org.apache.kafka.connect.data.Timestamp': 'ms',
  'org.apache.kafka.connect.data.Date': 'days',
};

/** ms since the epoch, fractions cut off. A type in the schema wins over the route's unit. Hot path. */
export function readTime(value: unknown, field: string, type: ColumnType | undefined, routeUnit: TimeUnit): number {
  const unit = (type?.name === undefined ? undefined : UNIT_OF_TYPE[type.name]) ?? routeUnit;
  if (typeof value === 'string') return isoTime(value, field, unit);
  if (typeof value === 'bigint') return numberTime(value, unit === 'auto' ? unitOfMagnitude(Number(value)) : unit);
  if (typeof value !== 'number')
    throw new DataError('bad-time', `Cannot read ${field} ${quoted(value)} as a time: expected a number or ISO 8601`);
  if (isInexact(value)) throw inexact(field, value);
  return numberTime(value, unit === 'auto' ? unitOfMagnitude(value) : unit);
}

function unitOfMagnitude(value: number): TimeUnit {
  const magnitude = Math.abs(value);
  if (magnitude < 1e14) return 'ms';
  return magnitude < 1e17 ? 'us' : 'ns';
}

function numberTime(value: number | bigint, unit: TimeUnit): number {
  switch (unit) {
    case 's':
      return Math.floor(Number(value) * 1000);
    case 'us':
      return Math.floor(Number(value) / 1000);
    case 'ns':
      return Number(BigInt(value) / 1_000_000n);
    case 'days':
      return Math.floor(Number(value)) * 86_400_000;
    case 'ms':
    case 'iso':
    case 'auto':
      return Math.floor(Number(value));
    default:
      return unit satisfies never;
  }
}

const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?) ?(Z|[+-]\d\d(?::?\d\d)?)?)?$/;

function isoTime(text: string, field: string, unit: TimeUnit): number {
  if (/^-?\d{9,}$/.test(text)) {
    const number = BigInt(text); // some producers write epoch numbers as strings, to keep them exact
    return numberTime(number, unit === 'auto' ? unitOfMagnitude(Number(number)) : unit);
  }
  const [matched, date, clock = '00:00', zone = 'Z'] = ISO.exec(text) ?? [];
  const t = matched === undefined ? Number.NaN : Date.parse(`${date}T${cutToMs(clock)}${fullZone(zone)}`);
  if (Number.isNaN(t))
    throw new DataError(
      'bad-time',
      `Cannot read ${field} ${quoted(text)} as a time: expected ISO 8601 like "2024-06-01T10:00:00Z"`,
    );
  return t;
}

function cutToMs(clock: string): string {
  return clock.replace(/(\.\d{3})\d+$/, '$1');
}

function fullZone(zone: string): string {
  if (zone.length === 3) return `${zone}:00`; // Postgres writes +02
  return zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone;
}

/** A whole number: a quantity, a stock. */
export function readWhole(value: unknown, field: string): number {
  const number = typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number)) return number;
  throw new DataError('bad-value', `Cannot read ${field} ${quoted(value)}: expected a whole number below 2^53`);
}

/** A measured value, where a double is exact enough. */
export function readNumber(value: unknown, field: string): number {
  const number =
    typeof value === 'bigint' || (typeof value === 'string' && value.trim() !== '') ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  throw new DataError('bad-value', `Cannot read ${field} ${quoted(value)}: expected a number`);
}

const MAX_TEXT_CHARS = 1024;

/** A short text that is kept with the event. */
export function readText(value: unknown, field: string): string {
  const text = typeof value === 'number' || typeof value === 'bigint' ? String(value) : value;
  if (typeof text === 'string' && text.length <= MAX_TEXT_CHARS && text.isWellFormed()) return text;
  throw new DataError(
    'bad-value',
    `Cannot read ${field} ${quoted(value)}: expected a text of at most ${MAX_TEXT_CHARS} characters`,
  );
}

/** One of some words, in any case. */
export function readChoice<const T extends string>(value: unknown, field: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value);
  if (found) return found;
  const word = typeof value === 'string' ? value.trim().toLowerCase() : undefined;
  const alike = choices.find((choice) => choice.toLowerCase() === word);
  if (alike) return alike;
  throw new DataError('bad-value', `Cannot read ${field} ${quoted(value)}: expected one of ${choices.join(', ')}`);
}

function inexact(field: string, value: number): DataError {
  return new DataError(
    'inexact-number',
    `Cannot read ${field} ${value}: beyond 2^53, and this runtime does not tell a number's digits; write it as a string`,
  );
}
