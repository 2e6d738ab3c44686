/**
 * An Avro schema as data: what the reader, the writer, the schema registry and its compatibility rules work on.
 * A named type is one object however often it is used, so a recursive schema is a cyclic graph.
 */

export const PRIMITIVES = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const;
export type Primitive = (typeof PRIMITIVES)[number];

/** What Avro itself gives no meaning, as in the schema's JSON: `logicalType`, `scale`, `connect.name`, ... */
export type Attributes = Readonly<Record<string, unknown>>;

export interface PrimitiveType {
  readonly kind: Primitive;
  readonly attributes: Attributes;
}
interface Named {
  /** With its namespace. */
  readonly name: string;
  /** With their namespaces. */
  readonly aliases: readonly string[];
  readonly doc: string | undefined;
  readonly attributes: Attributes;
}
export interface RecordType extends Named {
  readonly kind: 'record';
  /** Declared as "error": a record in all but its text. */
  readonly isError: boolean;
  readonly fields: readonly RecordField[];
}
export interface RecordField {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly doc: string | undefined;
  readonly type: AvroType;
  /** As in the schema's JSON; undefined: none. */
  readonly default: unknown;
  /** How records are sorted; nothing here sorts them. */
  readonly order: SortOrder;
  readonly attributes: Attributes;
}
export const SORT_ORDERS = ['ascending', 'descending', 'ignore'] as const;
export type SortOrder = (typeof SORT_ORDERS)[number];

export interface EnumType extends Named {
  readonly kind: 'enum';
  readonly symbols: readonly string[];
  readonly default: string | undefined;
}
export interface FixedType extends Named {
  readonly kind: 'fixed';
  /** Bytes. */
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
export type NamedType = RecordType | EnumType | FixedType;
export type AvroType = PrimitiveType | NamedType | ArrayType | MapType | UnionType;

/** Named types by their full names. */
export type Names = ReadonlyMap<string, NamedType>;

export function isNamed(type: AvroType): type is NamedType {
  return 'name' in type;
}

export function isPrimitiveName(name: string): name is Primitive {
  return PRIMITIVES.some((primitive) => primitive === name);
}

/** What messages call it: its full name, or its kind. */
export function typeName(type: AvroType): string {
  return isNamed(type) ? type.name : type.kind;
}

/** Avro's word for the type in a schema's text. */
export function typeWord(type: AvroType): AvroType['kind'] | 'error' {
  return type.kind === 'record' && type.isError ? 'error' : type.kind;
}

/** The name without its namespace. */
export function shortName(fullName: string): string {
  return fullName.slice(fullName.lastIndexOf('.') + 1);
}

/** '' when there is none. */
export function namespaceOf(fullName: string): string {
  return fullName.slice(0, Math.max(0, fullName.lastIndexOf('.')));
}
