import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AvroDataError } from './avro-error.ts';
import { avroReader } from './avro-reader.ts';
import { parseSchema } from './avro-schema.ts';
import { frameWriter } from './avro-writer.ts';
import { readFrame, schemaPrefix, writeFrame } from './wire-format.ts';

const GUID = '89791762-2336-4186-9674-299b90a802e2';
const GUID_HEX = '8979176223364186 9674299b90a802e2'.replace(' ', '');

function bytes(hex: string): Buffer {
  return Buffer.from(hex, 'hex');
}

describe("confluent-schema-registry's frames", () => {
  interface Case {
    readonly hex: string;
    readonly schema_id?: number;
    readonly schema?: unknown;
    readonly decoded?: unknown;
  }
  const { cases } = JSON.parse(
    readFileSync(new URL('./fixtures/confluent-wire-format.json', import.meta.url), 'utf8'),
  ) as { cases: Case[] };
  const [good, bad] = cases;

  it('are read and written', () => {
    const frame = readFrame(bytes(good!.hex));
    expect(frame.schema).toBe(good!.schema_id);
    const type = parseSchema(good!.schema);
    expect(avroReader(type)(bytes(good!.hex), frame.start)).toEqual(good!.decoded);
    expect(frameWriter(3, type)(good!.decoded).toString('hex')).toBe(good!.hex);
  });

  it('without the magic byte are refused (2)', () => {
    expect(() => readFrame(bytes(bad!.hex))).toThrow('the first of them 48');
  });
});

describe('readFrame', () => {
  it('reads ids of 32 bits', () => {
    expect(readFrame(bytes('00fffffffe02'))).toEqual({ schema: 0xff_ff_ff_fe, start: 5 });
    expect(readFrame(bytes('0000000001'))).toEqual({ schema: 1, start: 5 });
  });

  it('reads a GUID', () => {
    expect(readFrame(bytes(`01${GUID_HEX}02`))).toEqual({ schema: GUID, start: 17 });
  });

  it('takes the header before the prefix (1)', () => {
    expect(readFrame(bytes('000000000102'), bytes(`01${GUID_HEX}`))).toEqual({ schema: GUID, start: 0 });
    expect(readFrame(bytes('02'), bytes('0000000007'))).toEqual({ schema: 7, start: 0 });
  });

  it.each(['', '00', '00000000', '01', `01${GUID_HEX.slice(2)}`, '7b7d', '0300000000000000'])(
    'refuses %s, as a value and as a header (2)',
    (hex) => {
      for (const run of [() => readFrame(bytes(hex)), () => readFrame(bytes('0000000001'), bytes(hex))]) {
        expect(run).toThrow(AvroDataError);
        expect(run).toThrow("Cannot find a schema's id");
      }
    },
  );
});

describe('writing', () => {
  it('is the inverse of reading', () => {
    for (const schema of [0, 1, 2 ** 32 - 1, GUID]) {
      const frame = writeFrame(schema, bytes('0102'));
      expect(readFrame(frame).schema).toBe(schema);
      expect(frame.subarray(readFrame(frame).start).toString('hex')).toBe('0102');
      expect(readFrame(bytes('02'), schemaPrefix(schema)).schema).toBe(schema);
    }
  });

  it('refuses what is no GUID', () => {
    expect(() => schemaPrefix('x')).toThrow('expected 32 hex digits');
  });

  it('puts no length before plain bytes', () => {
    expect(frameWriter(1, parseSchema('bytes'))(bytes('616263')).toString('hex')).toBe('0000000001616263');
  });
});
