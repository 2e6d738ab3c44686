/**
 * Avro schemas: JSON to a graph of types, in which every name is resolved.
 *
 * Owns: names, namespaces, references between schemas. Does not own: fetching them (schema-registry.ts), reading values.
 * More lenient than the specification where the writer's schema is a fact that we cannot change: default values and
 * characters in names are not checked.
 *
 * Invariants (tested in avro-schema.test.ts):
 * 1. One named type is one object, however often it is used; a recursive schema is a cycle.
 * 2. A short name means the enclosing namespace's type, and the global one only when there is none there.
 */
import { AvroDataError, quoted } from './avro-error.ts';

export const PRIMITIVES = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const;
export type Primitive = (typeof PRIMITIVES)[number];

/** The attributes of the schema object: `logicalType`, `scale`, `connect.name`, ... */
export type Attributes = Readonly<Record<string, unknown>>;

export interface PrimitiveType {
  readonly kind: Primitive;
  readonly attributes: Attributes;
}
interface Named {
  /** With its namespace. */
  readonly name: string;
  readonly aliases: readonly string[];
  readonly attributes: Attributes;
}
export interface RecordType extends Named {
  readonly kind: 'record';
  readonly fields: readonly RecordField[];
}
export interface RecordField {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly type: AvroType;
  /** As in the schema's JSON; undefined: none. */
  readonly default: unknown;
}
export interface EnumType extends Named {
  readonly kind: 'enum';
  readonly symbols: readonly string[];
  readonly default: string | undefined;
}
export interface FixedType extends Named {
  readonly kind: 'fixed';
  readonly size: number;
}
export interface ArrayType {
  readonly kind: 'array';
  readonly items: AvroType;
  readonly attributes: Attributes;
}
export interface MapType {
  readonly kind: 'map';
  readonly values: AvroType;
  readonly attributes: Attributes;
}
export interface UnionType {
  readonly kind: 'union';
  readonly branches: readonly AvroType[];
  readonly attributes: Attributes;
}
export type AvroType = PrimitiveType | RecordType | EnumType | FixedType | ArrayType | MapType | UnionType;

type Names = Map<string, AvroType>;
type JsonObject = Readonly<Record<string, unknown>>;

const NO_ATTRIBUTES: Attributes = Object.freeze({});

/** Parses the JSON value of a schema. References: schemas whose named types it may use, in order of dependence. */
export function parseSchema(schema: unknown, references: readonly unknown[] = []): AvroType {
  const names: Names = new Map();
  for (const reference of references) parse(reference, '', names);
  return parse(schema, '', names);
}

/** Parses a schema's text, as a registry keeps it: JSON, or the bare name of a primitive. */
export function parseSchemaText(text: string, references: readonly string[] = []): AvroType {
  return parseSchema(schemaJson(text), references.map(schemaJson));
}

function schemaJson(text: string): unknown {
  if (isPrimitive(text)) return text;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(text, 'it is not JSON', cause);
  }
}

function parse(schema: unknown, namespace: string, names: Names): AvroType {
  if (typeof schema === 'string') return lookUp(schema, namespace, names);
  if (Array.isArray(schema)) return parseUnion(schema, namespace, names);
  if (!isObject(schema)) throw invalid(schema, 'expected a name, an array or an object');
  const { type } = schema;
  switch (type) {
    case 'record':
    case 'error':
      return parseRecord(schema, namespace, names);
    case 'enum':
      return parseEnum(schema, namespace, names);
    case 'fixed':
      return parseFixed(schema, namespace, names);
    case 'array':
      return { kind: 'array', items: parse(schema.items, namespace, names), attributes: schema };
    case 'map':
      return { kind: 'map', values: parse(schema.values, namespace, names), attributes: schema };
    default:
      return annotated(parse(type, namespace, names), schema);
  }
}

/** `{"type": "long", "logicalType": ...}`. A named type is one object for all, and keeps its own attributes. */
function annotated(type: AvroType, schema: JsonObject): AvroType {
  if ('name' in type) return type;
  return { ...type, attributes: { ...type.attributes, ...schema } };
}

function lookUp(name: string, namespace: string, names: Names): AvroType {
  if (isPrimitive(name)) return { kind: name, attributes: NO_ATTRIBUTES };
  const type = names.get(fullName(name, namespace)) ?? names.get(name);
  if (type) return type;
  throw invalid(name, `no such type; it has ${quoted([...names.keys()])}, or a reference is missing`);
}

function parseUnion(schema: readonly unknown[], namespace: string, names: Names): UnionType {
  const branches = schema.map((branch) => parse(branch, namespace, names));
  if (branches.some(({ kind }) => kind === 'union')) throw invalid(schema, 'a union directly in a union');
  return { kind: 'union', branches, attributes: NO_ATTRIBUTES };
}

function parseRecord(schema: JsonObject, namespace: string, names: Names): RecordType {
  const fields: RecordField[] = [];
  const inner = namespaceOf(schema, namespace);
  const record: RecordType = { kind: 'record', ...naming(schema, inner), fields, attributes: schema };
  define(record, names); // before its fields: they may refer to it
  if (!Array.isArray(schema.fields)) throw invalid(schema, 'a record needs "fields"');
  const seen = new Set<string>();
  for (const field of schema.fields as readonly unknown[]) {
    if (!isObject(field) || typeof field.name !== 'string') throw invalid(field, 'a field needs a "name"');
    if (seen.has(field.name)) throw invalid(schema, `field "${field.name}" is there twice`);
    seen.add(field.name);
    fields.push({
      name: field.name,
      aliases: texts(field.aliases),
      type: parse(field.type, inner, names),
      default: field.default,
    });
  }
  return record;
}

function parseEnum(schema: JsonObject, namespace: string, names: Names): EnumType {
  const symbols = texts(schema.symbols);
  if (!Array.isArray(schema.symbols) || symbols.length !== schema.symbols.length)
    throw invalid(schema, 'an enum needs "symbols"');
  const symbol = typeof schema.default === 'string' ? schema.default : undefined;
  const inner = namespaceOf(schema, namespace);
  return define({ kind: 'enum', ...naming(schema, inner), symbols, default: symbol, attributes: schema }, names);
}

function parseFixed(schema: JsonObject, namespace: string, names: Names): FixedType {
  const { size } = schema;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw invalid(schema, 'a fixed needs a "size" of zero or more bytes');
  return define({ kind: 'fixed', ...naming(schema, namespaceOf(schema, namespace)), size, attributes: schema }, names);
}

function define<T extends RecordType | EnumType | FixedType>(type: T, names: Names): T {
  if (names.has(type.name)) throw invalid(type.name, 'the name is defined twice');
  names.set(type.name, type);
  return type;
}

/** The namespace of a named type, which is also that of the names inside it. */
function namespaceOf({ name, namespace }: JsonObject, enclosing: string): string {
  if (typeof name === 'string' && name.includes('.')) return name.slice(0, name.lastIndexOf('.'));
  return typeof namespace === 'string' ? namespace : enclosing;
}

function naming(schema: JsonObject, namespace: string): { name: string; aliases: readonly string[] } {
  if (typeof schema.name !== 'string' || schema.name === '') throw invalid(schema, 'it needs a "name"');
  const name = fullName(schema.name, namespace);
  return { name, aliases: texts(schema.aliases).map((alias) => fullName(alias, namespace)) };
}

function fullName(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];
}

function isPrimitive(name: string): name is Primitive {
  return PRIMITIVES.some((primitive) => primitive === name);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(schema: unknown, why: string, cause?: unknown): AvroDataError {
  return new AvroDataError(
    'invalid-schema',
    `Cannot read ${quoted(schema)} as an Avro schema: ${why}; correct the schema at its producer`,
    { cause },
  );
}
