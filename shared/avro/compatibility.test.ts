import { readFileSync } from 'node:fs';
import avsc from 'avsc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { arbitrarySchema, arbitraryValue, type JsonSchema, schemaPair } from './_arbitrary-schema.ts';
import { incompatibilities } from './compatibility.ts';
import { parseStrictSchema } from './strict-schema.ts';

const Pairs = z.object({
  cases: z.array(
    z.object({
      test: z.string(),
      reader: z.unknown(),
      writer: z.unknown(),
      compatible: z.boolean(),
      messages: z.array(z.string()),
      locations: z.array(z.string()),
    }),
  ),
});
const { cases } = Pairs.parse(
  JSON.parse(readFileSync(new URL('fixtures/avro-compatibility-pairs.json', import.meta.url), 'utf8')),
);

function check(reader: unknown, writer: unknown) {
  return incompatibilities(
    parseStrictSchema(JSON.stringify(reader)).type,
    parseStrictSchema(JSON.stringify(writer)).type,
  );
}

describe("Avro's own pairs", () => {
  for (const [index, { test, reader, writer, compatible, messages, locations }] of cases.entries())
    it(`${index} ${test}`, () => {
      const found = check(reader, writer);
      expect(found.length === 0).toBe(compatible);
      if (compatible) return;
      const places = locations.length > 1 ? locations.filter((place) => place !== '/') : locations;
      expect([...new Set(found.map(({ path }) => path))].sort()).toEqual(places);
      const ofPython = messages.map((message) =>
        message.replace(/^\{(.*)\}$/, (_, set) => `[${set.replaceAll("'", '')}]`),
      );
      expect([...new Set(found.map(({ message }) => message))].sort()).toEqual(ofPython);
    });
});

describe('incompatibilities', () => {
  const tree = (value: string, extra: unknown[] = []) => ({
    type: 'record',
    name: 'Tree',
    fields: [{ name: 'value', type: value }, { name: 'next', type: ['null', 'Tree'] }, ...extra],
  });

  it('follows recursive schemas to their end', () => {
    expect(check(tree('long'), tree('int'))).toEqual([]);
    expect(check(tree('int'), tree('long')).map(({ kind }) => kind)).toEqual(['TYPE_MISMATCH']);
  });

  it('takes back what it supposed of a recursive pair that failed', () => {
    // a.Tree cannot read Tree, b.Tree can. Inner, met below a.Tree, must not stay readable on the strength of a.Tree.
    const inner = { type: 'record', name: 'a.Inner', fields: [{ name: 'tree', type: ['null', 'a.Tree'] }] };
    const tree = (name: string, value: string, more: unknown[]) => ({
      type: 'record',
      name,
      fields: [...more, { name: 'value', type: value }],
    });
    const outer = (trees: unknown[]) => ({
      type: 'record',
      name: 'Outer',
      fields: [
        { name: 'either', type: ['null', ...trees] },
        { name: 'again', type: ['null', 'a.Inner'] },
      ],
    });
    const withInner = (value: string) => tree('a.Tree', value, [{ name: 'inner', type: ['null', inner] }]);
    const found = check(outer([withInner('int'), tree('b.Tree', 'long', [])]), outer([withInner('long')]));
    expect(found.map(({ kind, path }) => [kind, path])).toEqual([['MISSING_UNION_BRANCH', '/fields/1/type/1']]);
  });

  it('calls an error by its word, and reads it as a record', () => {
    const named = (type: string) => ({ type, name: 'R', fields: [] });
    expect(check(named('record'), named('error'))).toEqual([]);
    const [problem] = check(['int'], named('error'));
    expect(problem?.message).toBe('reader union lacking writer type: ERROR');
  });

  it('calls a field with two writers ambiguous', () => {
    const record = (fields: unknown[]) => ({ type: 'record', name: 'R', fields });
    const reader = record([{ name: 'a', aliases: ['b'], type: 'int' }]);
    const writer = record([
      { name: 'a', type: 'int' },
      { name: 'b', type: 'int' },
    ]);
    expect(check(reader, writer)).toEqual([
      { kind: 'NAME_MISMATCH', path: '/fields/0', message: 'several fields written for: a' },
    ]);
  });

  it('an enum default does not stand in for the default of a field that was not written', () => {
    const color = { type: 'enum', name: 'Color', symbols: ['RED'], default: 'RED' };
    const reader = { type: 'record', name: 'R', fields: [{ name: 'color', type: color }] };
    expect(check(reader, { type: 'record', name: 'R', fields: [] })).toHaveLength(1);
  });
});

const pairWithValues = schemaPair.chain(([a, b]) =>
  fc.tuple(fc.constant(a), fc.constant(b), fc.array(arbitraryValue(b), { minLength: 5, maxLength: 5 })),
);

describe('for any schemas', () => {
  it('each can read itself', () => {
    fc.assert(
      fc.property(arbitrarySchema, (schema) => {
        expect(check(schema, schema)).toEqual([]);
      }),
    );
  });

  it('a field with a default can be added, and any field taken away', () => {
    fc.assert(
      fc.property(fc.array(arbitrarySchema, { maxLength: 3 }), (types) => {
        const fields = types.map((type, index) => ({ name: `f${index}`, type: renamed(type, `_${index}`) }));
        const old = { type: 'record', name: 'Row', fields };
        expect(check({ ...old, fields: [{ name: 'added', type: 'int', default: 7 }, ...fields] }, old)).toEqual([]);
        expect(check({ ...old, fields: [{ name: 'added', type: 'int' }, ...fields] }, old)).toHaveLength(1);
        expect(check({ ...old, fields: fields.slice(1) }, old)).toEqual([]);
      }),
    );
  });

  it('what one can read of another is what avsc can decode', () => {
    let compatible = 0;
    fc.assert(
      fc.property(pairWithValues, ([a, b, values]) => {
        const [reader, writer] = [avscType(a), avscType(b)];
        if (check(a, b).length > 0) {
          expect(() => reader.createResolver(writer)).toThrow();
          return;
        }
        compatible++;
        const resolver = reader.createResolver(writer);
        for (const value of values)
          expect(reader.isValid(reader.fromBuffer(writer.toBuffer(value), resolver))).toBe(true);
      }),
      { numRuns: 1_000 },
    );
    expect(compatible).toBeGreaterThan(50);
  });
});

function avscType(schema: JsonSchema): avsc.Type {
  return avsc.Type.forSchema(JSON.parse(JSON.stringify(schema)), { wrapUnions: true, omitRecordMethods: true });
}

/** Names of their own for the types of one field, so that several fields can stand in one record. */
function renamed(schema: JsonSchema, suffix: string): JsonSchema {
  return JSON.parse(JSON.stringify(schema).replaceAll(/"(Record|Letter|Hash)\d/g, `$&${suffix}`));
}
