/**
 * Column values by their Connect or Avro type, in the form that fields.ts reads: decimals as text, bytes as base64,
 * uuids as text, 32-bit floats by their shortest digits. Times stay numbers or texts: column-time.ts reads those.
 *
 *     Decimal        JSON "AeIT", Avro <01 e2 13>, scale 2             "1234.11"
 *     VariableScale  {"scale":4,"value":"AYr3"}, or bytes in it         "10.1111"
 *     bytes, fixed   Avro <00 01 02>                                    "AAEC", as in JSON
 *     uuid           Avro fixed(16)                                     "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
 *     float32        Avro 3.299999952316284                             3.3, as in JSON
 *
 * Invariants (tested in column.test.ts):
 * 1. No digit is lost.
 * 2. JSON and Avro give the same value for the same column.
 */
import { decimalText, uuidText } from '../../shared/avro/logical-value.ts';
import type { ColumnType } from './connect-schema.ts';
import { quoted } from './data-error.ts';
import { isObject, type JsonObject } from './json-text.ts';

const VARIABLE_SCALE = 'io.debezium.data.VariableScaleDecimal';
const DECIMAL_NAMES: ReadonlySet<string> = new Set(['decimal', 'org.apache.kafka.connect.data.Decimal']);

/** True for types whose values are not what fields.ts reads. */
export function needsConversion({ type, name }: ColumnType): boolean {
  return type === 'bytes' || type === 'float32' || name === VARIABLE_SCALE || isDecimal(name);
}

/** Throws RangeError for a value that its type does not allow. */
export function columnValue(value: unknown, type: ColumnType | undefined): unknown {
  if (typeof value === 'number') return type?.type === 'float32' ? shortestFloat(value) : value;
  if (isDecimal(type?.name) && (typeof value === 'string' || value instanceof Uint8Array))
    return decimal(value, type?.scale ?? 0);
  if (value instanceof Uint8Array) return type?.name === 'uuid' ? uuidText(value) : base64(value);
  if (isObject(value) && isVariableScale(value, type)) return variableScaleDecimal(value);
  return value;
}

function isVariableScale(value: JsonObject, type: ColumnType | undefined): boolean {
  if (type) return type.name === VARIABLE_SCALE;
  return 'scale' in value && 'value' in value && Object.keys(value).length === 2;
}

function variableScaleDecimal({ scale, value }: JsonObject): string {
  if (typeof scale === 'number' && (typeof value === 'string' || value instanceof Uint8Array))
    return decimal(value, scale);
  throw new RangeError(`Cannot read ${quoted({ scale, value })} as a decimal: expected bytes and a scale`);
}

/** Kafka Connect's Decimal: the unscaled value, big-endian two's complement; in JSON base64 of it. */
export function decimal(unscaled: string | Uint8Array, scale: number): string {
  if (typeof unscaled !== 'string') return decimalText(unscaled, scale);
  if (!isBase64(unscaled)) throw new RangeError(`Cannot read ${quoted(unscaled)} as a decimal: not base64`);
  return decimalText(Buffer.from(unscaled, 'base64'), scale);
}

export function isBase64(text: string): boolean {
  return text !== '' && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
}

function isDecimal(name: string | undefined): boolean {
  return name !== undefined && DECIMAL_NAMES.has(name);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

const FLOAT_DIGITS = 9;

/** The shortest decimal that is this 32-bit float, as Java prints it. */
function shortestFloat(value: number): number {
  if (Math.fround(value) !== value) return value; // its producer wrote it in decimal, as JSON
  for (let digits = 1; digits < FLOAT_DIGITS; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return shorter;
  }
  return value;
}
