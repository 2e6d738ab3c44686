import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyLong } from './_any-avro.ts';
import { AvroDataError } from './avro-error.ts';
import { avroReader } from './avro-reader.ts';
import { parseSchema } from './avro-schema.ts';
import { BinaryCursor, MAX_EMPTY_ITEMS } from './binary-cursor.ts';
import { BinarySink } from './binary-sink.ts';

function cursor(hex: string | Buffer): BinaryCursor {
  const one = new BinaryCursor();
  one.reset(Buffer.isBuffer(hex) ? hex : Buffer.from(hex, 'hex'), 0, 'it');
  return one;
}

function long(value: bigint): Buffer {
  const sink = new BinarySink();
  sink.long(value);
  return sink.take();
}

describe('longs', () => {
  it('are numbers up to 2^53 and bigints beyond (1)', () => {
    const border = 2n ** 53n;
    for (const value of [border - 1n, 1n - border]) expect(cursor(long(value)).long()).toBe(Number(value));
    for (const value of [border, -border, border + 1n, -border - 1n]) expect(cursor(long(value)).long()).toBe(value);
  });

  it.each([
    ['feffffffffffffffff01', 2n ** 63n - 1n],
    ['ffffffffffffffffff01', -(2n ** 63n)],
    ['808080808010', 2 ** 38],
    ['8080808080808010', 2 ** 52],
    ['8080808080808020', 2n ** 53n],
  ])('%s is %s', (hex, value) => {
    expect(cursor(hex).long()).toBe(value);
  });

  it('lose no digit (1)', () => {
    fc.assert(
      fc.property(anyLong(), (value) => {
        const read = cursor(long(value)).long();
        expect(BigInt(read)).toBe(value);
        expect(typeof read === 'number').toBe(Number.isSafeInteger(Number(value)) && BigInt(Number(value)) === value);
      }),
      { numRuns: 5000 },
    );
  });

  it('of more than 64 bits, and ints of more than 32, are refused', () => {
    expect(() => cursor('ffffffffffffffffff02').long()).toThrow('a long of more than 64 bits');
    expect(() => cursor('ffffffffffffffffffff01').long()).toThrow('a long of more than 64 bits');
    expect(() => cursor('ffffffff10').int()).toThrow('an int of more than 32 bits');
    expect(cursor('feffffff0f').int()).toBe(2 ** 31 - 1);
    expect(cursor('ffffffff0f').int()).toBe(-(2 ** 31));
  });
});

describe('bytes', () => {
  it.each([3, 100])('of length %i are copies (2)', (size) => {
    const source = Buffer.concat([long(BigInt(size)), Buffer.alloc(size, 7)]);
    const one = cursor(source).bytes();
    source.fill(0);
    expect(one).toStrictEqual(new Uint8Array(size).fill(7));
    expect(one.buffer.byteLength).toBe(size);
  });
});

describe('text', () => {
  it('that is not UTF-8 is refused, never replaced (3)', () => {
    for (const hex of ['02ff', '04c328', '06eda080']) {
      expect(() => cursor(hex).string()).toThrow('is not UTF-8');
    }
    expect(cursor('06efbfbd').string()).toBe('\uFFFD');
    expect(cursor('06efbbbf').string()).toBe('\uFEFF');
  });
});

describe('what could run away (4)', () => {
  const items = (type: unknown) => parseSchema({ type: 'array', items: type });
  const field = (type: unknown) => parseSchema({ type: 'record', name: 'F', fields: [{ name: 'f', type }] });
  const NONE = {};

  it.each([
    ['an array of many', { type: 'array', items: 'int' }, 'feffffffffffffff7f'],
    ['an array of 2^40', { type: 'array', items: 'int' }, '808080808040'],
    ['a map of many', { type: 'map', values: 'null' }, 'feffffffffffffff7f'],
    ['a negative count', { type: 'array', items: 'int' }, 'ffffffffffffffffff01'],
    ['a long string', 'string', 'feffffff0f'],
    ['a string of negative length', 'string', '01'],
    ['a fixed of many', { type: 'fixed', name: 'X', size: 2 ** 40 }, '00'],
    ['no bytes', { type: 'array', items: 'int' }, ''],
  ])('%s is refused, read or skipped', (_name, type, hex) => {
    const bytes = Buffer.from(hex, 'hex');
    for (const read of [avroReader(parseSchema(type)), avroReader(field(type), NONE)])
      expect(() => read(bytes)).toThrow(AvroDataError);
  });

  it('items without bytes are counted over the whole value', () => {
    const many = Buffer.concat([long(BigInt(MAX_EMPTY_ITEMS)), Buffer.of(0)]);
    expect(avroReader(items('null'))(many)).toHaveLength(MAX_EMPTY_ITEMS);
    const nested = Buffer.concat([Buffer.of(4), many, many, Buffer.of(0)]);
    expect(() => avroReader(items({ type: 'array', items: 'null' }))(nested)).toThrow('items of no bytes, over 100000');
    const huge = Buffer.concat([long(2n ** 40n), Buffer.of(0)]);
    expect(() => avroReader(items('null'))(huge)).toThrow('items of no bytes');
    expect(() => avroReader(items({ type: 'record', name: 'E', fields: [] }))(huge)).toThrow('items of no bytes');
  });

  it('blocks that tell their size are read, and passed over', () => {
    const blocks = Buffer.from('03040204' + '0206' + '00', 'hex'); // -2 items of 4/2 bytes, then 1
    expect(avroReader(items('int'))(blocks)).toEqual([1, 2, 3]);
    const texts = Buffer.from(`0108${'06616263'}00`, 'hex'); // -1 item of 4 bytes
    expect(avroReader(items('string'))(texts)).toEqual(['abc']);
    expect(avroReader(field({ type: 'array', items: 'string' }), NONE)(texts)).toEqual({});
  });
});

describe('finish', () => {
  it('wants every byte, and no more', () => {
    const one = cursor('0202');
    one.int();
    expect(() => one.finish()).toThrow('1 bytes follow its end');
    one.int();
    one.finish();
    one.int();
    expect(() => one.finish()).toThrow('it ends after 2 bytes');
  });
});
