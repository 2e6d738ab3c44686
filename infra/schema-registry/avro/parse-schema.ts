/**
 * Reads an Avro schema from its JSON text, and refuses what Avro's specification does not allow. Pure.
 *
 * Invariants (parse-schema.test.ts):
 * 1. Whatever is refused is refused by SchemaError, with what was found and where.
 * 2. A name is known from its definition on, inside itself too; names of `known` are known from the start.
 */
import { isDefaultOf } from './default-value.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseExactJson } from './exact-json.ts';
import { type Field, type NamedSchema, namespaceOf, PRIMITIVES, type PrimitiveName, type Schema } from './schema.ts';

export class SchemaError extends Error {
  readonly code = 'avro-schema';
}

export type Names = ReadonlyMap<string, NamedSchema>;

export interface ParsedSchema {
  readonly schema: Schema;
  /** Every named type of it, and those of `known`. */
  readonly names: Names;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const FULL_NAME = /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$/;
const ORDERS = ['ascending', 'descending', 'ignore'] as const;
const OWN_ATTRIBUTES = {
  primitive: ['type'],
  array: ['type', 'items'],
  map: ['type', 'values'],
  record: ['type', 'name', 'namespace', 'aliases', 'doc', 'fields'],
  enum: ['type', 'name', 'namespace', 'aliases', 'doc', 'symbols', 'default'],
  fixed: ['type', 'name', 'namespace', 'aliases', 'doc', 'size'],
  field: ['name', 'type', 'doc', 'default', 'order', 'aliases'],
} as const;

/** `known`: types of other schemas that this one refers to by name. */
export function parseSchema(text: string, known: Names = new Map()): ParsedSchema {
  const reader = new SchemaReader(known);
  return { schema: reader.read(parseJson(text), '', '/'), names: reader.names };
}

function parseJson(text: string): JsonValue {
  try {
    return parseExactJson(text);
  } catch (cause) {
    if (FULL_NAME.test(text)) return text; // Java's parser takes a bare name too, and clients send it
    throw new SchemaError(`Cannot parse the schema as JSON: ${cause instanceof Error ? cause.message : cause}`);
  }
}

class SchemaReader {
  readonly names: Map<string, NamedSchema>;

  constructor(known: Names) {
    this.names = new Map(known);
  }

  /** `space`: the namespace around; `at`: where we are, as a JSON pointer. */
  read(json: JsonValue | undefined, space: string, at: string): Schema {
    if (typeof json === 'string') return this.#byName(json, space, at);
    if (Array.isArray(json)) return this.#union(json, space, at);
    if (!isJsonObject(json)) throw wrong(at, json, 'expected a name, a list of branches or an object with "type"');
    const { type } = json;
    if (typeof type !== 'string') return this.read(type, space, under(at, 'type')); // {"type": {"type": ...}}
    switch (type) {
      case 'array':
        return { type, items: this.read(json.items, space, under(at, 'items')), props: rest(json, 'array') };
      case 'map':
        return { type, values: this.read(json.values, space, under(at, 'values')), props: rest(json, 'map') };
      case 'record':
      case 'error':
      case 'enum':
      case 'fixed':
        return this.#named(json, type, space, at);
      default:
        return isPrimitive(type) ? { type, props: rest(json, 'primitive') } : this.#byName(type, space, at);
    }
  }

  #byName(name: string, space: string, at: string): Schema {
    if (isPrimitive(name)) return { type: name, props: {} };
    const found = this.names.get(qualify(name, space)) ?? this.names.get(name);
    if (!found) throw wrong(at, name, 'no type of that name is defined before; define it, or add a reference to it');
    return found;
  }

  #union(json: readonly JsonValue[], space: string, at: string): Schema {
    const branches = json.map((branch, index) => this.read(branch, space, under(at, index)));
    const kinds = new Set<string>();
    for (const [index, branch] of branches.entries()) {
      const kind = 'fullName' in branch ? branch.fullName : branch.type;
      if (kind === 'union') throw wrong(under(at, index), json[index], 'a union directly in a union is not allowed');
      if (kinds.has(kind)) throw wrong(under(at, index), kind, 'a union may have only one branch of a kind');
      kinds.add(kind);
    }
    return { type: 'union', branches };
  }

  #named(json: JsonObject, type: NamedSchema['type'], space: string, at: string): NamedSchema {
    const fullName = this.#newName(json, space, at);
    const own = namespaceOf(fullName);
    const aliases = textList(json.aliases, under(at, 'aliases')).map((alias) => qualify(alias, own));
    const kind = type === 'error' ? 'record' : type;
    const shared = { fullName, aliases, doc: optionalText(json.doc), props: rest(json, kind) };
    switch (type) {
      case 'enum':
        return this.#define({ ...shared, ...readEnum(json, at) });
      case 'fixed':
        return this.#define({ ...shared, type, size: readSize(json.size, under(at, 'size')) });
      case 'record':
      case 'error': {
        const fields: Field[] = [];
        const record = this.#define({ ...shared, type, fields }); // before its fields: they may name it
        this.#readFields(json.fields, own, under(at, 'fields'), fields);
        return record;
      }
      default:
        return type satisfies never;
    }
  }

  #define<S extends NamedSchema>(schema: S): S {
    this.names.set(schema.fullName, schema);
    return schema;
  }

  #newName(json: JsonObject, space: string, at: string): string {
    const { name, namespace } = json;
    if (typeof name !== 'string' || !FULL_NAME.test(name)) throw wrong(under(at, 'name'), name, 'expected a name');
    const given = typeof namespace === 'string' ? namespace : space;
    if (given !== '' && !FULL_NAME.test(given)) throw wrong(under(at, 'namespace'), given, 'expected a namespace');
    const fullName = qualify(name, given);
    if (isPrimitive(fullName)) throw wrong(under(at, 'name'), name, 'the name of a primitive type cannot be taken');
    if (this.names.has(fullName)) throw wrong(under(at, 'name'), fullName, 'the name is taken by another type');
    return fullName;
  }

  #readFields(json: JsonValue | undefined, space: string, at: string, fields: Field[]): void {
    if (!Array.isArray(json)) throw wrong(at, json, 'expected a list of fields');
    const taken = new Set<string>();
    for (const [index, item] of (json as readonly JsonValue[]).entries()) {
      const field = this.#readField(item, space, under(at, index));
      if (taken.has(field.name))
        throw wrong(under(at, index), field.name, 'the record has a field of that name already');
      taken.add(field.name);
      fields.push(field);
    }
  }

  #readField(json: JsonValue, space: string, at: string): Field {
    if (!isJsonObject(json)) throw wrong(at, json, 'expected a field');
    const { name, order = 'ascending' } = json;
    if (typeof name !== 'string' || !NAME.test(name)) throw wrong(under(at, 'name'), name, 'expected a name');
    const known = ORDERS.find((candidate) => candidate === order);
    if (!known) throw wrong(under(at, 'order'), order, `expected one of ${ORDERS.join(', ')}`);
    return {
      name,
      type: this.read(json.type, space, under(at, 'type')),
      doc: optionalText(json.doc),
      default: json.default,
      order: known,
      aliases: textList(json.aliases, under(at, 'aliases')),
      props: rest(json, 'field'),
    };
  }
}

/** Refuses a default that no reader could use. Needs the whole graph, so it runs after reading. */
export function checkDefaults({ names }: ParsedSchema): void {
  for (const schema of names.values()) {
    if (!('fields' in schema)) continue;
    for (const { name, type, default: value } of schema.fields)
      if (value !== undefined && !isDefaultOf(type, value))
        throw new SchemaError(
          `Cannot use default ${shorten(value)} of field "${name}" of "${schema.fullName}": it is no ${type.type}; correct it or leave it out`,
        );
  }
}

function readEnum(json: JsonObject, at: string) {
  const symbols = textList(json.symbols, under(at, 'symbols'));
  if (!Array.isArray(json.symbols)) throw wrong(under(at, 'symbols'), json.symbols, 'expected a list of symbols');
  const bad = symbols.find((symbol, index) => !NAME.test(symbol) || symbols.indexOf(symbol) !== index);
  if (bad !== undefined) throw wrong(under(at, 'symbols'), bad, 'expected names, each once');
  const { default: fallback } = json;
  if (fallback === undefined) return { type: 'enum', symbols, default: undefined } as const;
  if (typeof fallback !== 'string' || !symbols.includes(fallback))
    throw wrong(under(at, 'default'), fallback, `expected one of ${symbols.join(', ')}`);
  return { type: 'enum', symbols, default: fallback } as const;
}

function readSize(size: JsonValue | undefined, at: string): number {
  if (typeof size === 'number' && Number.isInteger(size) && size >= 0 && size < 2 ** 31) return size;
  throw wrong(at, size, 'expected a number of bytes');
}

function textList(json: JsonValue | undefined, at: string): string[] {
  if (json === undefined || json === null) return [];
  const list: readonly JsonValue[] = Array.isArray(json) ? json : [json];
  return list.map((item) => {
    if (typeof item !== 'string') throw wrong(at, item, 'expected a list of names');
    return item;
  });
}

function optionalText(json: JsonValue | undefined): string | undefined {
  return typeof json === 'string' ? json : undefined;
}

function rest(json: JsonObject, kind: keyof typeof OWN_ATTRIBUTES): JsonObject {
  const own: readonly string[] = OWN_ATTRIBUTES[kind];
  return Object.fromEntries(Object.entries(json).filter(([name]) => !own.includes(name)));
}

function qualify(name: string, space: string): string {
  return name.includes('.') || space === '' ? name : `${space}.${name}`;
}

function isPrimitive(name: string): name is PrimitiveName {
  return PRIMITIVES.some((primitive) => primitive === name);
}

function under(at: string, token: string | number): string {
  return at === '/' ? `/${token}` : `${at}/${token}`;
}

function wrong(at: string, found: JsonValue | undefined, expected: string): SchemaError {
  return new SchemaError(`Cannot use ${shorten(found)} at "${at}" of the schema: ${expected}`);
}

function shorten(value: JsonValue | undefined): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
