/**
 * Avro schemas that others are to use: everything that the specification does not allow is refused, and numbers are
 * kept digit by digit. For a registry; a reader of records takes more (avro-schema.ts).
 *
 * Invariants (strict-schema.test.ts):
 * 1. Whatever is refused is an AvroDataError `invalid-schema` that says what was found, and where.
 * 2. A name is known from its definition on, inside itself too; names of `known` are known from the start.
 */
import { AvroDataError, quoted } from './avro-error.ts';
import {
  FULL_NAME,
  invalidSchema,
  type ParsedSchema,
  readSchema,
  type SchemaRules,
  schemaJson,
  under,
} from './avro-schema.ts';
import { type AvroType, isPrimitiveName, type Names, SORT_ORDERS, typeName, typeWord } from './avro-type.ts';
import { isDefaultOf } from './default-value.ts';
import { type JsonObject, parseExactJson } from './exact-json.ts';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const MAX_FIXED_BYTES = 2 ** 31 - 1;

const RULES: SchemaRules = {
  namedType(schema, fullName, at) {
    checkName(schema, fullName, at);
    checkTexts(schema.aliases, under(at, 'aliases'));
    if (schema.type === 'enum') checkEnum(schema, at);
    if (typeof schema.size === 'number' && schema.size > MAX_FIXED_BYTES && schema.type === 'fixed')
      throw invalidSchema(schema.size, under(at, 'size'), `expected no more than ${MAX_FIXED_BYTES} bytes`);
  },
  field({ name, order, aliases }, at) {
    if (typeof name !== 'string' || !NAME.test(name)) throw invalidSchema(name, under(at, 'name'), 'expected a name');
    if (order !== undefined && !SORT_ORDERS.some((known) => known === order))
      throw invalidSchema(order, under(at, 'order'), `expected one of ${SORT_ORDERS.join(', ')}`);
    checkTexts(aliases, under(at, 'aliases'));
  },
  union(branches, at) {
    const kinds = branches.map(typeName);
    const second = kinds.findIndex((kind, n) => kinds.indexOf(kind) !== n);
    if (second >= 0)
      throw invalidSchema(kinds[second], under(at, second), 'a union may have only one branch of a kind');
  },
};

/** `known`: types of other schemas that this one refers to by name. */
export function parseStrictSchema(text: string, known: Names = new Map()): ParsedSchema {
  return readSchema(schemaJson(text, parseExactJson), known, RULES);
}

/** Refuses a default that no reader could use. Needs the whole graph, so it runs after parsing. */
export function checkDefaults({ names }: ParsedSchema): void {
  for (const record of names.values()) {
    if (record.kind !== 'record') continue;
    for (const { name, type, default: value } of record.fields)
      if (value !== undefined && !isDefaultOf(type, value)) throw badDefault(record.name, name, type, value);
  }
}

function badDefault(record: string, field: string, type: AvroType, value: unknown): AvroDataError {
  return new AvroDataError(
    'invalid-schema',
    `Cannot use default ${quoted(value)} of field "${field}" of "${record}": it is no ${typeWord(type)}; correct it or leave it out`,
  );
}

function checkName({ name, namespace }: JsonObject, fullName: string, at: string): void {
  if (typeof name !== 'string' || !FULL_NAME.test(name))
    throw invalidSchema(name, under(at, 'name'), 'expected a name');
  if (typeof namespace === 'string' && namespace !== '' && !FULL_NAME.test(namespace))
    throw invalidSchema(namespace, under(at, 'namespace'), 'expected a namespace');
  if (isPrimitiveName(fullName))
    throw invalidSchema(name, under(at, 'name'), 'the name of a primitive type cannot be taken');
}

function checkEnum({ symbols, default: fallback }: JsonObject, at: string): void {
  const names: readonly unknown[] = Array.isArray(symbols) ? symbols : [];
  const bad = names.findIndex((name, n) => typeof name !== 'string' || !NAME.test(name) || names.indexOf(name) !== n);
  if (bad >= 0) throw invalidSchema(names[bad], under(at, 'symbols'), 'expected names, each once');
  if (fallback !== undefined && Array.isArray(symbols) && !names.includes(fallback))
    throw invalidSchema(fallback, under(at, 'default'), `expected one of ${names.join(', ')}`);
}

function checkTexts(value: unknown, at: string): void {
  if (value === undefined || value === null) return;
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const bad = list.find((each) => typeof each !== 'string');
  if (bad !== undefined) throw invalidSchema(bad, at, 'expected a list of names');
}
