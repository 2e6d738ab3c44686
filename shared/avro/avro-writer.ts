/**
 * Writes the plain values that avro-reader.ts gives, for producers and tests. In a union the first branch that takes
 * the value without rounding it is written; a field that is absent (undefined) gets its default.
 *
 * Not for a hot path: it walks the schema for each value.
 * Invariant 1 (tested in avro-writer.test.ts): a value that the schema does not allow is an AvroDataError `bad-value`
 * that names the field; nothing is cut, rounded or replaced.
 */
import { AvroDataError, quoted } from './avro-error.ts';
import { type AvroType, type RecordType, typeName, type UnionType } from './avro-type.ts';
import { BinarySink } from './binary-sink.ts';
import { defaultValue } from './default-value.ts';
import { isJsonObject, type JsonObject } from './exact-json.ts';
import { type SchemaKey, writeFrame } from './wire-format.ts';

const MAX_INT = 2 ** 31;
const MAX_LONG = 2n ** 63n;

/** A writer of pure Avro. */
export function avroWriter(type: AvroType): (value: unknown) => Buffer {
  const sink = new BinarySink();
  return (value) => {
    sink.clear();
    write(sink, type, value, '');
    return sink.take();
  };
}

/** A writer of Confluent frames. Plain `bytes` are written without a length, as Confluent's serializers do. */
export function frameWriter(schema: SchemaKey, type: AvroType): (value: unknown) => Buffer {
  const toAvro = avroWriter(type);
  return (value) => writeFrame(schema, type.kind === 'bytes' && value instanceof Uint8Array ? value : toAvro(value));
}

function write(sink: BinarySink, type: AvroType, value: unknown, path: string): void {
  if (!takes(type, value)) throw bad(type, value, path);
  if (type.kind === 'record') writeRecord(sink, type, value, path);
  else if (type.kind === 'array') writeArray(sink, type.items, value, path);
  else if (type.kind === 'map') writeMap(sink, type.values, value, path);
  else if (type.kind === 'union') writeUnion(sink, type, value, path);
  else if (type.kind === 'enum') sink.integer(type.symbols.indexOf(String(value)));
  else writeScalar(sink, type.kind, value);
}

function writeUnion(sink: BinarySink, type: UnionType, value: unknown, path: string): void {
  const exact = type.branches.findIndex((branch) => fits(branch, value, true));
  const index = exact >= 0 ? exact : type.branches.findIndex((branch) => fits(branch, value, false));
  const branch = type.branches[index];
  if (!branch) throw bad(type, value, path);
  sink.integer(index);
  write(sink, branch, value, path);
}

function writeScalar(sink: BinarySink, kind: string, value: unknown): void {
  if (typeof value === 'boolean') sink.boolean(value);
  else if (typeof value === 'string') sink.string(value);
  else if (typeof value === 'bigint') sink.long(value);
  else if (value instanceof Uint8Array) kind === 'fixed' ? sink.fixed(value) : sink.bytes(value);
  else if (typeof value !== 'number')
    return; // null takes no bytes
  else if (kind === 'float') sink.float(value);
  else if (kind === 'double') sink.double(value);
  else sink.integer(value);
}

function writeRecord(sink: BinarySink, type: RecordType, value: unknown, path: string): void {
  const record = isObject(value) ? value : {};
  for (const field of type.fields) {
    const given = Object.hasOwn(record, field.name) ? record[field.name] : undefined;
    const isDefault = given === undefined && field.default !== undefined;
    write(sink, field.type, isDefault ? defaultValue(field.type, field.default) : given, `${path}.${field.name}`);
  }
}

function writeArray(sink: BinarySink, items: AvroType, value: unknown, path: string): void {
  const all: readonly unknown[] = Array.isArray(value) ? value : [];
  if (all.length > 0) sink.integer(all.length);
  all.forEach((item, n) => {
    write(sink, items, item, `${path}[${n}]`);
  });
  sink.integer(0);
}

function writeMap(sink: BinarySink, values: AvroType, value: unknown, path: string): void {
  const entries = Object.entries(isObject(value) ? value : {});
  if (entries.length > 0) sink.integer(entries.length);
  for (const [name, each] of entries) {
    sink.string(name);
    write(sink, values, each, `${path}.${name}`);
  }
  sink.integer(0);
}

/** Whether a value is of the type, not looking into it. */
function takes(type: AvroType, value: unknown): boolean {
  switch (type.kind) {
    case 'null':
      return value === null;
    case 'boolean':
      return typeof value === 'boolean';
    case 'int':
      return typeof value === 'number' && Number.isInteger(value) && value >= -MAX_INT && value < MAX_INT;
    case 'long':
      return typeof value === 'bigint' ? value >= -MAX_LONG && value < MAX_LONG : Number.isSafeInteger(value);
    case 'float':
    case 'double':
      return typeof value === 'number';
    case 'string':
      return typeof value === 'string' && value.isWellFormed();
    case 'bytes':
      return value instanceof Uint8Array;
    case 'fixed':
      return value instanceof Uint8Array && value.length === type.size;
    case 'enum':
      return typeof value === 'string' && type.symbols.includes(value);
    case 'array':
      return Array.isArray(value);
    case 'map':
    case 'record':
      return isObject(value);
    case 'union':
      return type.branches.some((branch) => takes(branch, value));
  }
}

/** Whether a branch of a union takes a value, looking into it: branches may differ only inside. `exact`: no rounding. */
function fits(type: AvroType, value: unknown, exact: boolean): boolean {
  if (!takes(type, value)) return false;
  switch (type.kind) {
    case 'array':
      return !Array.isArray(value) || value.every((item: unknown) => fits(type.items, item, exact));
    case 'map':
      return !isObject(value) || Object.values(value).every((each) => fits(type.values, each, exact));
    case 'union':
      return type.branches.some((branch) => fits(branch, value, exact));
    case 'record':
      return isObject(value) && fitsRecord(type, value, exact);
    case 'float':
      return !exact || Object.is(Math.fround(Number(value)), value);
    default:
      return true;
  }
}

function fitsRecord(type: RecordType, value: JsonObject, exact: boolean): boolean {
  const names = new Set(type.fields.map((field) => field.name));
  if (!Object.keys(value).every((name) => names.has(name))) return false;
  return type.fields.every((field) => {
    const given = Object.hasOwn(value, field.name) ? value[field.name] : undefined;
    return given === undefined ? field.default !== undefined : fits(field.type, given, exact);
  });
}

function isObject(value: unknown): value is JsonObject {
  return isJsonObject(value) && !(value instanceof Uint8Array);
}

function bad(type: AvroType, value: unknown, path: string): AvroDataError {
  const at = path === '' ? '' : ` at "${path.replace(/^\./, '')}"`;
  return new AvroDataError(
    'bad-value',
    `Cannot write ${quoted(value)}${at}: it is no value of ${typeName(type)}; change the value or the schema`,
  );
}
