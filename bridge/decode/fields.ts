/**
 * Reading one field of a record: an id, an amount, a number, a text, in every form Debezium, Avro and JSON producers
 * write. Event times: column-time.ts.
 *
 * Invariants (tested in fields.test.ts):
 * 1. Nothing is rounded: a number that JSON.parse may have rounded is `inexact-number`, and the record is parsed again.
 * 2. Every error says what was found and what to do.
 */
import { AvroDataError } from '../../shared/avro/avro-error.ts';
import { moneyFromNumber, parseMoney } from '../../shared/events/money.ts';
import { columnValue, decimal, isBase64 } from './column.ts';
import type { ColumnType } from './connect-schema.ts';
import { DataError, type DeadReason, inexact, quoted } from './data-error.ts';
import { isInexact } from './json-text.ts';

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
  const text = typeof value === 'object' ? columnValue(value, undefined) : undefined;
  if (typeof text === 'string') return readId(text, field, reason);
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
    if (typeof value === 'number' && type?.type !== 'float32') return readAmountNumber(value);
    const read = columnValue(value, type);
    if (typeof read === 'number') return readAmountNumber(read);
    if (typeof read === 'bigint') return parseMoney(String(read));
    if (typeof read === 'string') return readAmountText(read, type, base64Scale);
  } catch (error) {
    if (error instanceof RangeError || error instanceof AvroDataError)
      throw new DataError('bad-amount', `${error.message} (${field}); correct it at the source and redrive`);
    throw error;
  }
  if (value === null || value === undefined)
    throw new DataError('bad-amount', `Cannot count the record: no ${field}; the producer must set it`);
  throw new DataError('bad-amount', `Cannot read ${field} ${quoted(value)} as an amount: expected a decimal`);
}

function readAmountNumber(value: number): number {
  if (isInexact(value)) throw new RangeError(`Cannot read ${value} as an amount: over 2^53 minor units`);
  return moneyFromNumber(value);
}

/** `type`: undefined, or of a value that is a text whatever it was. */
function readAmountText(text: string, type: ColumnType | undefined, base64Scale: number | undefined): number {
  const mayBeBase64 = type === undefined || (type.type === 'bytes' && type.name === undefined);
  if (mayBeBase64 && base64Scale !== undefined) return parseMoney(decimal(text, base64Scale));
  if (mayBeBase64 && !/^[+-]?\d/.test(text) && isBase64(text))
    throw new RangeError(
      `Cannot read ${quoted(text)} as an amount: expected a decimal like "12.50"; ` +
        'if the connector writes base64 (decimal.handling.mode=precise), set base64AmountScale in the route',
    );
  return parseMoney(text);
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
