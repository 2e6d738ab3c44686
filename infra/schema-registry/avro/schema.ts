/** An Avro schema as data. Named types are shared by identity, so a recursive schema is a cyclic graph. */
import type { JsonObject, JsonValue } from './exact-json.ts';

export const PRIMITIVES = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const;
export type PrimitiveName = (typeof PRIMITIVES)[number];

/** `props`: attributes that Avro gives no meaning, logicalType among them; they are kept. */
export interface Primitive {
  readonly type: PrimitiveName;
  readonly props: JsonObject;
}

export interface ArraySchema {
  readonly type: 'array';
  readonly items: Schema;
  readonly props: JsonObject;
}

export interface MapSchema {
  readonly type: 'map';
  readonly values: Schema;
  readonly props: JsonObject;
}

export interface Union {
  readonly type: 'union';
  readonly branches: readonly Schema[];
}

interface Named {
  /** With the namespace, if there is one. */
  readonly fullName: string;
  /** Full names. */
  readonly aliases: readonly string[];
  readonly doc: string | undefined;
  readonly props: JsonObject;
}

export interface Field {
  readonly name: string;
  readonly type: Schema;
  readonly doc: string | undefined;
  /** Undefined: none. */
  readonly default: JsonValue | undefined;
  readonly order: 'ascending' | 'descending' | 'ignore';
  readonly aliases: readonly string[];
  readonly props: JsonObject;
}

export interface RecordSchema extends Named {
  readonly type: 'record' | 'error';
  readonly fields: readonly Field[];
}

export interface EnumSchema extends Named {
  readonly type: 'enum';
  readonly symbols: readonly string[];
  readonly default: string | undefined;
}

export interface FixedSchema extends Named {
  readonly type: 'fixed';
  /** Bytes. */
  readonly size: number;
}

export type NamedSchema = RecordSchema | EnumSchema | FixedSchema;
export type Schema = Primitive | ArraySchema | MapSchema | Union | NamedSchema;

export function isNamed(schema: Schema): schema is NamedSchema {
  return 'fullName' in schema;
}

/** The name without its namespace. */
export function shortName(fullName: string): string {
  return fullName.slice(fullName.lastIndexOf('.') + 1);
}

/** '' when there is none. */
export function namespaceOf(fullName: string): string {
  return fullName.slice(0, Math.max(0, fullName.lastIndexOf('.')));
}
