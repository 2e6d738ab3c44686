/**
 * Avro's rules of schema resolution for one pair of types, without looking into their parts: what the compatibility
 * checker (compatibility.ts) and the planner of reads (resolve-schema.ts) both go by.
 *
 * Where the specification leaves a choice: names are compared without their namespaces; an alias is a full name. A
 * field of the reader's with two fields of the writer's to take values from is refused, as Avro's own readers do.
 */
import {
  type AvroType,
  type EnumType,
  type NamedType,
  PRIMITIVES,
  type Primitive,
  type RecordField,
  type RecordType,
  shortName,
} from './avro-type.ts';

/** How a primitive is read: as itself, or promoted (`long` read as `double`: exact digits become the nearest double). */
export type PrimitiveRead =
  | Primitive
  | 'long-as-float'
  | 'long-as-double'
  | 'int-as-float'
  | 'string-as-bytes'
  | 'bytes-as-string';

const PROMOTIONS: Readonly<Partial<Record<Primitive, Readonly<Partial<Record<Primitive, PrimitiveRead>>>>>> = {
  int: { long: 'int', float: 'int-as-float', double: 'int' },
  long: { float: 'long-as-float', double: 'long-as-double' },
  float: { double: 'float' },
  string: { bytes: 'string-as-bytes' },
  bytes: { string: 'bytes-as-string' },
};

/** undefined: one of them is no primitive, or the reader cannot take what the writer writes. */
export function primitiveRead(writer: AvroType, reader: AvroType): PrimitiveRead | undefined {
  const from = primitiveOf(writer);
  const to = primitiveOf(reader);
  return from === to ? from : from && to && PROMOTIONS[from]?.[to];
}

function primitiveOf(type: AvroType): Primitive | undefined {
  return PRIMITIVES.find((primitive) => primitive === type.kind);
}

export function namesMatch(writer: NamedType, reader: NamedType): boolean {
  return shortName(reader.name) === shortName(writer.name) || reader.aliases.includes(writer.name);
}

/** The writer's fields that a field of the reader's may take its values from, by name or alias; it must not be several. */
export function writtenFields(writer: RecordType, { name, aliases }: RecordField): readonly RecordField[] {
  return writer.fields.filter((field) => field.name === name || aliases.includes(field.name));
}

/** What the reader gives for each symbol of the writer's; undefined: nothing, not even its default. */
export function readSymbols(writer: EnumType, reader: EnumType): readonly (string | undefined)[] {
  return writer.symbols.map((symbol) => (reader.symbols.includes(symbol) ? symbol : reader.default));
}
