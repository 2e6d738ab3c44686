/**
 * Reading one column as a moment, in every form Debezium, Avro and JSON producers write.
 *
 * Invariants (tested in column-time.test.ts):
 * 1. Nothing is rounded but the fraction of a millisecond, which is cut off towards the past.
 * 2. A type that is no moment (a time of day, a duration) is refused, whatever the number.
 */
import type { TimeUnit } from '../../shared/config/routes.ts';
import type { ColumnType } from './connect-schema.ts';
import { DataError, inexact, quoted } from './data-error.ts';
import { isInexact } from './json-text.ts';

type Unit = TimeUnit | 'years' | 'none';

const UNIT_OF_TYPE: Readonly<Record<string, Unit>> = {
  'io.debezium.time.Timestamp': 'ms',
  'io.debezium.time.MicroTimestamp': 'us',
  'io.debezium.time.NanoTimestamp': 'ns',
  'io.debezium.time.ZonedTimestamp': 'iso',
  'io.debezium.time.IsoTimestamp': 'iso',
  'io.debezium.time.IsoDate': 'iso',
  'io.debezium.time.Date': 'days',
  'io.debezium.time.Year': 'years',
  'org.apache.kafka.connect.data.Timestamp': 'ms',
  'org.apache.kafka.connect.data.Date': 'days',
  'timestamp-millis': 'ms',
  'timestamp-micros': 'us',
  'timestamp-nanos': 'ns',
  'local-timestamp-millis': 'ms',
  'local-timestamp-micros': 'us',
  'local-timestamp-nanos': 'ns',
  date: 'days',
  'io.debezium.time.Time': 'none',
  'io.debezium.time.MicroTime': 'none',
  'io.debezium.time.NanoTime': 'none',
  'io.debezium.time.ZonedTime': 'none',
  'io.debezium.time.IsoTime': 'none',
  'io.debezium.time.Interval': 'none',
  'io.debezium.time.MicroDuration': 'none',
  'io.debezium.time.NanoDuration': 'none',
  'org.apache.kafka.connect.data.Time': 'none',
  'time-millis': 'none',
  'time-micros': 'none',
};

/** ms since the epoch, fractions cut off. A type in the schema wins over the route's unit. Hot path. */
export function readTime(value: unknown, field: string, type: ColumnType | undefined, routeUnit: TimeUnit): number {
  const unit = (type?.name === undefined ? undefined : UNIT_OF_TYPE[type.name]) ?? routeUnit;
  if (unit === 'none')
    throw new DataError(
      'bad-time',
      `Cannot read ${field} ${quoted(value)} as event time: it is a ${type?.name}, which is no moment; name another column in the route`,
    );
  if (typeof value === 'string') return textTime(value, field, unit);
  if (typeof value === 'bigint') return bigTime(value, unit === 'auto' ? unitOfMagnitude(Number(value)) : unit);
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

function numberTime(value: number, unit: Exclude<Unit, 'none'>): number {
  switch (unit) {
    case 's':
      return Math.floor(value * 1000);
    case 'us':
      return Math.floor(value / 1000);
    case 'ns':
      return Math.floor(value / 1_000_000);
    case 'days':
      return Math.floor(value) * 86_400_000;
    case 'years':
      return Date.UTC(value, 0, 1);
    case 'ms':
    case 'iso':
    case 'auto':
      return Math.floor(value);
    default:
      return unit satisfies never;
  }
}

/** Numbers that a double would round. */
function bigTime(value: bigint, unit: Exclude<Unit, 'none'>): number {
  if (unit === 'us') return floorDivided(value, 1_000n);
  if (unit === 'ns') return floorDivided(value, 1_000_000n);
  return numberTime(Number(value), unit);
}

function floorDivided(value: bigint, by: bigint): number {
  const quotient = value / by;
  return Number(value % by < 0n ? quotient - 1n : quotient);
}

const ISO = /^([+-]?\d{4,6}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?))? ?(Z|[+-]\d\d(?::?\d\d)?)?$/;

function textTime(text: string, field: string, unit: Exclude<Unit, 'none'>): number {
  if (/^-?\d{9,}$/.test(text)) {
    const number = BigInt(text); // some producers write epoch numbers as strings, to keep them exact
    return bigTime(number, unit === 'auto' ? unitOfMagnitude(Number(number)) : unit);
  }
  const [matched, date = '', clock = '00:00', zone = 'Z'] = ISO.exec(text) ?? [];
  const t = matched === undefined ? Number.NaN : Date.parse(`${fullDate(date)}T${cutToMs(clock)}${fullZone(zone)}`);
  if (Number.isNaN(t))
    throw new DataError(
      'bad-time',
      `Cannot read ${field} ${quoted(text)} as a time: expected ISO 8601 like "2024-06-01T10:00:00Z"`,
    );
  return t;
}

/** Years that do not have four digits have six and a sign in JavaScript, and as many as they need in Java. */
function fullDate(date: string): string {
  const [, sign, year = '', rest = ''] = /^([+-]?)(\d+)(.*)$/.exec(date) ?? [];
  return sign === '' && year.length === 4 ? date : `${sign || '+'}${year.padStart(6, '0')}${rest}`;
}

function cutToMs(clock: string): string {
  return clock.replace(/(\.\d{3})\d+$/, '$1');
}

function fullZone(zone: string): string {
  if (zone.length === 3) return `${zone}:00`; // Postgres writes +02
  return zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone;
}
