/**
 * The default of a schema's field, from the JSON form it has there (bytes as text, one byte a character) to a value as
 * avro-reader.ts gives it. Numbers may be plain or exact-json.ts's.
 */
import { AvroDataError, quoted } from './avro-error.ts';
import { type AvroType, type RecordType, typeName } from './avro-type.ts';
import { isJsonObject, isRawNumber, type JsonObject } from './exact-json.ts';

/** A fresh value each time: nothing that is done to one reaches another record. */
export function defaultValue(type: AvroType, json: unknown): unknown {
  const value = convert(type, json);
  if (value === undefined)
    throw new AvroDataError(
      'invalid-schema',
      `Cannot use ${quoted(json)} as the default of a field of type ${typeName(type)}; correct the schema`,
    );
  return value;
}

export function isDefaultOf(type: AvroType, json: unknown): boolean {
  return convert(type, json) !== undefined;
}

/** undefined: not a value of the type. */
function convert(type: AvroType, json: unknown): unknown {
  switch (type.kind) {
    case 'null':
      return json === null ? null : undefined;
    case 'boolean':
      return typeof json === 'boolean' ? json : undefined;
    case 'int':
      return wholeNumber(json, 32);
    case 'long':
      return wholeNumber(json, 64);
    case 'float':
    case 'double':
      if (isRawNumber(json)) return Number(json.rawJSON);
      return typeof json === 'number' ? json : undefined;
    case 'string':
      return typeof json === 'string' ? json : undefined;
    case 'bytes':
      return bytesOf(json);
    case 'fixed':
      return typeof json === 'string' && json.length === type.size ? bytesOf(json) : undefined;
    case 'enum':
      return typeof json === 'string' && type.symbols.includes(json) ? json : undefined;
    case 'array':
      return Array.isArray(json) ? listOf(json.map((item: unknown) => convert(type.items, item))) : undefined;
    case 'map':
      if (!isJsonObject(json)) return undefined;
      return objectOf(Object.entries(json).map(([name, value]) => [name, convert(type.values, value)]));
    case 'union':
      // By the specification the first branch's; since Avro 1.12 any branch's.
      return type.branches.map((branch) => convert(branch, json)).find((value) => value !== undefined);
    case 'record':
      return isJsonObject(json) ? recordOf(type, json) : undefined;
  }
}

function recordOf({ fields }: RecordType, json: JsonObject): unknown {
  return objectOf(
    fields.map(({ name, type, default: own }) => [name, convert(type, Object.hasOwn(json, name) ? json[name] : own)]),
  );
}

function listOf(values: readonly unknown[]): unknown {
  return values.includes(undefined) ? undefined : values;
}

function objectOf(entries: readonly (readonly [string, unknown])[]): unknown {
  return entries.some(([, value]) => value === undefined) ? undefined : Object.fromEntries(entries);
}

/** Bytes are written as text of the code points 0 to 255. */
function bytesOf(json: unknown): Uint8Array | undefined {
  const isBytes = typeof json === 'string' && Array.from(json).every((char) => char.charCodeAt(0) <= 0xff);
  return isBytes ? new Uint8Array(Buffer.from(json, 'latin1')) : undefined;
}

/** Beyond 2^53 a bigint. */
function wholeNumber(json: unknown, bits: number): number | bigint | undefined {
  const whole = wholeOf(json);
  if (whole === undefined || BigInt.asIntN(bits, whole) !== whole) return undefined;
  const number = Number(whole);
  return Number.isSafeInteger(number) ? number : whole;
}

function wholeOf(json: unknown): bigint | undefined {
  if (isRawNumber(json)) return /^-?\d+$/.test(json.rawJSON) ? BigInt(json.rawJSON) : undefined;
  return typeof json === 'number' && Number.isInteger(json) ? BigInt(json) : undefined;
}
