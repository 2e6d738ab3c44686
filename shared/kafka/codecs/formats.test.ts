/** What the formats allow beyond what Java's producer writes: other tools write it. */
import { readFileSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { MAX_BATCH_BYTES } from './codec-error.ts';
import { findMatches } from './find-matches.ts';
import { compressLz4, decompressLz4 } from './lz4-frame.ts';
import { compressSnappy, decompressSnappy } from './snappy.ts';
import { encodeBlock, mostEncoded } from './snappy-block.ts';
import { xxhash32 } from './xxhash32.ts';
import { decompressGzip, decompressZstd } from './zlib-codecs.ts';
import { zstdFrames } from './zstd-frames.ts';

const records = readFileSync(new URL('./fixtures/java-producer/none.batch', import.meta.url)).subarray(61);
const thrice = Buffer.concat([records, records, records]);

describe('lz4', () => {
  it.each(['linked-blocks', 'block-checksums', 'one-large-block'])('reads %s of the lz4 tool', (name) => {
    expect(decompressLz4(lz4File(name)).equals(thrice)).toBe(true);
  });

  it.each([
    ['header', 'block-checksums', 6],
    ['block', 'block-checksums', 100],
    ['content', 'linked-blocks', -1],
  ])("checks the %s's checksum", (part, name, at) => {
    const damaged = lz4File(name);
    const index = at < 0 ? damaged.length + at : at;
    damaged[index] = (damaged[index] ?? 0) ^ 1;
    expect(() => decompressLz4(damaged)).toThrow(`${part}'s checksum is wrong`);
  });

  it('refuses what follows the frame', () => {
    expect(() => decompressLz4(Buffer.concat([compressLz4(records), Buffer.of(0)]))).toThrow('where its frame ends');
  });

  it('refuses a match that begins before its block, where blocks are independent', () => {
    const independent = lz4File('linked-blocks').subarray(0);
    independent[4] = (independent[4] ?? 0) | 0x20;
    independent[14] = (xxhash32(independent, 4, 14) >>> 8) & 255;
    expect(() => decompressLz4(independent)).toThrow('a match begins before its data');
  });

  it.each([
    ['literals that run over their block', '50616161', undefined, 'run over'],
    ['literals beyond the size that is told', '4061616161', 1, 'holds more'],
    ['a match beyond the largest block', `1f610100${'ff'.repeat(300)}00`, undefined, 'holds more'],
    ['a size that its blocks cannot hold', '1061', 1_000, 'cannot hold the size'],
    ['less than the size that is told', '1061', 2, 'holds less'],
    ['a match of distance 0', '1061000000', undefined, 'before its data'],
    ['a block that ends with a match', '10610100', undefined, 'cut off'],
  ])('refuses %s', (_, block, size, message) => {
    expect(() => decompressLz4(lz4Frame(Buffer.from(block, 'hex'), size))).toThrow(message);
  });

  it('keeps no more alive than it returns', () => {
    const content = decompressLz4(lz4File('one-large-block')); // its block could have held four MiB
    expect(content.buffer.byteLength).toBeLessThan(content.length * 2);
  });
});

/** Vectors of the reference implementation (github.com/Cyan4973/xxHash, seed 0). */
it.each([
  ['', 0x02cc5d05],
  ['a', 0x550d7456],
  ['abc', 0x32d153ff],
  ['Nobody inspects the spammish repetition', 0xe2293b2f],
])('xxHash32 of "%s"', (text, hash) => {
  expect(xxhash32(Buffer.from(text))).toBe(hash);
});

it('matches keep the end rules of LZ4, which its Java decoder relies on', () => {
  for (let length = 0; length < 200; length++)
    findMatches(Buffer.alloc(length), { from: 0, to: length }, (at, _, matched) => {
      expect(at).toBeLessThanOrEqual(length - 12);
      expect(at + matched).toBeLessThanOrEqual(length - 5);
    });
});

describe('snappy', () => {
  it('reads a raw block, as librdkafka writes it', () => {
    const raw = Buffer.alloc(mostEncoded(records.length));
    const end = encodeBlock(records, { from: 0, to: records.length }, raw, 0);
    expect(decompressSnappy(raw.subarray(0, end)).equals(records)).toBe(true);
  });

  it('reads two streams that were put together', () => {
    const twice = Buffer.concat([compressSnappy(records), compressSnappy(records)]);
    expect(decompressSnappy(twice).equals(Buffer.concat([records, records]))).toBe(true);
  });

  it.each([
    ['a literal of negative length, on which snappyjs does not end', '05fcf0ffffff6161616161', 'run over|holds more'],
    ['a copy of distance 0', '060061120000', 'before its data'],
    ['a copy from before the start', '060061120500', 'before its data'],
    ['a copy from beyond 2 GiB', '06006113ffffffff', 'before its data'],
    ['literals that run over their block', '05106161', 'run over'],
    ['less than it tells', '05006100610061', 'holds less'],
    ['more than it tells', '02006100610061', 'holds more'],
  ])('refuses %s', (_, hex, message) => {
    expect(() => decompressSnappy(Buffer.from(hex, 'hex'))).toThrow(new RegExp(message));
  });

  it('reads each kind of element', () => {
    // "ab"; copies of 4, 4 and 5 bytes with a distance of one, two and four bytes; 60 literals with a length byte
    const hex = `4b 04 6162 0102 0e0200 1302000000 f03b ${'63'.repeat(60)}`.replaceAll(' ', '');
    expect(decompressSnappy(Buffer.from(hex, 'hex')).toString()).toBe(`abababababababa${'c'.repeat(60)}`);
  });
});

describe('zstd', () => {
  it('reads every frame, of which Node alone would return the first', async () => {
    const frames = Buffer.concat([zstdCompressSync(records), zstdCompressSync(thrice)]);
    expect((await decompressZstd(frames)).equals(Buffer.concat([records, thrice]))).toBe(true);
  });

  it('bounds the frames together', async () => {
    const half = zstdCompressSync(Buffer.alloc(MAX_BATCH_BYTES / 2 + 1));
    await expect(decompressZstd(Buffer.concat([half, half]))).rejects.toThrow('more than 134217728 bytes');
  });

  it('sees a cut by itself, for Bun and Deno do not', () => {
    const frame = zstdCompressSync(records);
    for (let length = 0; length < frame.length; length++)
      expect(() => [...zstdFrames(frame.subarray(0, length))], `${length} bytes`).toThrow('Cannot decompress');
  });

  it('passes over a frame that holds no data', async () => {
    const skippable = Buffer.from('532a4d1803000000ffffff', 'hex');
    expect((await decompressZstd(Buffer.concat([skippable, zstdCompressSync(records)]))).equals(records)).toBe(true);
  });
});

it('gzip reads every member', async () => {
  expect((await decompressGzip(Buffer.concat([gzipSync('a'), gzipSync('b')]))).toString()).toBe('ab');
});

/** One block in a frame of 64 KiB blocks. */
function lz4Frame(block: Buffer, size: number | undefined): Buffer {
  const told = Buffer.alloc(size === undefined ? 0 : 8);
  if (size !== undefined) told.writeUInt32LE(size);
  const header = Buffer.concat([Buffer.of(size === undefined ? 0x60 : 0x68, 0x40), told]);
  const checksum = Buffer.of((xxhash32(header) >>> 8) & 255);
  return Buffer.concat([Buffer.from('04224d18', 'hex'), header, checksum, u32(block.length), block, u32(0)]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function lz4File(name: string): Buffer {
  return readFileSync(new URL(`./fixtures/lz4-tool/${name}.lz4`, import.meta.url));
}
