/** For tests: as much of JSON Schema as the schemas of this repository use; anything else is an error. */

export interface Schema {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

type Check = (said: never, value: unknown, root: Schema, schema: Schema) => boolean;

export function accepts(schema: Schema | boolean, value: unknown, root?: Schema): boolean {
  if (typeof schema === 'boolean') return schema;
  return Object.entries(schema).every(([keyword, said]) => {
    const check = KEYWORDS[keyword];
    if (!check) throw new Error(`Cannot check by "${keyword}": the validator of this test does not know it`);
    return check(said as never, value, root ?? schema, schema);
  });
}

/** Paths of the members that have no description, definitions included. */
export function undescribed(schema: Schema, path = ''): string[] {
  const inside = Object.entries(schema.properties ?? {}).flatMap(([name, one]) => {
    const at = path === '' ? name : `${path}.${name}`;
    const isDescribed = typeof one.description === 'string' || typeof one.const === 'string';
    return [...(isDescribed ? [] : [at]), ...undescribed(one, at)];
  });
  return [...inside, ...Object.entries(schema.definitions ?? {}).flatMap(([name, one]) => undescribed(one, name))];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: isRecord,
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  number: (value) => typeof value === 'number',
  integer: Number.isInteger,
  null: (value) => value === null,
};
const ALWAYS = ['$schema', 'title', 'description', 'default', 'definitions', 'id', '$id'];
const KEYWORDS: Readonly<Record<string, Check>> = {
  ...Object.fromEntries(ALWAYS.map((keyword) => [keyword, () => true])),
  $ref: (said: string, value, root) =>
    accepts(root.definitions?.[said.replace('#/definitions/', '')] ?? false, value, root),
  type: (said: string | string[], value) => [said].flat().some((name) => TYPES[name]?.(value) ?? false),
  enum: (said: unknown[], value) => said.includes(value),
  const: (said: unknown, value) => said === value,
  not: (said: Schema, value, root) => !accepts(said, value, root),
  allOf: (said: Schema[], value, root) => said.every((one) => accepts(one, value, root)),
  anyOf: (said: Schema[], value, root) => said.some((one) => accepts(one, value, root)),
  oneOf: (said: Schema[], value, root) => said.filter((one) => accepts(one, value, root)).length === 1,
  required: (said: string[], value) => !isRecord(value) || said.every((name) => Object.hasOwn(value, name)),
  properties: (said: Record<string, Schema | boolean>, value, root) =>
    !isRecord(value) ||
    Object.entries(said).every(([name, one]) => !Object.hasOwn(value, name) || accepts(one, value[name], root)),
  additionalProperties: (said: Schema | boolean, value, root, { properties = {} }) =>
    !isRecord(value) ||
    Object.keys(value).every((name) => Object.hasOwn(properties, name) || accepts(said, value[name], root)),
  propertyNames: (said: Schema, value, root) =>
    !isRecord(value) || Object.keys(value).every((name) => accepts(said, name, root)),
  items: (said: Schema, value, root) => !Array.isArray(value) || value.every((one) => accepts(said, one, root)),
  minItems: (said: number, value) => !Array.isArray(value) || value.length >= said,
  maxItems: (said: number, value) => !Array.isArray(value) || value.length <= said,
  maxProperties: (said: number, value) => !isRecord(value) || Object.keys(value).length <= said,
  minLength: (said: number, value) => typeof value !== 'string' || value.length >= said,
  maxLength: (said: number, value) => typeof value !== 'string' || value.length <= said,
  minimum: (said: number, value) => typeof value !== 'number' || value >= said,
  exclusiveMinimum: (said: number, value) => typeof value !== 'number' || value > said,
  maximum: (said: number, value) => typeof value !== 'number' || value <= said,
  pattern: (said: string, value) => typeof value !== 'string' || new RegExp(said).test(value),
};
