import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { schemaPair } from './_arbitrary-schema.ts';
import { AvroDataError } from './avro-error.ts';
import { PayloadReader, resolvingReader } from './avro-reader.ts';
import { parseSchema } from './avro-schema.ts';
import { avroWriter } from './avro-writer.ts';
import { incompatibilities } from './compatibility.ts';
import type { ReadPlan } from './read-plan.ts';
import { planResolution } from './resolve-schema.ts';

/** fixtures/README.md says where these files come from. */
function fixture(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8'));
}

function record(...fields: readonly object[]): unknown {
  return { type: 'record', name: 'R', fields };
}

/** What `value`, written with one schema, is when read as another. */
function resolved(writer: unknown, reader: unknown, value: unknown): unknown {
  const type = parseSchema(writer);
  return resolvingReader(type, parseSchema(reader))(avroWriter(type)(value));
}

/** Whether a plan has no refusal in it. */
function readsAll(writer: unknown, reader: unknown): boolean {
  try {
    return !refuses(planResolution(parseSchema(writer), parseSchema(reader)), new Set());
  } catch (error) {
    if (error instanceof AvroDataError) return false;
    throw error;
  }
}

function refuses(plan: ReadPlan, seen: Set<ReadPlan>): boolean {
  if (seen.has(plan)) return false;
  seen.add(plan);
  switch (plan.kind) {
    case 'refuse':
      return true;
    case 'enum':
      return plan.symbols.includes(undefined);
    case 'array':
      return refuses(plan.items, seen);
    case 'map':
      return refuses(plan.values, seen);
    case 'union':
      return plan.branches.some((branch) => refuses(branch, seen));
    case 'record':
      return plan.steps.some((step) => 'plan' in step && refuses(step.plan, seen));
    default:
      return false;
  }
}

describe("Apache Avro's compatibility pairs (1)", () => {
  const { cases } = fixture('avro-compatibility-pairs.json') as {
    cases: { test: string; reader: unknown; writer: unknown; compatible: boolean }[];
  };

  it.each(cases.map((pair, n) => [`${n} ${pair.test}`, pair] as const))(
    '%s',
    (_name, { reader, writer, compatible }) => {
      expect(readsAll(writer, reader)).toBe(compatible);
    },
  );
});

describe("Apache Avro's defaults", () => {
  const { reader_default_resolution } = fixture('avro-binary-vectors.json') as {
    reader_default_resolution: { field_schema: unknown; default_json_and_resolved: unknown }[];
  };

  it.each(reader_default_resolution.map((each) => [JSON.stringify(each.field_schema), each] as const))(
    '%s',
    (_name, { field_schema, default_json_and_resolved: given }) => {
      const reader = record({ name: 'new', type: field_schema, default: given });
      const isBytes = /bytes|fixed/.test(JSON.stringify(field_schema));
      expect(resolved(record(), reader, {})).toStrictEqual({ new: isBytes ? new Uint8Array([255, 255]) : given });
    },
  );

  it('are fresh for each value', () => {
    const reader = record({ name: 'list', type: { type: 'array', items: 'int' }, default: [1] });
    const read = resolvingReader(parseSchema(record()), parseSchema(reader));
    const [one, other] = [read(Buffer.alloc(0)), read(Buffer.alloc(0))] as { list: number[] }[];
    one?.list.push(2);
    expect(other).toEqual({ list: [1] });
  });
});

describe('resolution', () => {
  it.each([
    ['int', 'double', 7, 7],
    ['int', 'float', 16_777_217, 16_777_216],
    ['long', 'double', 2n ** 60n + 1n, 2 ** 60],
    ['float', 'double', 0.5, 0.5],
    ['string', 'bytes', 'é', new Uint8Array([0xc3, 0xa9])],
    ['bytes', 'string', new Uint8Array([0xc3, 0xa9]), 'é'],
  ])('promotes %s to %s', (writer, reader, value, expected) => {
    expect(resolved(writer, reader, value)).toStrictEqual(expected);
  });

  it('takes fields by alias, drops those the reader has not, and reads in any order', () => {
    const writer = record({ name: 'id', type: 'int' }, { name: 'gone', type: 'string' }, { name: 'b', type: 'int' });
    const reader = record({ name: 'b', type: 'long' }, { name: 'order_id', aliases: ['id'], type: 'int' });
    expect(resolved(writer, reader, { id: 1, gone: 'x', b: 2 })).toStrictEqual({ order_id: 1, b: 2 });
  });

  it("prefers the writer's own type to one it could be promoted to", () => {
    expect(resolved('string', ['bytes', 'string'], 'x')).toBe('x');
  });

  it('tells when planning what can never be read (1)', () => {
    const int = parseSchema(record({ name: 'a', type: 'int' }));
    for (const reader of [record({ name: 'a', type: 'string' }), record({ name: 'b', type: 'int' })])
      expect(() => planResolution(int, parseSchema(reader))).toThrow('Cannot read record R as record R');
  });

  it('refuses a branch only when it is met (1)', () => {
    expect(resolved(['int', 'string'], 'int', 1)).toBe(1);
    expect(resolved(['string', 'int'], 'int', 1)).toBe(1);
    expect(() => resolved(['int', 'string'], 'int', 'x')).toThrow('string cannot be read as int');
    expect(() => resolved(['bytes', 'string'], 'int', 'x')).toThrow('Cannot read union as int');
  });

  it('gives an unknown symbol the default, or refuses it when it is met (1)', () => {
    const states = (symbols: readonly string[], more: object) => ({ type: 'enum', name: 'E', symbols, ...more });
    expect(resolved(states(['A', 'B'], {}), states(['A'], { default: 'A' }), 'B')).toBe('A');
    expect(resolved(states(['A', 'B'], {}), states(['B'], {}), 'B')).toBe('B');
    expect(() => resolved(states(['A', 'B'], {}), states(['B'], {}), 'A')).toThrow('the enum has no symbol 0');
  });

  it('agrees with the compatibility rules about any schemas (2)', () => {
    let compatible = 0;
    fc.assert(
      fc.property(schemaPair, ([reader, writer]) => {
        const isCompatible = incompatibilities(parseSchema(reader), parseSchema(writer)).length === 0;
        expect(readsAll(writer, reader)).toBe(isCompatible);
        if (isCompatible) compatible++;
      }),
      { numRuns: 1_000 },
    );
    expect(compatible).toBeGreaterThan(50);
  });

  it('refuses a pair of records wherever it is met (1)', () => {
    const twice = (type: string) =>
      record(
        { name: 'p', type: ['null', { type: 'record', name: 'Inner', fields: [{ name: 'v', type }] }] },
        { name: 'q', type: ['null', 'Inner'] },
      );
    const read = (value: unknown) => resolved(twice('string'), twice('int'), value);
    expect(read({ p: null, q: null })).toStrictEqual({ p: null, q: null });
    expect(() => read({ p: { v: 'x' }, q: null })).toThrow('string cannot be read as int');
    expect(() => read({ p: null, q: { v: 'x' } })).toThrow('string cannot be read as int');
  });

  it("takes the branch of the reader's union that takes every value, or else the one that takes some (1)", () => {
    const holder = (name: string, type: unknown) => ({ type: 'record', name, fields: [{ name: 'v', type }] });
    const writer = holder('w.R', ['int', 'string']);
    const whole = holder('b.R', ['string', 'long']);
    expect(resolved(writer, [holder('a.R', 'int'), whole], { v: 'x' })).toStrictEqual({ v: 'x' });
    expect(resolved(writer, ['null', holder('a.R', 'int')], { v: 1 })).toStrictEqual({ v: 1 });
    expect(() => resolved(writer, ['null', holder('a.R', 'int')], { v: 'x' })).toThrow('string cannot be read as int');
    expect(() => resolved(writer, ['null', holder('a.S', 'int')], { v: 1 })).toThrow("no branch of the reader's union");
  });

  it('refuses a field that could take its value from two (1)', () => {
    const writer = record({ name: 'a', type: 'int' }, { name: 'b', type: 'int' });
    const reader = record({ name: 'a', aliases: ['b'], type: 'int' });
    expect(() => resolved(writer, reader, { a: 1, b: 2 })).toThrow('record R has several fields for "a"');
  });

  it('follows recursive schemas', () => {
    const list = (value: string) => record({ name: 'value', type: value }, { name: 'next', type: ['null', 'R'] });
    const value = { value: 1, next: { value: 2, next: null } };
    expect(resolved(list('int'), list('double'), value)).toStrictEqual(value);
  });

  it('serves a PayloadReader', () => {
    const writer = parseSchema(record({ name: 'a', type: 'int' }));
    const reader = new PayloadReader({ as: parseSchema(record({ name: 'b', type: 'string', default: 'x' })) });
    expect(reader.read(writer, Buffer.of(2), 0)).toStrictEqual({ b: 'x' });
  });
});
