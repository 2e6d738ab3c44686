import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyProjection, anySample, encodeWithAvsc, plainOf } from './_any-avro.ts';
import { AvroDataError } from './avro-error.ts';
import { avroReader, PayloadReader } from './avro-reader.ts';
import { parseSchema } from './avro-schema.ts';
import { avroWriter } from './avro-writer.ts';
import { logicalValue } from './logical-value.ts';
import type { Projection } from './read-plan.ts';
import { fieldType } from './schema-types.ts';
import { readFrame } from './wire-format.ts';

/** fixtures/README.md says where these files come from. */
function fixture(name: string): Buffer {
  return readFileSync(new URL(`./fixtures/${name}`, import.meta.url));
}

interface Vector {
  readonly schema: unknown;
  readonly datum: unknown;
  readonly hex: string;
}

function read(schema: unknown, hex: string, projection?: Projection): unknown {
  return avroReader(parseSchema(schema), projection)(Buffer.from(hex, 'hex'));
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof AvroDataError) return error.code;
    throw error;
  }
  return 'no error';
}

describe("Apache Avro's vectors", () => {
  const { published_int_long_zigzag, vectors } = JSON.parse(fixture('avro-binary-vectors.json').toString()) as {
    published_int_long_zigzag: Vector[];
    vectors: Vector[];
  };

  it.each([...published_int_long_zigzag, ...vectors].map((vector) => [JSON.stringify(vector.schema), vector]))(
    'reads %s',
    (_name, { schema, datum, hex }) => {
      const type = parseSchema(schema);
      expect(logicalValue(read(schema, hex), fieldType(type))).toEqual(canonical(datum));
    },
  );

  it.each(vectors.filter(({ datum }) => !isAnnotated(datum)).map((vector) => [JSON.stringify(vector.schema), vector]))(
    'writes %s',
    (_name, { schema, datum, hex }) => {
      expect(avroWriter(parseSchema(schema))(datum).toString('hex')).toBe(hex);
    },
  );

  function isAnnotated(datum: unknown): boolean {
    return JSON.stringify(datum).includes('"$');
  }

  /** The vectors' own notation of values that JSON has no form for, as we write them. */
  function canonical(datum: unknown): unknown {
    const [[kind, text] = ['', '']] = typeof datum === 'object' && datum !== null ? Object.entries(datum) : [];
    if (datum === '03f94ab42daf4cb58910eb74b2947515') return '03f94ab4-2daf-4cb5-8910-eb74b2947515';
    if (kind === '$bytes_hex') return new Uint8Array(Buffer.from(String(text), 'hex'));
    if (kind === '$decimal' || kind === '$date') return text;
    if (kind === '$time') return String(text).replace(/000$/, '');
    if (kind === '$timestamp')
      return String(text)
        .replace(/(?<=\.\d{3})000\+/, '+')
        .replace('+00:00', 'Z');
    return datum;
  }
});

describe("Flink's Debezium records", () => {
  const schema = parseSchema(JSON.parse(fixture('flink-avro/debezium-test-schema.json').toString()));
  const { cases } = JSON.parse(fixture('flink-avro/expected.json').toString()) as {
    cases: { file: string; schema_id: number; op: string; expected_changelog: string[] }[];
  };
  const row = { id: true, name: true, description: true, weight: true } as const;
  const wanted: Projection = { before: row, after: row, op: true, source: { pos: true } };

  it.each(cases)('$file', ({ file, schema_id, op, expected_changelog }) => {
    const withNewline = fixture(`flink-avro/${file}`);
    const bytes = withNewline.subarray(0, -1); // an editor's: Java does not look for bytes behind a value, we do
    expect(codeOf(() => new PayloadReader().read(schema, withNewline, 5))).toBe('trailing-bytes');
    const frame = readFrame(bytes);
    expect(frame.schema).toBe(schema_id);
    const change = new PayloadReader({ projection: wanted }).read(schema, bytes, frame.start) as Readonly<
      Record<string, unknown>
    >;
    expect(Object.keys(change)).toEqual(['before', 'after', 'source', 'op']);
    expect(change.op).toBe(op);
    expect(change.source).toEqual({ pos: expect.any(Number) });
    const rows = expected_changelog.map((line) => /^(..)\((\d+),(.*),(.*),(.*)\)$/.exec(line) ?? []);
    for (const [, sign = '', id, name, description, weight] of rows)
      expect(sign[0] === '-' ? change.before : change.after).toStrictEqual({
        id: Number(id),
        name,
        description,
        weight: Number(weight),
      });
    expect([change.before, change.after].filter((each) => each !== null)).toHaveLength(rows.length);
  });
});

describe('avroReader', () => {
  it('reads what avsc writes, for any schema (1)', () => {
    fc.assert(
      fc.property(anySample(), ({ schema, value }) => {
        const bytes = encodeWithAvsc(schema, value);
        expect(avroReader(parseSchema(schema))(bytes)).toStrictEqual(plainOf(schema, value));
      }),
      { numRuns: 500 },
    );
  });

  it('gives the projected fields of the full value, for any projection', () => {
    fc.assert(
      fc.property(anySample(), anyProjection(), ({ schema, value }, projection) => {
        const bytes = encodeWithAvsc(schema, value);
        expect(avroReader(parseSchema(schema), projection)(bytes)).toStrictEqual(plainOf(schema, value, projection));
      }),
      { numRuns: 500 },
    );
  });

  it('refuses a value that is cut anywhere, or has bytes behind it (1, 2)', () => {
    fc.assert(
      fc.property(anySample(), anyProjection(), fc.nat(), ({ schema, value }, projection, cut) => {
        const bytes = encodeWithAvsc(schema, value);
        for (const reader of [avroReader(parseSchema(schema)), avroReader(parseSchema(schema), projection)]) {
          if (bytes.length > 0)
            expect(['truncated', 'malformed']).toContain(codeOf(() => reader(bytes.subarray(0, cut % bytes.length))));
          expect(codeOf(() => reader(Buffer.concat([bytes, Buffer.of(0)])))).toBe('trailing-bytes');
        }
      }),
      { numRuns: 300 },
    );
  });

  it('throws nothing but AvroDataError for any bytes (2)', () => {
    fc.assert(
      fc.property(anySample(), fc.uint8Array({ maxLength: 60 }), anyProjection(), ({ schema }, bytes, projection) => {
        codeOf(() => avroReader(parseSchema(schema))(bytes));
        codeOf(() => avroReader(parseSchema(schema), projection)(bytes));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['2^30 longs', { type: 'array', items: 'long' }, '8080808008'],
    ['2^40 ints', { type: 'map', values: 'int' }, '808080808040'],
  ])('is not taken in by the claim of %s (2)', (_name, schema, hex) => {
    expect(codeOf(() => read(schema, hex))).toBe('truncated');
    expect(
      codeOf(() => read({ type: 'record', name: 'R', fields: [{ name: 'skipped', type: schema }] }, hex, {})),
    ).toBe('truncated');
  });

  it('reads from the middle of a larger buffer', () => {
    const bytes = Buffer.from('ff02', 'hex');
    expect(avroReader(parseSchema('long'))(bytes, 1)).toBe(1);
    expect(avroReader(parseSchema('long'))(new Uint8Array(bytes.buffer, bytes.byteOffset + 1, 1))).toBe(1);
  });

  it('leaves a projected field that the writer lacks absent', () => {
    const schema = { type: 'record', name: 'R', fields: [{ name: 'a', type: 'int' }] };
    expect(read(schema, '02', { a: true, b: { c: true } })).toStrictEqual({ a: 1 });
    expect(read(schema, '02', {})).toStrictEqual({});
    const inherited = { type: 'record', name: 'R', fields: [{ name: 'toString', type: 'int' }] };
    expect(Object.keys(read(inherited, '02', {}) as object)).toEqual([]);
  });

  it('projects a recursive schema', () => {
    const schema = {
      type: 'record',
      name: 'List',
      fields: [
        { name: 'value', type: 'int' },
        { name: 'next', type: ['null', 'List'] },
      ],
    };
    expect(read(schema, '020204020600')).toStrictEqual({
      value: 1,
      next: { value: 2, next: { value: 3, next: null } },
    });
    expect(read(schema, '020204020600', { next: { next: { value: true } } })).toStrictEqual({
      next: { next: { value: 3 } },
    });
    expect(read(schema, '020204020600', { value: true })).toStrictEqual({ value: 1 });
  });

  it('tells which branch or symbol is not there', () => {
    expect(() => read(['null', 'int'], '04')).toThrow('the union has no branch 2, before byte 1 of 1');
    expect(() => read({ type: 'enum', name: 'shop.State', symbols: ['A'] }, '02')).toThrow(
      'Cannot read the Avro value (shop.State): the enum has no symbol 1',
    );
  });
});

describe('PayloadReader', () => {
  it('compiles a reader once for a schema', () => {
    let planned = 0;
    const projection: Projection = {
      get a(): true {
        planned++;
        return true;
      },
    };
    const type = parseSchema({ type: 'record', name: 'R', fields: [{ name: 'a', type: 'int' }] });
    const reader = new PayloadReader({ projection });
    for (const byte of [2, 4, 6]) expect(reader.read(type, Buffer.of(9, byte), 1)).toEqual({ a: byte / 2 });
    expect(planned).toBe(1);
  });

  it('takes plain bytes without a length, as Confluent writes them', () => {
    expect(new PayloadReader().read(parseSchema('bytes'), Buffer.from('0000000001616263', 'hex'), 5)).toStrictEqual(
      new Uint8Array(Buffer.from('abc')),
    );
  });
});
