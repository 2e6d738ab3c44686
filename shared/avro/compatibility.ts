/**
 * Whether a reader's schema can decode everything written with a writer's, by the resolution rules of Avro's
 * specification (resolution-rules.ts). Pure.
 *
 * Invariants (compatibility.test.ts):
 * 1. The verdicts and places are those of Avro's own test pairs (fixtures).
 * 2. Every schema can read itself. 3. What is called compatible can be decoded.
 */
import {
  type AvroType,
  type EnumType,
  type FixedType,
  type NamedType,
  type RecordType,
  typeWord,
  type UnionType,
} from './avro-type.ts';
import { namesMatch, primitiveRead, readSymbols, writtenFields } from './resolution-rules.ts';

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
export function incompatibilities(reader: AvroType, writer: AvroType): Incompatibility[] {
  const refuted: Verdicts = new Map();
  for (;;) {
    const checker = new Checker(refuted);
    const found = checker.check(reader, writer, '');
    if (!checker.learned) return found;
  }
}

type Verdicts = Map<AvroType, Map<AvroType, Incompatibility[]>>;

class Checker {
  /** Pairs that are incompatible whatever else is found. */
  readonly #refuted: Verdicts;
  /** Pairs under way, or compatible as far as is known. */
  readonly #supposed = new Map<AvroType, Set<AvroType>>();
  /** A pair was refuted that something else may have relied on. */
  learned = false;

  constructor(refuted: Verdicts) {
    this.#refuted = refuted;
  }

  check(reader: AvroType, writer: AvroType, path: string): Incompatibility[] {
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

  #compare(reader: AvroType, writer: AvroType, path: string): Incompatibility[] {
    if (writer.kind === 'union') return this.#compareWriterUnion(reader, writer, path);
    if (reader.kind === 'union') return this.#compareReaderUnion(reader, writer, path);
    if (reader.kind === 'array' && writer.kind === 'array')
      return this.check(reader.items, writer.items, `${path}/items`);
    if (reader.kind === 'map' && writer.kind === 'map')
      return this.check(reader.values, writer.values, `${path}/values`);
    if (reader.kind === 'fixed' && writer.kind === 'fixed')
      return [...compareNames(reader, writer, path), ...compareSizes(reader, writer, path)];
    if (reader.kind === 'enum' && writer.kind === 'enum')
      return [...compareNames(reader, writer, path), ...compareSymbols(reader, writer, path)];
    if (reader.kind === 'record' && writer.kind === 'record')
      return [...compareNames(reader, writer, path), ...this.#compareFields(reader, writer, path)];
    if (primitiveRead(writer, reader)) return [];
    const types = `reader type: ${typeWord(reader)} not compatible with writer type: ${typeWord(writer)}`;
    return [problem('TYPE_MISMATCH', path, types)];
  }

  #compareWriterUnion(reader: AvroType, { branches }: UnionType, path: string): Incompatibility[] {
    if (reader.kind !== 'union') return branches.flatMap((branch) => this.check(reader, branch, path));
    return branches.flatMap((branch, index) => this.#compareReaderUnion(reader, branch, `${path}/${index}`));
  }

  #compareReaderUnion({ branches }: UnionType, writer: AvroType, path: string): Incompatibility[] {
    if (branches.some((branch) => this.check(branch, writer, path).length === 0)) return [];
    return [
      problem('MISSING_UNION_BRANCH', path, `reader union lacking writer type: ${typeWord(writer).toUpperCase()}`),
    ];
  }

  #compareFields(reader: RecordType, writer: RecordType, path: string): Incompatibility[] {
    return reader.fields.flatMap((field, index) => {
      const at = `${path}/fields/${index}`;
      const written = writtenFields(writer, field);
      const [only] = written;
      if (written.length > 1) return [problem('NAME_MISMATCH', at, `several fields written for: ${field.name}`)];
      if (only) return this.check(field.type, only.type, `${at}/type`);
      return field.default === undefined ? [problem('READER_FIELD_MISSING_DEFAULT_VALUE', at, field.name)] : [];
    });
  }
}

function compareNames(reader: NamedType, writer: NamedType, path: string): Incompatibility[] {
  if (namesMatch(writer, reader)) return [];
  return [problem('NAME_MISMATCH', `${path}/name`, `expected: ${writer.name}`)];
}

function compareSizes(reader: FixedType, writer: FixedType, path: string): Incompatibility[] {
  if (reader.size === writer.size) return [];
  return [problem('FIXED_SIZE_MISMATCH', `${path}/size`, `expected: ${writer.size}, found: ${reader.size}`)];
}

function compareSymbols(reader: EnumType, writer: EnumType, path: string): Incompatibility[] {
  const read = readSymbols(writer, reader);
  const missing = writer.symbols.filter((_, n) => read[n] === undefined);
  if (missing.length === 0) return [];
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
