/**
 * Whether a reader's schema can decode everything written with a writer's, by the resolution rules of Avro's
 * specification: names match without namespace, or by an alias of the reader. Pure.
 *
 * Invariants (compatibility.test.ts):
 * 1. The verdicts and places are those of Avro's own test pairs (fixtures).
 * 2. Every schema can read itself. 3. What is called compatible can be decoded.
 */
import type { EnumSchema, Field, FixedSchema, NamedSchema, RecordSchema, Schema, Union } from './schema.ts';
import { shortName } from './schema.ts';

export type IncompatibilityKind =
  | 'NAME_MISMATCH'
  | 'FIXED_SIZE_MISMATCH'
  | 'MISSING_ENUM_SYMBOLS'
  | 'READER_FIELD_MISSING_DEFAULT_VALUE'
  | 'TYPE_MISMATCH'
  | 'MISSING_UNION_BRANCH';

export interface Incompatibility {
  readonly kind: IncompatibilityKind;
  /** In the reader's schema; of a missing branch, in the writer's. A JSON pointer, `/` for the whole. */
  readonly path: string;
  readonly message: string;
}

/**
 * [] when compatible. A recursive pair counts as compatible while it is under way. What was found compatible on the
 * strength of a pair that then turned out not to be is looked at again, until nothing changes.
 */
export function incompatibilities(reader: Schema, writer: Schema): Incompatibility[] {
  const refuted: Verdicts = new Map();
  for (;;) {
    const checker = new Checker(refuted);
    const found = checker.check(reader, writer, '');
    if (!checker.learned) return found;
  }
}

type Verdicts = Map<Schema, Map<Schema, Incompatibility[]>>;

const PROMOTIONS: Readonly<Partial<Record<Schema['type'], readonly Schema['type'][]>>> = {
  long: ['int'],
  float: ['int', 'long'],
  double: ['int', 'long', 'float'],
  bytes: ['string'],
  string: ['bytes'],
};

class Checker {
  /** Pairs that are incompatible whatever else is found. */
  readonly #refuted: Verdicts;
  /** Pairs under way, or compatible as far as is known. */
  readonly #supposed = new Map<Schema, Set<Schema>>();
  /** A pair was refuted that something else may have relied on. */
  learned = false;

  constructor(refuted: Verdicts) {
    this.#refuted = refuted;
  }

  check(reader: Schema, writer: Schema, path: string): Incompatibility[] {
    const known = this.#refuted.get(reader)?.get(writer);
    if (known) return known;
    const supposed = entryOf(this.#supposed, reader, () => new Set());
    if (supposed.has(writer)) return [];
    supposed.add(writer);
    const found = this.#compare(reader, writer, path);
    if (found.length > 0) {
      this.learned = true;
      entryOf(this.#refuted, reader, () => new Map()).set(writer, found);
    }
    return found;
  }

  #compare(reader: Schema, writer: Schema, path: string): Incompatibility[] {
    if (writer.type === 'union') return this.#compareWriterUnion(reader, writer, path);
    if (reader.type === 'union') return this.#compareReaderUnion(reader, writer, path);
    if (reader.type === 'array' && writer.type === 'array')
      return this.check(reader.items, writer.items, `${path}/items`);
    if (reader.type === 'map' && writer.type === 'map')
      return this.check(reader.values, writer.values, `${path}/values`);
    if (reader.type === 'fixed' && writer.type === 'fixed')
      return [...compareNames(reader, writer, path), ...compareSizes(reader, writer, path)];
    if (reader.type === 'enum' && writer.type === 'enum')
      return [...compareNames(reader, writer, path), ...compareSymbols(reader, writer, path)];
    if (isRecord(reader) && isRecord(writer))
      return [...compareNames(reader, writer, path), ...this.#compareFields(reader, writer, path)];
    if (reader.type === writer.type || PROMOTIONS[reader.type]?.includes(writer.type)) return [];
    return [
      problem('TYPE_MISMATCH', path, `reader type: ${reader.type} not compatible with writer type: ${writer.type}`),
    ];
  }

  #compareWriterUnion(reader: Schema, { branches }: Union, path: string): Incompatibility[] {
    if (reader.type !== 'union') return branches.flatMap((branch) => this.check(reader, branch, path));
    return branches.flatMap((branch, index) => this.#compareReaderUnion(reader, branch, `${path}/${index}`));
  }

  #compareReaderUnion({ branches }: Union, writer: Schema, path: string): Incompatibility[] {
    if (branches.some((branch) => this.check(branch, writer, path).length === 0)) return [];
    return [problem('MISSING_UNION_BRANCH', path, `reader union lacking writer type: ${writer.type.toUpperCase()}`)];
  }

  #compareFields(reader: RecordSchema, writer: RecordSchema, path: string): Incompatibility[] {
    return reader.fields.flatMap((field, index) => {
      const at = `${path}/fields/${index}`;
      const written = writtenFields(field, writer);
      const [only] = written;
      if (written.length > 1) return [problem('NAME_MISMATCH', at, `several fields written for: ${field.name}`)];
      if (only) return this.check(field.type, only.type, `${at}/type`);
      return field.default === undefined ? [problem('READER_FIELD_MISSING_DEFAULT_VALUE', at, field.name)] : [];
    });
  }
}

/** By name or alias. More than one is a schema that readers refuse. */
function writtenFields({ name, aliases }: Field, writer: RecordSchema): Field[] {
  return writer.fields.filter((field) => field.name === name || aliases.includes(field.name));
}

function compareNames(reader: NamedSchema, writer: NamedSchema, path: string): Incompatibility[] {
  const matches = shortName(reader.fullName) === shortName(writer.fullName) || reader.aliases.includes(writer.fullName);
  return matches ? [] : [problem('NAME_MISMATCH', `${path}/name`, `expected: ${writer.fullName}`)];
}

function compareSizes(reader: FixedSchema, writer: FixedSchema, path: string): Incompatibility[] {
  if (reader.size === writer.size) return [];
  return [problem('FIXED_SIZE_MISMATCH', `${path}/size`, `expected: ${writer.size}, found: ${reader.size}`)];
}

/** A reader with a default symbol reads every symbol. */
function compareSymbols(reader: EnumSchema, writer: EnumSchema, path: string): Incompatibility[] {
  const missing = writer.symbols.filter((symbol) => !reader.symbols.includes(symbol));
  if (missing.length === 0 || reader.default !== undefined) return [];
  return [problem('MISSING_ENUM_SYMBOLS', `${path}/symbols`, `[${missing.join(', ')}]`)];
}

function problem(kind: IncompatibilityKind, path: string, message: string): Incompatibility {
  return { kind, path: path === '' ? '/' : path, message };
}

function entryOf<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

function isRecord(schema: Schema): schema is RecordSchema {
  return schema.type === 'record' || schema.type === 'error';
}
