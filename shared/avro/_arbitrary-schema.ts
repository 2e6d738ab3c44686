/** For tests: schemas of every kind, in JSON, small and alike enough that one can often read the other. */
import fc from 'fast-check';

/** What JSON.stringify makes a schema of. */
export type JsonSchema = unknown;

const primitive = fc.constantFrom<JsonSchema>('boolean', 'int', 'long', 'float', 'double', 'bytes', 'string');
const letters = ['A', 'B', 'C'];

const enumeration = (depth: number) =>
  fc
    .record({ symbols: fc.subarray(letters, { minLength: 1 }), fallback: fc.boolean() })
    .map(({ symbols, fallback }) => ({
      type: 'enum' as const,
      name: `Letter${depth}`,
      symbols,
      ...(fallback ? { default: symbols[0] } : {}),
    }));
const fixed = (depth: number) =>
  fc.integer({ min: 1, max: 2 }).map((size) => ({ type: 'fixed' as const, name: `Hash${depth}`, size }));

/** Unions of kinds that no promotion mixes up: which branch a reader takes is then the same for everybody. */
const union = fc.subarray<JsonSchema>(['null', 'boolean', 'int', 'string', { type: 'array', items: 'int' }], {
  minLength: 1,
});

/** A named type occurs once in a schema. */
function record(depth: number): fc.Arbitrary<JsonSchema> {
  const field = (name: string, type: fc.Arbitrary<JsonSchema>) =>
    fc.record({ name: fc.constant(name), type, default: fc.constant(undefined) });
  const withDefault = fc.constantFrom<{ name: string; type: JsonSchema; default: unknown }>(
    { name: 'd', type: 'int', default: 7 },
    { name: 'd', type: 'long', default: 7 },
    { name: 'd', type: 'string', default: 'x' },
    { name: 'd', type: ['null', 'string'], default: null },
  );
  const fields = fc.tuple(
    fc.option(withDefault, { nil: undefined }),
    fc.option(field('a', nested(depth)), { nil: undefined }),
    fc.option(field('e', enumeration(depth)), { nil: undefined }),
    fc.option(field('h', fixed(depth)), { nil: undefined }),
    fc.option(field('self', fc.constant<JsonSchema>(['null', `Record${depth}`])), { nil: undefined }),
  );
  return fields.map((some) => ({
    type: 'record' as const,
    name: `Record${depth}`,
    fields: some
      .filter((one) => one !== undefined)
      .map(({ name, type, default: value }) => (value === undefined ? { name, type } : { name, type, default: value })),
  }));
}

function nested(depth: number): fc.Arbitrary<JsonSchema> {
  if (depth >= 2) return fc.oneof(primitive, union);
  const inside = fc.oneof(primitive, union, record(depth + 1));
  return fc.oneof(
    primitive,
    union,
    record(depth + 1),
    inside.map((items) => ({ type: 'array' as const, items })),
    inside.map((values) => ({ type: 'map' as const, values })),
  );
}

export const arbitrarySchema: fc.Arbitrary<JsonSchema> = fc.oneof(
  primitive,
  union,
  enumeration(0),
  fixed(0),
  { arbitrary: record(0), weight: 6 },
  nested(0),
);

/** Two of them, oftener of one shape than chance would have it. */
export const schemaPair = fc.oneof(
  fc.tuple(arbitrarySchema, arbitrarySchema),
  fc.tuple(record(0), record(0)),
  fc.tuple(record(2), record(2)),
  fc.tuple(union, union),
);

/**
 * Values of a schema of this file, in the form that avsc writes: in a union `{ branch: value }`. avsc's own Type.random
 * is of no use here: its generator (a product beyond 2^53 is rounded) runs into short cycles, and a record that holds
 * itself then never ends.
 */
export function arbitraryValue(schema: JsonSchema, enclosing: readonly string[] = []): fc.Arbitrary<unknown> {
  if (Array.isArray(schema)) {
    const branches = schema.filter((branch) => !enclosing.includes(branch));
    return fc.oneof(
      ...branches.map((branch) =>
        arbitraryValue(branch, enclosing).map((value) => (branch === 'null' ? null : { [nameOf(branch)]: value })),
      ),
    );
  }
  if (typeof schema === 'string') return arbitraryPrimitive(schema);
  const type = schema as NamedParts;
  switch (type.type) {
    case 'enum':
      return fc.constantFrom(...(type.symbols ?? []));
    case 'fixed':
      return fc.uint8Array({ minLength: type.size ?? 0, maxLength: type.size ?? 0 }).map(Buffer.from);
    case 'array':
      return fc.array(arbitraryValue(type.items, enclosing), { maxLength: 3 });
    case 'map':
      return fc.dictionary(fc.string(), arbitraryValue(type.values, enclosing), { maxKeys: 3, noNullPrototype: true });
    default:
      return arbitraryRecord(type, enclosing);
  }
}

/** A record holds itself once at most: values end. */
function arbitraryRecord(type: NamedParts, enclosing: readonly string[]): fc.Arbitrary<unknown> {
  const fields = (within: readonly string[], self: unknown) =>
    fc.record(
      Object.fromEntries(
        (type.fields ?? []).map((field) => [
          field.name,
          field.name === 'self' && self !== undefined
            ? fc.constantFrom(null, self)
            : arbitraryValue(field.type, within),
        ]),
      ),
      { noNullPrototype: true },
    );
  const name = type.name ?? '';
  const inner = fields([...enclosing, name], undefined);
  return inner.chain((value) => fields([...enclosing, name], { [name]: value }));
}

interface NamedParts {
  readonly type: string;
  readonly name?: string;
  readonly symbols?: readonly string[];
  readonly size?: number;
  readonly items?: JsonSchema;
  readonly values?: JsonSchema;
  readonly fields?: readonly { readonly name: string; readonly type: JsonSchema }[];
}

const nameOf = (branch: JsonSchema) => (typeof branch === 'string' ? branch : ((branch as NamedParts).type as string));

function arbitraryPrimitive(kind: string): fc.Arbitrary<unknown> {
  switch (kind) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'int':
    case 'long':
      return fc.integer();
    case 'float':
    case 'double':
      return fc.float({ noNaN: true });
    case 'bytes':
      return fc.uint8Array({ maxLength: 10 }).map(Buffer.from);
    default:
      return fc.string();
  }
}
