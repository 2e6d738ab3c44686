/**
 * The one text of a schema: two texts of the same schema, however spaced and ordered, become one. What carries meaning
 * for anybody (docs, defaults, aliases, other attributes) stays. Attributes come in the order of Java's Schema.toString.
 *
 * Invariants (write-schema.test.ts):
 * 1. Writing what was parsed from a written text gives that text.
 * 2. `normalized`: the order of other attributes does not matter either, and every name is written in full.
 */
import {
  type Attributes,
  type AvroType,
  isNamed,
  type NamedType,
  type Names,
  namespaceOf,
  type RecordField,
  shortName,
  typeWord,
} from '../../shared/avro/avro-type.ts';

export interface WriteOptions {
  /** Types of other schemas: written by name only. */
  readonly known?: Names;
  readonly normalized?: boolean;
}

export function writeSchema(schema: AvroType, { known = new Map(), normalized = false }: WriteOptions = {}): string {
  const written = new Set<NamedType>(known.values());
  return JSON.stringify(new Writer(written, normalized).write(schema, ''));
}

class Writer {
  readonly #written: Set<NamedType>;
  readonly #normalized: boolean;

  constructor(written: Set<NamedType>, normalized: boolean) {
    this.#written = written;
    this.#normalized = normalized;
  }

  write(schema: AvroType, space: string): unknown {
    if (isNamed(schema))
      return this.#written.has(schema) ? this.#name(schema.name, space) : this.#define(schema, space);
    switch (schema.kind) {
      case 'union':
        return schema.branches.map((branch) => this.write(branch, space));
      case 'array':
        return { type: 'array', items: this.write(schema.items, space), ...this.#props(schema.attributes) };
      case 'map':
        return { type: 'map', values: this.write(schema.values, space), ...this.#props(schema.attributes) };
      default:
        return Object.keys(schema.attributes).length === 0
          ? schema.kind
          : { type: schema.kind, ...this.#props(schema.attributes) };
    }
  }

  #define(schema: NamedType, space: string): Attributes {
    this.#written.add(schema);
    const own = namespaceOf(schema.name);
    const head = {
      type: typeWord(schema),
      ...(this.#normalized ? { name: schema.name } : nameAndSpace(schema.name, space)),
      ...(schema.doc === undefined ? {} : { doc: schema.doc }),
    };
    const aliases = schema.aliases.map((alias) => this.#name(alias, own));
    const tail = { ...this.#props(schema.attributes), ...(aliases.length === 0 ? {} : { aliases }) };
    switch (schema.kind) {
      case 'record':
        return { ...head, fields: schema.fields.map((field) => this.#field(field, own)), ...tail };
      case 'enum':
        return {
          ...head,
          symbols: schema.symbols,
          ...(schema.default === undefined ? {} : { default: schema.default }),
          ...tail,
        };
      case 'fixed':
        return { ...head, size: schema.size, ...tail };
      default:
        return schema satisfies never;
    }
  }

  #field(field: RecordField, space: string): Attributes {
    return {
      name: field.name,
      type: this.write(field.type, space),
      ...(field.doc === undefined ? {} : { doc: field.doc }),
      ...(field.default === undefined ? {} : { default: field.default }),
      ...(field.order === 'ascending' ? {} : { order: field.order }),
      ...(field.aliases.length === 0 ? {} : { aliases: field.aliases }),
      ...this.#props(field.attributes),
    };
  }

  #name(fullName: string, space: string): string {
    return !this.#normalized && namespaceOf(fullName) === space ? shortName(fullName) : fullName;
  }

  #props(props: Attributes): Attributes {
    if (!this.#normalized) return props;
    return Object.fromEntries(Object.entries(props).sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

function nameAndSpace(fullName: string, space: string): Attributes {
  const own = namespaceOf(fullName);
  return own === space ? { name: shortName(fullName) } : { name: shortName(fullName), namespace: own };
}
