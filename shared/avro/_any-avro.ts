/**
 * Random schemas with random values for property tests, and avsc as the independent encoder of them. Values are made in
 * avsc's wrapped form (`{ branch: value }` in a union), which says which branch is meant; `plainOf` is what our reader
 * must give for them.
 */
import avsc from 'avsc';
import * as fc from 'fast-check';
import type { Projection } from './read-plan.ts';

export type JsonSchema =
  | string
  | readonly JsonSchema[]
  | { readonly type: string; readonly [attribute: string]: unknown };

interface Field {
  readonly name: string;
  readonly type: JsonSchema;
}

export interface Sample {
  readonly schema: JsonSchema;
  /** In avsc's wrapped form. */
  readonly value: unknown;
}

const FIELDS = ['a', 'b', 'c', 'd', 'length', 'case'];
const PRIMITIVES = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'];
const MIN_LONG = -(2n ** 63n);
const MAX_LONG = 2n ** 63n - 1n;

/** avsc, with every long as a bigint. */
export function encodeWithAvsc(schema: JsonSchema, value: unknown): Buffer {
  const long = avsc.types.LongType.__with({
    fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
    toBuffer: (n: bigint) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(n);
      return bytes;
    },
    fromJSON: BigInt,
    toJSON: Number,
    isValid: (n: unknown) => typeof n === 'bigint',
    compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
  });
  const type = avsc.Type.forSchema(structuredClone(schema) as Parameters<typeof avsc.Type.forSchema>[0], {
    wrapUnions: 'always',
    registry: { long },
  });
  return type.toBuffer(value);
}

/** A schema without a name that occurs twice, and a value of it. */
export function anySample(): fc.Arbitrary<Sample> {
  return anySchema(3)
    .map((schema) => named(schema, { next: 0 }))
    .chain((schema) => anyValue(schema).map((value) => ({ schema, value })));
}

function anySchema(depth: number): fc.Arbitrary<JsonSchema> {
  const leaf = fc.oneof(
    fc.constantFrom(...PRIMITIVES),
    fc.integer({ min: 0, max: 20 }).map((size) => ({ type: 'fixed', size })),
    fc.constantFrom(['A'], ['A', 'B', 'C']).map((symbols) => ({ type: 'enum', symbols })),
  );
  if (depth === 0) return leaf;
  const inner = anySchema(depth - 1);
  return fc.oneof(
    { weight: 2, arbitrary: leaf },
    { weight: 4, arbitrary: anyRecord(inner) },
    { weight: 1, arbitrary: inner.map((items) => ({ type: 'array', items })) },
    { weight: 1, arbitrary: inner.map((values) => ({ type: 'map', values })) },
    { weight: 2, arbitrary: anyUnion(inner) },
  );
}

function anyRecord(inner: fc.Arbitrary<JsonSchema>): fc.Arbitrary<JsonSchema> {
  const field = fc.record({ name: fc.constantFrom(...FIELDS), type: inner });
  return fc
    .uniqueArray(field, { selector: ({ name }) => name, maxLength: FIELDS.length })
    .map((fields) => ({ type: 'record', fields }));
}

/** A union has no union in it, and of the types without a name one each. */
function anyUnion(inner: fc.Arbitrary<JsonSchema>): fc.Arbitrary<JsonSchema> {
  const branch = inner.filter((schema) => !Array.isArray(schema));
  const selector = (schema: JsonSchema) => (isNamed(schema) ? Symbol() : kindOf(schema));
  return fc.uniqueArray(branch, { selector, minLength: 1, maxLength: 4 });
}

function named(schema: JsonSchema, counter: { next: number }): JsonSchema {
  if (typeof schema === 'string') return schema;
  if (isUnion(schema)) return schema.map((branch) => named(branch, counter));
  const name = isNamed(schema) ? { name: `T${counter.next++}` } : {};
  const parts = {
    ...('items' in schema && { items: named(partOf(schema, 'items'), counter) }),
    ...('values' in schema && { values: named(partOf(schema, 'values'), counter) }),
    ...('fields' in schema && {
      fields: fieldsOf(schema).map((field) => ({ ...field, type: named(field.type, counter) })),
    }),
  };
  return { ...schema, ...name, ...parts };
}

function anyValue(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (isUnion(schema))
    return fc.oneof(
      ...schema.map((branch) =>
        anyValue(branch).map((value) => (kindOf(branch) === 'null' ? null : { [branchName(branch)]: value })),
      ),
    );
  if (typeof schema === 'string') return primitive(schema);
  switch (schema.type) {
    case 'fixed':
      return fc.uint8Array({ minLength: Number(schema.size), maxLength: Number(schema.size) }).map(Buffer.from);
    case 'enum':
      return fc.constantFrom(...(schema.symbols as readonly string[]));
    case 'array':
      return fc.array(anyValue(partOf(schema, 'items')), { maxLength: 4 });
    case 'map':
      return fc.dictionary(fc.string(), anyValue(partOf(schema, 'values')), { maxKeys: 4, noNullPrototype: true });
    default:
      return fc.record(Object.fromEntries(fieldsOf(schema).map(({ name, type }) => [name, anyValue(type)])), {
        noNullPrototype: true,
      });
  }
}

function primitive(kind: string): fc.Arbitrary<unknown> {
  switch (kind) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'int':
      return fc.oneof(fc.integer(), fc.integer({ min: -130, max: 130 }));
    case 'long':
      return anyLong();
    case 'float':
      return fc.float();
    case 'double':
      return fc.double();
    case 'bytes':
      return fc.uint8Array({ maxLength: 80 }).map(Buffer.from);
    default:
      return fc.oneof(fc.string({ unit: 'binary' }), fc.string({ maxLength: 200 }));
  }
}

/** Near the borders of 7-bit groups, of 2^53 and of 2^63, too. */
export function anyLong(): fc.Arbitrary<bigint> {
  const near = fc
    .tuple(fc.integer({ min: 0, max: 63 }), fc.bigInt({ min: -3n, max: 3n }), fc.boolean())
    .map(([bits, off, negative]) => (negative ? -(2n ** BigInt(bits)) : 2n ** BigInt(bits)) + off)
    .map((n) => (n < MIN_LONG ? MIN_LONG : n > MAX_LONG ? MAX_LONG : n));
  return fc.oneof(near, fc.bigInt({ min: MIN_LONG, max: MAX_LONG }));
}

/** A projection of fields that the samples may have, at any depth. */
export function anyProjection(depth = 3): fc.Arbitrary<Projection> {
  const whole = fc.constant<true>(true);
  const part = depth === 0 ? whole : fc.oneof(whole, anyProjection(depth - 1));
  return fc.dictionary(fc.constantFrom(...FIELDS, 'absent'), part, { noNullPrototype: true });
}

/** What the reader has to give: unwrapped, and with only the projected fields. */
export function plainOf(schema: JsonSchema, value: unknown, projection?: Projection): unknown {
  if (isUnion(schema)) {
    if (value === null) return null;
    const [name = '', inner] = Object.entries(value as object)[0] ?? [];
    const branch = schema.find((each) => branchName(each) === name) ?? 'null';
    return plainOf(branch, inner, projection);
  }
  switch (kindOf(schema)) {
    case 'long':
      return plainLong(value as bigint);
    case 'bytes':
    case 'fixed':
      return new Uint8Array(value as Buffer);
    case 'array':
      return (value as readonly unknown[]).map((item) => plainOf(partOf(schema, 'items'), item, projection));
    case 'map':
      return Object.fromEntries(
        Object.entries(value as object).map(([k, v]) => [k, plainOf(partOf(schema, 'values'), v, projection)]),
      );
    case 'record':
      return plainRecord(schema, value as Readonly<Record<string, unknown>>, projection);
    default:
      return value;
  }
}

function plainRecord(schema: JsonSchema, value: Readonly<Record<string, unknown>>, projection?: Projection): unknown {
  const entries: [string, unknown][] = [];
  for (const { name, type } of fieldsOf(schema)) {
    const wanted = projection === undefined || (Object.hasOwn(projection, name) ? projection[name] : undefined);
    if (wanted) entries.push([name, plainOf(type, value[name], wanted === true ? undefined : wanted)]);
  }
  return Object.fromEntries(entries);
}

function plainLong(value: bigint): number | bigint {
  return BigInt.asIntN(54, value) === value && value !== -(2n ** 53n) ? Number(value) : value;
}

function isUnion(schema: JsonSchema): schema is readonly JsonSchema[] {
  return Array.isArray(schema);
}

function kindOf(schema: JsonSchema): string {
  if (isUnion(schema)) return 'union';
  return typeof schema === 'string' ? schema : schema.type;
}

function isNamed(schema: JsonSchema): boolean {
  return ['record', 'enum', 'fixed'].includes(kindOf(schema));
}

function branchName(schema: JsonSchema): string {
  return typeof schema === 'object' && 'name' in schema ? String(schema.name) : kindOf(schema);
}

function partOf(schema: JsonSchema, part: 'items' | 'values'): JsonSchema {
  return (schema as unknown as Record<string, JsonSchema>)[part] ?? 'null';
}

function fieldsOf(schema: JsonSchema): readonly Field[] {
  return (schema as unknown as { readonly fields: readonly Field[] }).fields;
}
