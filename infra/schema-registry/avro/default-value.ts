/**
 * Whether a field's default is a value of the field's type, as Avro's JSON encoding has it. Pure.
 * A union's default may belong to any branch (Avro 1.12); older readers want the first.
 */
import { digitsOf, isJsonObject, type JsonValue } from './exact-json.ts';
import type { RecordSchema, Schema } from './schema.ts';

const INT = { min: -(2n ** 31n), max: 2n ** 31n - 1n };
const LONG = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

export function isDefaultOf(schema: Schema, value: JsonValue | undefined): boolean {
  if (value === undefined) return false;
  switch (schema.type) {
    case 'null':
      return value === null;
    case 'boolean':
      return typeof value === 'boolean';
    case 'int':
      return isWholeNumber(value, INT);
    case 'long':
      return isWholeNumber(value, LONG);
    case 'float':
    case 'double':
      return digitsOf(value) !== undefined;
    case 'string':
      return typeof value === 'string';
    case 'bytes':
      return isByteText(value);
    case 'fixed':
      return isByteText(value) && value.length === schema.size;
    case 'enum':
      return typeof value === 'string' && schema.symbols.includes(value);
    case 'array':
      return Array.isArray(value) && value.every((item: JsonValue) => isDefaultOf(schema.items, item));
    case 'map':
      return isJsonObject(value) && Object.values(value).every((item) => isDefaultOf(schema.values, item));
    case 'union':
      return schema.branches.some((branch) => isDefaultOf(branch, value));
    case 'record':
    case 'error':
      return isRecordDefault(schema, value);
    default:
      return schema satisfies never;
  }
}

function isRecordDefault({ fields }: RecordSchema, value: JsonValue): boolean {
  return isJsonObject(value) && fields.every((field) => isDefaultOf(field.type, value[field.name] ?? field.default));
}

/** Bytes are written as text of the code points 0 to 255. */
function isByteText(value: JsonValue): value is string {
  return typeof value === 'string' && Array.from(value).every((char) => char.charCodeAt(0) <= 0xff);
}

function isWholeNumber(value: JsonValue, { min, max }: typeof INT): boolean {
  const digits = digitsOf(value);
  if (digits === undefined || !/^-?\d+$/.test(digits)) return false;
  const whole = BigInt(digits);
  return whole >= min && whole <= max;
}
