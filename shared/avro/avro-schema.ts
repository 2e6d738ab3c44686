/**
 * Avro schemas: JSON to a graph of types, in which every name is resolved.
 *
 * Owns: names, namespaces, references between schemas, and what a reader cannot do without. Does not own: fetching them
 * (schema-registry.ts), reading values, the rest of the specification: that is a rule of strict-schema.ts, as the
 * writer's schema is a fact that a reader cannot change.
 *
 * Invariants (tested in avro-schema.test.ts, and with rules in strict-schema.test.ts):
 * 1. One named type is one object, however often it is used; a recursive schema is a cycle.
 * 2. A short name means the enclosing namespace's type, and the global one only when there is none there.
 * 3. What is refused is an AvroDataError `invalid-schema` that says what was found, and where.
 */
import { AvroDataError, quoted } from './avro-error.ts';
import {
  type Attributes,
  type AvroType,
  isNamed,
  isPrimitiveName,
  type NamedType,
  type Names,
  namespaceOf,
  type RecordField,
  SORT_ORDERS,
  type UnionType,
} from './avro-type.ts';
import { isJsonObject, type JsonObject } from './exact-json.ts';

export interface ParsedSchema {
  readonly type: AvroType;
  /** Every named type of it, and those it was given. */
  readonly names: Names;
}

/** Rules beyond what reading needs; each throws `invalidSchema`. `at`: where we are, as a JSON pointer. */
export interface SchemaRules {
  /** Before the type is defined. */
  namedType(schema: JsonObject, fullName: string, at: string): void;
  field(schema: JsonObject, at: string): void;
  union(branches: readonly AvroType[], at: string): void;
}

const NO_RULES: SchemaRules = { namedType() {}, field() {}, union() {} };
const NO_ATTRIBUTES: Attributes = Object.freeze({});
export const FULL_NAME = /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$/;

/** Attributes that have a place of their own in the model. */
const OWN = {
  primitive: ['type'],
  array: ['type', 'items'],
  map: ['type', 'values'],
  record: ['type', 'name', 'namespace', 'aliases', 'doc', 'fields'],
  enum: ['type', 'name', 'namespace', 'aliases', 'doc', 'symbols', 'default'],
  fixed: ['type', 'name', 'namespace', 'aliases', 'doc', 'size'],
  field: ['name', 'type', 'doc', 'default', 'order', 'aliases'],
} as const;

/** Parses the JSON value of a schema. References: schemas whose named types it may use, in order of dependence. */
export function parseSchema(schema: unknown, references: readonly unknown[] = []): AvroType {
  let known: Names = new Map();
  for (const reference of references) known = readSchema(reference, known).names;
  return readSchema(schema, known).type;
}

/** Parses a schema's text, as a registry keeps it. */
export function parseSchemaText(text: string, references: readonly string[] = []): AvroType {
  const json = (each: string) => schemaJson(each, JSON.parse);
  return parseSchema(json(text), references.map(json));
}

/** The JSON value of a schema's text. A bare name is one too: Java's parser takes it, and clients send it. */
export function schemaJson(text: string, parseJson: (text: string) => unknown): unknown {
  if (isPrimitiveName(text)) return text;
  try {
    return parseJson(text);
  } catch (cause) {
    if (FULL_NAME.test(text)) return text;
    throw invalidSchema(text, '/', `it is not JSON: ${cause instanceof Error ? cause.message : cause}`, cause);
  }
}

/** Parses the JSON value of a schema that may use the known types. */
export function readSchema(schema: unknown, known: Names, rules: SchemaRules = NO_RULES): ParsedSchema {
  const reader = new SchemaReader(known, rules);
  return { type: reader.read(schema, '', '/'), names: reader.names };
}

class SchemaReader {
  readonly names: Map<string, NamedType>;
  readonly #rules: SchemaRules;

  constructor(known: Names, rules: SchemaRules) {
    this.names = new Map(known);
    this.#rules = rules;
  }

  /** `space`: the namespace around. */
  read(schema: unknown, space: string, at: string): AvroType {
    if (typeof schema === 'string') return this.#lookUp(schema, space, at);
    if (Array.isArray(schema)) return this.#union(schema, space, at);
    if (!isJsonObject(schema))
      throw invalidSchema(schema, at, 'expected a name, a list of branches or an object with "type"');
    const { type } = schema;
    switch (type) {
      case 'record':
      case 'error':
      case 'enum':
      case 'fixed':
        return this.#named(type, schema, space, at);
      case 'array':
        return {
          kind: type,
          items: this.read(schema.items, space, under(at, 'items')),
          attributes: attributes(schema, type),
        };
      case 'map':
        return {
          kind: type,
          values: this.read(schema.values, space, under(at, 'values')),
          attributes: attributes(schema, type),
        };
      default:
        return annotated(this.read(type, space, typeof type === 'string' ? at : under(at, 'type')), schema);
    }
  }

  #lookUp(name: string, space: string, at: string): AvroType {
    if (isPrimitiveName(name)) return { kind: name, attributes: NO_ATTRIBUTES };
    const type = this.names.get(qualify(name, space)) ?? this.names.get(name);
    if (type) return type;
    const known = quoted([...this.names.keys()]);
    throw invalidSchema(name, at, `no such type is defined before; it has ${known}, or a reference is missing`);
  }

  #union(schema: readonly unknown[], space: string, at: string): UnionType {
    const branches = schema.map((branch, n) => this.read(branch, space, under(at, n)));
    const nested = branches.findIndex(({ kind }) => kind === 'union');
    if (nested >= 0) throw invalidSchema(schema[nested], under(at, nested), 'it is a union directly in a union');
    this.#rules.union(branches, at);
    return { kind: 'union', branches, attributes: NO_ATTRIBUTES };
  }

  #named(word: NamedType['kind'] | 'error', schema: JsonObject, space: string, at: string): NamedType {
    const name = fullName(schema, space, at);
    const own = namespaceOf(name);
    const kind = word === 'error' ? 'record' : word;
    this.#rules.namedType(schema, name, at);
    if (this.names.has(name)) throw invalidSchema(name, under(at, 'name'), 'the name is taken: it is defined twice');
    const aliases = texts(schema.aliases).map((alias) => qualify(alias, own));
    const shared = { name, aliases, doc: text(schema.doc), attributes: attributes(schema, kind) };
    switch (kind) {
      case 'enum':
        return this.#define({ kind, ...shared, symbols: symbolsOf(schema, at), default: text(schema.default) });
      case 'fixed':
        return this.#define({ kind, ...shared, size: sizeOf(schema, at) });
      case 'record': {
        const fields: RecordField[] = [];
        const record = this.#define({ kind, ...shared, isError: word === 'error', fields });
        this.#readFields(schema.fields, own, under(at, 'fields'), fields); // after: they may refer to the record
        return record;
      }
      default:
        return kind satisfies never;
    }
  }

  #define<T extends NamedType>(type: T): T {
    this.names.set(type.name, type);
    return type;
  }

  #readFields(schemas: unknown, space: string, at: string, fields: RecordField[]): void {
    if (!Array.isArray(schemas)) throw invalidSchema(schemas, at, 'a record needs "fields", a list');
    const taken = new Set<string>();
    for (const [n, schema] of (schemas as readonly unknown[]).entries()) {
      const field = this.#field(schema, space, under(at, n));
      if (taken.has(field.name)) throw invalidSchema(field.name, under(at, n), 'a field of that name is there twice');
      taken.add(field.name);
      fields.push(field);
    }
  }

  #field(schema: unknown, space: string, at: string): RecordField {
    if (!isJsonObject(schema) || typeof schema.name !== 'string')
      throw invalidSchema(schema, at, 'a field needs a "name"');
    this.#rules.field(schema, at);
    return {
      name: schema.name,
      aliases: texts(schema.aliases),
      doc: text(schema.doc),
      type: this.read(schema.type, space, under(at, 'type')),
      default: schema.default,
      order: SORT_ORDERS.find((order) => order === schema.order) ?? 'ascending',
      attributes: attributes(schema, 'field'),
    };
  }
}

/** `{"type": "long", "logicalType": ...}`. A named type is one object for all, and keeps its own attributes. */
function annotated(type: AvroType, schema: JsonObject): AvroType {
  return isNamed(type) ? type : { ...type, attributes: { ...type.attributes, ...attributes(schema, 'primitive') } };
}

function attributes(schema: JsonObject, kind: keyof typeof OWN): Attributes {
  const own: readonly string[] = OWN[kind];
  return Object.fromEntries(Object.entries(schema).filter(([name]) => !own.includes(name)));
}

function fullName(schema: JsonObject, space: string, at: string): string {
  const { name, namespace } = schema;
  if (typeof name !== 'string' || name === '') throw invalidSchema(name, under(at, 'name'), 'it needs a "name"');
  return qualify(name, typeof namespace === 'string' ? namespace : space);
}

function symbolsOf({ symbols }: JsonObject, at: string): readonly string[] {
  if (Array.isArray(symbols) && symbols.length === texts(symbols).length) return texts(symbols);
  throw invalidSchema(symbols, under(at, 'symbols'), 'an enum needs "symbols", a list of names');
}

function sizeOf({ size }: JsonObject, at: string): number {
  if (typeof size === 'number' && Number.isSafeInteger(size) && size >= 0) return size;
  throw invalidSchema(size, under(at, 'size'), 'a fixed needs a "size" of zero or more bytes');
}

function qualify(name: string, space: string): string {
  return name.includes('.') || space === '' ? name : `${space}.${name}`;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** One alias need not be in a list. */
function texts(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((each) => typeof each === 'string');
}

/** A JSON pointer, `/` for the whole. */
export function under(at: string, token: string | number): string {
  return at === '/' ? `/${token}` : `${at}/${token}`;
}

export function invalidSchema(found: unknown, at: string, why: string, cause?: unknown): AvroDataError {
  const shown = found === undefined ? 'nothing' : quoted(found);
  return new AvroDataError(
    'invalid-schema',
    `Cannot read ${shown} at "${at}" as an Avro schema: ${why}; correct the schema at its producer`,
    { cause },
  );
}
