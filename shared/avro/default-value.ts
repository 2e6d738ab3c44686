/** The default of a schema's field, from the JSON form it has there (bytes as text, one byte a character) to a value. */
import { AvroDataError, quoted } from './avro-error.ts';
import type { AvroType } from './avro-schema.ts';

/** A fresh value each time: nothing that is done to one reaches another record. */
export function defaultValue(type: AvroType, json: unknown): unknown {
  const value = convert(type, json);
  if (value === undefined)
    throw new AvroDataError(
      'invalid-schema',
      `Cannot use ${quoted(json)} as the default of a field of type ${'name' in type ? type.name : type.kind}; correct the schema`,
    );
  return value;
}

/** undefined: not a value of the type. */
function convert(type: AvroType, json: unknown): unknown {
  switch (type.kind) {
    case 'null':
      return json === null ? null : undefined;
    case 'boolean':
      return typeof json === 'boolean' ? json : undefined;
    case 'int':
    case 'long':
      return typeof json === 'number' && Number.isInteger(json) ? json : undefined;
    case 'float':
    case 'double':
      return typeof json === 'number' ? json : undefined;
    case 'string':
      return typeof json === 'string' ? json : undefined;
    case 'bytes':
    case 'fixed':
      return typeof json === 'string' ? new Uint8Array(Buffer.from(json, 'latin1')) : undefined;
    case 'enum':
      return typeof json === 'string' && type.symbols.includes(json) ? json : undefined;
    case 'array':
      return Array.isArray(json) ? json.map((item: unknown) => defaultValue(type.items, item)) : undefined;
    case 'map':
      return isObject(json) ? mapValues(json, (value) => defaultValue(type.values, value)) : undefined;
    case 'union':
      // By the specification the first branch's; since Avro 1.12 any branch's.
      for (const branch of type.branches) {
        const value = convert(branch, json);
        if (value !== undefined) return value;
      }
      return undefined;
    case 'record':
      if (!isObject(json)) return undefined;
      return Object.fromEntries(
        type.fields.map((field) => [
          field.name,
          defaultValue(field.type, Object.hasOwn(json, field.name) ? json[field.name] : field.default),
        ]),
      );
  }
}

type JsonObject = Readonly<Record<string, unknown>>;

function mapValues(json: JsonObject, convertOne: (value: unknown) => unknown): JsonObject {
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, convertOne(value)]));
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
