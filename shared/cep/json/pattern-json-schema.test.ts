import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { accepts, type Schema, undescribed } from './_json-schema.ts';
import { patternJsonSchema, SCHEMA_FILE } from './pattern-json-schema.ts';
import { readPattern } from './parse-pattern.ts';
import { AGGREGATES, COMPARISONS } from './pattern-spec.ts';

const published: Schema = JSON.parse(readFileSync(SCHEMA_FILE, 'utf8'));
const README = readFileSync(new URL('README.md', import.meta.url), 'utf8');
const EXAMPLES = new URL('examples/', import.meta.url);

describe('the published JSON Schema', () => {
  it('is that of the loader', () => {
    const advice = 'Stale: run "node shared/cep/json/pattern-json-schema.ts" and commit pattern.schema.json';
    expect(published, advice).toEqual(JSON.parse(JSON.stringify(patternJsonSchema())));
  });
  it('describes every member', () => {
    expect(undescribed(published)).toEqual([]);
    expect(undescribed({ properties: { a: { properties: { b: {} } } } })).toEqual(['a', 'a.b']);
  });
  it('is followed by the page that documents it', () => {
    for (const [of, schema] of Object.entries({ pattern: published, ...definitions() }))
      for (const name of Object.keys(schema.properties ?? {}))
        expect(README, `${of}: ${name}`).toMatch(new RegExp(`[\`"{.]${name.replace('$', '\\$')}[\`".]`));
    for (const name of [...COMPARISONS, ...AGGREGATES]) expect(README).toContain(`\`${name}\``);
  });
});

describe('the JSON Schema and the loader agree', () => {
  const base = { name: 'p', input: { kind: 'order' }, per: 'key', within: '1m', stages: [{ name: 'a' }] };
  const conditions = [
    ...[{}, { field: 'amount' }, { field: 'amount', gt: 1 }, { gt: 1 }, { field: 'amount', gt: true }, null, 7],
    ...[{ and: [] }, { and: [{ field: 'amount', eq: null }] }, { or: [{}] }, { not: { field: 'k', contains: 'a' } }],
    ...[
      { not: { field: 'k', eq: 'a' }, eq: 1 },
      { field: 'k', and: [{ field: 'k', eq: 1 }], eq: 1 },
    ],
    ...[
      { field: 'k', in: [] },
      { field: 'k', in: ['a', 1] },
      { field: 'k', in: [true] },
      { field: 'k', exists: 'yes' },
    ],
    ...[
      { field: '', eq: 1 },
      { field: 'k', startsWith: '' },
      { field: 'k', matches: 'a*' },
    ],
    ...[
      { field: 'k', eq: {} },
      { field: 'k', eq: { field: 'id' } },
      { field: 'k', eq: { field: 'id', more: 1 } },
    ],
    { matched: { stage: 'a', aggregate: 'count' }, gte: 2 },
    { matched: { stage: 'a', aggregate: 'count' } },
    { matched: { stage: 'a', aggregate: 'count', field: 'amount' }, gte: 2 },
    { matched: { stage: 'a', aggregate: 'avg' }, gte: 2 },
    { matched: { stage: 'a', aggregate: 'median', field: 'amount' }, gte: 2 },
    {
      field: 'amount',
      gt: { matched: { stage: 'a', aggregate: 'last', field: 'amount', orElse: 0 }, factor: 2, plus: 1 },
    },
    { field: 'amount', gt: { matched: { stage: 'a', aggregate: 'last', field: 'amount', orElse: null } } },
    { field: 'amount', gt: { matched: { stage: 'a', aggregate: 'count' }, field: 'amount' } },
  ].map((where) => ({ ...base, stages: [{ name: 'a', where }] }));
  const stages = [
    ...[{}, { name: '' }, { name: 'a', group: [{ name: 'b' }] }, { group: [{ name: 'b' }] }, { group: [] }],
    ...[
      { group: [{ name: 'b' }], where: { field: 'k', eq: 'a' } },
      { group: [{ name: 'b' }], within: 1 },
    ],
    ...[
      { name: 'a', times: 3 },
      { name: 'a', times: 0 },
      { name: 'a', times: { min: 1 } },
      { name: 'a', times: {} },
    ],
    ...[
      { name: 'a', times: { min: 1, max: 2, gap: '1s' } },
      { name: 'a', times: 1.5 },
      { name: 'a', times: 1001 },
    ],
    ...[
      { name: 'a', link: 'begin' },
      { name: 'a', link: 'start' },
      { name: 'a', times: 2, contiguity: 'strict' },
    ],
    ...[
      { name: 'a', times: 2, contiguity: 'consecutive' },
      { name: 'a', optional: 1 },
      { name: 'a', wher: {} },
    ],
  ].map((stage) => ({ ...base, stages: [stage] }));
  const documents: readonly unknown[] = [
    ...[{}, null, 7, [], base, { ...base, $schema: 'x' }, { ...base, more: 1 }, { ...base, stages: [] }],
    ...[
      { ...base, name: '' },
      { ...base, name: 'a b' },
      { ...base, per: 'user' },
      { ...base, input: {} },
    ],
    ...[0, -1, 1, 1.5, '1m', '0m', '1w', null].map((within) => ({ ...base, within })),
    ...['noSkip', 'skipToNext', 'other', { skipToFirst: 'a' }, { skipToLast: 'a' }].map((skip) => ({ ...base, skip })),
    ...[{ skipTo: 'a' }, {}, { skipToFirst: 'a', skipToLast: 'a' }].map((skip) => ({ ...base, skip })),
    ...['flink', 'default', 'spark'].map((compat) => ({ ...base, compat })),
    { ...base, allowUnbounded: true, description: 'x', alert: { type: 'T', severity: 'high', description: '{key}' } },
    { ...base, alert: { type: 'T', severity: 'worst', description: '{key}' } },
    { ...base, alert: { type: 'T', severity: 'high' } },
    ...conditions,
    ...stages,
  ];
  for (const document of documents)
    it(JSON.stringify(document), () => {
      expect(accepts(published, document)).toBe(isLoaded(document));
    });
  for (const file of readdirSync(EXAMPLES))
    it(`about ${file}`, () => {
      expect(accepts(published, JSON.parse(readFileSync(new URL(file, EXAMPLES), 'utf8')))).toBe(true);
    });
});

function isLoaded(document: unknown): boolean {
  try {
    readPattern(document, 'test.json');
    return true;
  } catch {
    return false;
  }
}

function definitions(): Readonly<Record<string, Schema>> {
  return published.definitions ?? {};
}
