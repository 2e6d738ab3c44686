import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change } from './change.ts';
import { DataError } from './data-error.ts';
import { DebeziumJson } from './debezium-json.ts';
import type { JsonObject } from './json-text.ts';
import { NO_COMMIT } from './place.ts';
import { scanEnvelope } from './scan-envelope.ts';
import { isReadRight } from '../../shared/testing/any-json.ts';

const MEMBERS = [['id'], ['name'], ['weight']];

function decodeDebezium(text: string, exact: boolean): Change {
  return new DebeziumJson(MEMBERS).read(text, exact);
}

/** fixtures/README.md says where these files come from. */
function fixture(name: string): string {
  return readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8');
}

function lines(name: string): string[] {
  return fixture(name).split('\n').filter(Boolean);
}

/** Flink's changelog of a products change: `-U(...)`, `+U(...)`. `weight` is a 32-bit float in the MySQL files. */
function changelog(change: Change): string[] {
  if (change.kind !== 'change') return [];
  const { op, before, after } = change;
  const show = (sign: string, row: JsonObject | null) => {
    const weight = Math.fround(Number(row?.weight));
    const shortest = String(Number(weight.toPrecision(7)));
    const text = shortest.includes('.') ? shortest : `${shortest}.0`;
    return `${sign}(${row?.id},${row?.name},${row?.description},${text})`;
  };
  if (op === 'u') return [show('-U', before), show('+U', after)];
  return op === 'd' ? [show('-D', before)] : [show('+I', after)];
}

describe('the changelogs of Flink', () => {
  const expected = (JSON.parse(fixture('flink-json.expected.json')) as { expected_changelog: string[] })
    .expected_changelog;
  const files = [
    'debezium-postgres-data-schema-exclude.txt',
    'debezium-postgres-data-schema-include.txt',
    'debezium-data-schema-exclude.txt',
    'debezium-data-schema-include.txt',
  ];
  for (const file of files)
    for (const exact of [false, true])
      it(`${file}, ${exact ? 'exact' : 'fast'}`, () => {
        expect(lines(file).flatMap((line) => changelog(decodeDebezium(line, exact)))).toEqual(expected);
      });

  it('gives the column types of an embedded schema', () => {
    const [first = ''] = lines('debezium-postgres-data-schema-include.txt');
    const change = decodeDebezium(first, false);
    expect(change.kind === 'change' && change.types?.get('weight')?.type).toBe('double');
  });

  it('sees that REPLICA IDENTITY DEFAULT leaves no before', () => {
    const update = lines('debezium-postgres-data-replica-identity.txt')
      .map((line) => decodeDebezium(line, false))
      .find((change) => change.kind === 'change' && change.op === 'u');
    expect(update).toMatchObject({ op: 'u', before: null });
  });
});

describe("the envelopes of Debezium's documentation", () => {
  const cases = lines('postgres-envelopes.jsonl').map((line) => JSON.parse(line) as { kind: string; message: unknown });
  const expected: Readonly<Record<string, Partial<Change>>> = {
    create: { kind: 'change', op: 'c' },
    update: { kind: 'change', op: 'u' },
    delete: { kind: 'change', op: 'd', after: null },
    truncate: { kind: 'truncate' },
    message: { kind: 'message' },
    'row-event-with-transaction-metadata': { kind: 'change', op: 'c' },
    'transaction-topic': { kind: 'control' },
  };
  for (const { kind, message } of cases)
    it(kind, () => {
      const text = JSON.stringify(message);
      expect(expected[kind]).toBeDefined();
      expect(decodeDebezium(text, false)).toMatchObject(expected[kind] ?? {});
    });
});

describe('tombstones', () => {
  for (const text of ['', 'null', '{"schema":null,"payload":null}', '{"schema":{"type":"struct"},"payload":null}'])
    it(JSON.stringify(text), () => expect(decodeDebezium(text, false)).toEqual({ kind: 'tombstone' }));
});

describe('what is refused', () => {
  const row = '{"id":1}';
  const source = '"source":{"a":1,"s":"x"}';
  const cases: Readonly<Record<string, string>> = {
    'not JSON': '{"before":',
    'a number': '5',
    'a list': '[]',
    'an unknown op': `{"before":null,"after":${row},${source},"op":"x"}`,
    'a create without a row': `{"before":null,"after":null,${source},"op":"c"}`,
    'a row that is no object': `{"before":null,"after":[1],${source},"op":"c"}`,
    'a payload that is no object': '{"schema":null,"payload":5}',
    'JSON with a broken source': `{"before":null,"after":${row},"source":{"a":},"op":"c"}`,
    'JSON with a broken string in source': `{"before":null,"after":${row},"source":{"a":"\\x"},"op":"c"}`,
    'JSON with more behind it': `{"before":null,"after":${row},${source},"op":"c"}}`,
    'JSON that was cut off': `{"before":null,"after":${row},${source},"op":"c"`,
    'a broken schema': '{"schema":{"fields":[},"payload":{"op":"t"}}',
  };
  for (const [name, text] of Object.entries(cases))
    it(name, () => expect(() => decodeDebezium(text, false)).toThrow(DataError));
});

/** The records that a real connector wrote around its restarts. */
function replays(): string[] {
  return lines('pg-restart-replay.jsonl').flatMap((line) => (JSON.parse(line) as { value: string | null }).value ?? []);
}

it('each record is read by its own schema, also when the next one is as long', () => {
  const decoder = new DebeziumJson([['id']]);
  const withScale = (scale: number) => {
    const column = {
      field: 'id',
      type: 'bytes',
      name: 'org.apache.kafka.connect.data.Decimal',
      parameters: { scale: `${scale}` },
    };
    const schema = {
      type: 'struct',
      fields: [
        { field: 'after', type: 'struct', fields: [column] },
        { field: 'op', type: 'string' },
      ],
    };
    return JSON.stringify({ schema, payload: { before: null, after: { id: 'AeIT' }, source: {}, op: 'c' } });
  };
  const ids = [1, 1, 2, 1]
    .map((scale) => decoder.read(withScale(scale), false))
    .map((one) => one.kind === 'change' && one.after?.id);
  expect(ids).toEqual(['12341.1', '12341.1', '1234.11', '12341.1']);
});

describe('the short way through an envelope', () => {
  it('is taken for what connectors write', () => {
    for (const line of lines('aggregate_updates.jsonl')) expect(scanEnvelope(line)).toBeDefined();
  });

  const value = fc.jsonValue({ maxDepth: 2 });
  const tricky = fc.constantFrom('},"source":{', '},"after":', '"op":"c"', '{', '}', '\\', '"', 'after', 'source');
  const cell = fc.oneof(value, tricky, fc.record({ source: fc.record({ x: tricky }), after: value }));
  const row = fc.option(fc.dictionary(fc.oneof(fc.string({ maxLength: 5 }), tricky), cell, { maxKeys: 4 }), {
    nil: null,
  });

  it('finds what parsing all of it finds, whatever the rows hold', () => {
    const property = fc.property(row, row, fc.constantFrom('c', 'u', 'd'), (before, after, op) => {
      const text = JSON.stringify({ before, after, source: { db: 'x', lsn: 5 }, transaction: null, op, ts_ms: 1 });
      fc.pre(isReadRight({ before, after }));
      const scanned = scanEnvelope(text);
      if (scanned) expect(scanned).toMatchObject({ op, ...(JSON.parse(JSON.stringify({ before, after })) as object) });
    });
    fc.assert(property, { numRuns: 500 });
  });

  const lines830 = [...lines('aggregate_updates.jsonl'), ...replays()];
  const anyLine = fc.constantFrom(...lines830);
  /** A number, text or word of JSON, or none. */
  const token = fc.constantFrom(
    'null',
    'false',
    '"false"',
    '"postgresql"',
    '5',
    '"5"',
    '-1',
    '1e3',
    '01',
    '"',
    '"a\\"b"',
    '{}',
    '',
  );
  const member =
    /"(?:version|connector|name|ts_ms|snapshot|db|sequence|ts_us|lsn|txId|op)":(?:"(?:[^"\\]|\\.)*"|[^,}]*)/g;

  it('finds what parsing all of it finds, whatever stands in source', () => {
    const property = fc.property(anyLine, fc.nat(20), token, fc.nat(5), (line, nth, value, keep) => {
      let n = 0;
      const text = line.replaceAll(member, (found) =>
        n++ === nth ? `${found.slice(0, found.indexOf(':') + 1)}${value}` : found,
      );
      expectSame(keep === 0 ? text.replace('"ts_us":', '"ts_ms":') : text);
    });
    fc.assert(property, { numRuns: 2000 });
  });

  it('finds what parsing all of it finds, whatever was changed in a line', () => {
    const edit = fc.record({
      at: fc.nat(1200),
      cut: fc.nat(3),
      put: fc.constantFrom('"', '}', '{', ',', ':', '\\', '0', 'x', '},"source":{', ',"op":"c"', ''),
    });
    const property = fc.property(anyLine, edit, fc.boolean(), (line, { at, cut, put }, isWrapped) => {
      const text = `${line.slice(0, at)}${put}${line.slice(at + cut)}`;
      expectSame(isWrapped ? `{"schema":{"type":"struct","fields":[]},"payload":${text}}` : text);
    });
    fc.assert(property, { numRuns: 2000 });
  });

  /** By the short way first, by parsing all of it then: the same change, or both refuse it. */
  function expectSame(text: string): void {
    const [short, long] = [false, true].map((exact) => {
      try {
        const change = decodeDebezium(text, exact);
        return 'place' in change && change.place ? { ...change, place: { ...change.place, rows: undefined } } : change;
      } catch (error) {
        if (error instanceof DataError) return error.reason;
        throw error;
      }
    });
    expect(withoutBigints(short)).toEqual(withoutBigints(long));
  }

  /** The long way is exact. */
  function withoutBigints(value: unknown): unknown {
    return JSON.parse(
      JSON.stringify(value, (_name, part: unknown) => (typeof part === 'bigint' ? Number(part) : part)),
    );
  }

  it('knows the first transaction after a snapshot', () => {
    const [streamed = ''] = replays().filter((line) => line.includes('"snapshot":"false"'));
    const first = streamed.replace(/"sequence":"\[[^,]*,/, '"sequence":"[null,');
    expect(scanEnvelope(first)?.source?.place?.commit).toBe(NO_COMMIT);
    expectSame(first);
  });

  it('knows where real changes stand', () => {
    const [first] = replays().filter((line) => line.includes('"snapshot":"false"'));
    const change = decodeDebezium(first ?? '', false);
    expect(change).toMatchObject({ kind: 'change', place: { origin: 'ps', op: 'u' } });
  });

  it('leaves a text alone that names a side twice', () => {
    const text = '{"before":null,"after":{"id":1},"source":{"a":1},"after":{"id":2},"op":"c"}';
    expect(scanEnvelope(text)).toBeUndefined();
    expect(decodeDebezium(text, false)).toMatchObject({ after: { id: 2 } });
  });
});
