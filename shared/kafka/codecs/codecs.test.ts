/** The codecs that kafkajs is given: what Java wrote, what we wrote, and what is damaged. Invariants: see each codec. */
import { readFileSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_BATCH_BYTES } from './codec-error.ts';
import { CODECS } from './register-codecs.ts';

const BATCH_HEADER_BYTES = 61;
const NAMES = ['gzip', 'snappy', 'lz4', 'zstd'] as const;

/** Bytes like those of records: runs, repetitions and noise. */
const content = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .tuple(fc.string({ maxLength: 20 }), fc.integer({ min: 1, max: 4_000 }))
        .map(([text, times]) => Buffer.from(text.repeat(times))),
      fc.integer({ min: 1, max: 70_000 }).map((length) => Buffer.alloc(length, 7)),
    ),
    { maxLength: 12 },
  )
  .map((parts) => Buffer.concat(parts.map((part) => Buffer.from(part))));

describe.each(NAMES)('%s', (name) => {
  const codec = CODECS[name];
  const records = recordsOf('none');

  it('reads what the Java producer wrote', async () => {
    expect((await codec.decompress(recordsOf(name))).equals(records)).toBe(true);
  });

  it('reads what it wrote itself', async () => {
    const roundTrip = fc.asyncProperty(content, async (data) => {
      expect((await codec.decompress(await codec.compress(data))).equals(data)).toBe(true);
    });
    await fc.assert(roundTrip, { numRuns: 100 });
  });

  it('makes records smaller', async () => {
    expect((await codec.compress(records)).length).toBeLessThan(records.length / 2);
  });

  it('refuses every batch that is cut off', async () => {
    const whole = recordsOf(name);
    // Snappy's framing has no end: cut between two blocks it looks whole. kafkajs then misses records.
    const isUnseen = (length: number) => name === 'snappy' && [16, 20 + whole.readUInt32BE(16)].includes(length);
    const cuts = fc.asyncProperty(
      fc.integer({ min: 0, max: whole.length - 1 }).filter((length) => !isUnseen(length)),
      async (length) => {
        const cut = codec.decompress(whole.subarray(0, length));
        await expect(cut).rejects.toThrow(`Cannot decompress a batch (${name})`);
      },
    );
    await fc.assert(cuts, { numRuns: 200, examples: [[0], [1], [7], [15], [20], [whole.length - 1]] });
  });

  it('ends on any damage: with an error of its own, or with no more than the input can hold', async () => {
    const whole = recordsOf(name);
    const damage = fc.array(fc.tuple(fc.integer({ min: 0, max: whole.length - 1 }), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 8,
    });
    const survives = fc.asyncProperty(damage, async (changes) => {
      const damaged = Buffer.from(whole);
      for (const [at, value] of changes) damaged[at] = value;
      await expectErrorOrBounded(name, damaged);
    });
    await fc.assert(survives, { numRuns: 300 });
  });

  it('ends on bytes that are nothing at all', async () => {
    const survives = fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), (bytes) => expectErrorOrBounded(name, bytes));
    await fc.assert(survives, { numRuns: 300 });
  });
});

describe('what would grow too large', () => {
  it('is refused by what it tells: 100 bytes do not allocate 4 GiB', async () => {
    const lz4 = Buffer.concat([Buffer.from('04224d186c40ffffffff0000000085', 'hex'), Buffer.alloc(85)]);
    const raw = Buffer.concat([Buffer.from('ffffffff0f', 'hex'), Buffer.alloc(95)]);
    const framed = Buffer.concat([
      Buffer.from('82534e41505059000000000100000001', 'hex'),
      Buffer.from([0, 0, 0, 100]),
      raw,
    ]);
    await expect(CODECS.lz4.decompress(lz4)).rejects.toThrow('Cannot decompress a batch (lz4)');
    await expect(CODECS.snappy.decompress(raw)).rejects.toThrow('cannot hold the length that it tells');
    await expect(CODECS.snappy.decompress(framed)).rejects.toThrow('cannot hold the length that it tells');
  });

  it('is refused when it gets there', async () => {
    const large = Buffer.alloc(MAX_BATCH_BYTES + 1);
    await expect(CODECS.zstd.decompress(zstdCompressSync(large))).rejects.toThrow('more than 134217728 bytes');
    await expect(CODECS.gzip.decompress(gzipSync(large, { level: 1 }))).rejects.toThrow('more than 134217728 bytes');
    await expect(CODECS.lz4.decompress(await CODECS.lz4.compress(large))).rejects.toThrow('holds more than it may');
    await expect(CODECS.snappy.decompress(await CODECS.snappy.compress(large))).rejects.toThrow('134217728 bytes');
  });
});

async function expectErrorOrBounded(name: (typeof NAMES)[number], input: Uint8Array): Promise<void> {
  const result = await CODECS[name].decompress(input).catch((error: unknown) => error);
  if (result instanceof Buffer) expect(result.length).toBeLessThanOrEqual(input.length * 255 + 128 * 1024);
  else expect(result).toMatchObject({ code: 'codec' });
}

function recordsOf(name: string): Buffer {
  const batch = readFileSync(new URL(`./fixtures/java-producer/${name}.batch`, import.meta.url));
  return batch.subarray(BATCH_HEADER_BYTES);
}
