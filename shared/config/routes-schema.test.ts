import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EVENT_KINDS, routeDefaults } from './routes.ts';
import { parseRoutes } from './routes-file.ts';
import { routesJsonSchema, SCHEMA_FILE } from './routes-json-schema.ts';
import { routeSchema } from './routes-schema.ts';

const published: Schema = JSON.parse(readFileSync(SCHEMA_FILE, 'utf8'));

describe('the published JSON Schema', () => {
  it('is that of the loader', () => {
    expect(published, 'Stale: run "node shared/config/routes-json-schema.ts" and commit routes.schema.json').toEqual(
      JSON.parse(JSON.stringify(routesJsonSchema())),
    );
  });
  it('describes every member', () => {
    expect(undescribed(published, 'the file')).toEqual([]);
    expect(undescribed({ properties: { a: { properties: { b: {} } } } }, 'x')).toEqual(['x.a', 'x.a.b']);
  });
  it('tells the true defaults', () => {
    const { properties = {} } = items(published);
    const told = Object.entries(properties).filter(([, { default: value }]) => value !== undefined);
    for (const [name, { default: value }] of told) {
      const { kind: _kind, ...defaults } = routeDefaults('order', 'json');
      expect({ name, value }).toEqual({ name, value: { kind: 'order', ...defaults }[name as 'kind'] });
    }
    expect(told.length).toBeGreaterThan(5);
  });
  it('knows the fields of every kind', () => {
    for (const kind of EVENT_KINDS)
      for (const name of Object.keys(routeDefaults(kind, 'json').fields)) {
        const route = { topic: 'o', decoder: 'json', kind, fields: { [name]: ['x'] } };
        expect(accepts(published, { routes: [route] })).toBe(true);
      }
  });
  it('is followed by the page that documents it', () => {
    const page = readFileSync(new URL('routes.md', import.meta.url), 'utf8').replaceAll(/ +/g, ' ');
    for (const name of Object.keys(routeSchema.shape)) expect(page).toContain(`| \`${name}\``);
    for (const kind of EVENT_KINDS) {
      const names = Object.entries<readonly string[]>(routeDefaults(kind, 'json').fields).map(
        ([member, all]) => `${member}: ${all.join(', ')}`,
      );
      expect(page).toContain(`| \`${kind}\` | ${names.join('; ')} |`);
    }
  });
});

describe('the JSON Schema and the loader agree', () => {
  const o = { topic: 'o', decoder: 'json' };
  const documents: readonly unknown[] = [
    ...[{}, null, 7, [], { routes: [] }, { routes: {} }, { routes: [o], more: 1 }, { $schema: 'x', routes: [o] }],
    ...[
      {},
      { topic: 7 },
      { topic: '' },
      { topic: '/a.*/' },
      { topic: '/a.*/', topicFilter: 'a.*' },
      { topicFilter: 'o' },
      { decoder: 'xml' },
      { decoder: 'raw' },
      { decoder: 'raw', kind: 'order' },
      { decoder: 'raw', maxRecordBytes: 1 },
      { decoder: 'raw', idle: {} },
      { decoder: 'raw', topic: '/a.*/' },
      { decoder: 'raw', topic: '/a.*/', topicFilter: 'a.*' },
      { kind: 'maip' },
      { kind: 'nothing' },
      { kind: null },
      { fields: {} },
      { fields: { stock: ['x'] } },
      { fields: { amount: ['x'] } },
      { fields: { amount: [] } },
      { fields: { amount: [''] } },
      { fields: { amount: 'x' } },
      { fields: { nothing: ['x'] } },
      { kind: 'product', fields: { stock: ['x'] } },
      { kind: 'product', fields: { amount: ['x'] } },
      { outOfOrdernessMs: 0 },
      { outOfOrdernessMs: -1 },
      { outOfOrdernessMs: 0.5 },
      { outOfOrdernessMs: '5s' },
      { base64AmountScale: 38 },
      { base64AmountScale: 39 },
      { allowNegativeAmounts: 1 },
      { idle: { policy: 'hold' } },
      { idle: { policy: 'stay' } },
      { idle: { after: 1 } },
      { earliestTimeMs: -1 },
      { maxRecordBytes: 0 },
      { timeUnit: 'h' },
      { feilds: {} },
    ].map((members) => ({ routes: [{ ...o, ...members }] })),
  ];
  for (const document of documents)
    it(JSON.stringify(document), () => {
      expect(accepts(published, document)).toBe(isLoaded(document));
    });
});

function isLoaded(document: unknown): boolean {
  try {
    parseRoutes(JSON.stringify(document), 'test.json');
    return true;
  } catch {
    return false;
  }
}

type Schema = boolean | SchemaObject;
interface SchemaObject {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, SchemaObject>>;
  readonly items?: SchemaObject;
  readonly default?: unknown;
}

function items(schema: Schema): SchemaObject {
  return (typeof schema === 'object' ? schema.properties?.routes?.items : undefined) ?? {};
}

function undescribed(schema: Schema, path: string): string[] {
  if (typeof schema !== 'object') return [];
  const inside = Object.entries(schema.properties ?? {}).flatMap(([name, one]) => [
    ...(typeof one.description === 'string' ? [] : [`${path}.${name}`]),
    ...undescribed(one, `${path}.${name}`),
  ]);
  return [...inside, ...(schema.items ? undescribed(schema.items, `${path}[]`) : [])];
}

/** As much of draft 7 as the schema uses; anything else is an error. */
function accepts(schema: Schema, value: unknown): boolean {
  if (typeof schema === 'boolean') return schema;
  return Object.entries(schema).every(([keyword, said]) => {
    const check = KEYWORDS[keyword];
    if (!check) throw new Error(`Cannot check by "${keyword}": the validator of this test does not know it`);
    return check(said as never, value, schema);
  });
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const always = () => true;
const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: isRecord,
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  integer: Number.isInteger,
};
const KEYWORDS: Readonly<Record<string, (said: never, value: unknown, schema: SchemaObject) => boolean>> = {
  ...Object.fromEntries(['$schema', 'title', 'description', 'default', 'then'].map((keyword) => [keyword, always])),
  type: (said: string, value) => TYPES[said]?.(value) ?? false,
  enum: (said: unknown[], value) => said.includes(value),
  const: (said: unknown, value) => said === value,
  not: (said: Schema, value) => !accepts(said, value),
  allOf: (said: Schema[], value) => said.every((one) => accepts(one, value)),
  if: (said: Schema, value, schema) => !accepts(said, value) || accepts(schema.then as Schema, value),
  required: (said: string[], value) => !isRecord(value) || said.every((name) => Object.hasOwn(value, name)),
  properties: (said: Record<string, Schema>, value) =>
    !isRecord(value) ||
    Object.entries(said).every(([name, one]) => !Object.hasOwn(value, name) || accepts(one, value[name])),
  additionalProperties: (said: Schema, value, schema) =>
    !isRecord(value) ||
    Object.keys(value).every((name) => Object.hasOwn(schema.properties ?? {}, name) || accepts(said, value[name])),
  propertyNames: (said: Schema, value) => !isRecord(value) || Object.keys(value).every((name) => accepts(said, name)),
  items: (said: Schema, value) => !Array.isArray(value) || value.every((one) => accepts(said, one)),
  minItems: (said: number, value) => !Array.isArray(value) || value.length >= said,
  minLength: (said: number, value) => typeof value !== 'string' || value.length >= said,
  minimum: (said: number, value) => typeof value !== 'number' || value >= said,
  maximum: (said: number, value) => typeof value !== 'number' || value <= said,
  pattern: (said: string, value) => typeof value !== 'string' || new RegExp(said).test(value),
};
