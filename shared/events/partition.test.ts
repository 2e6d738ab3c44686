import { describe, expect, test } from 'vitest';
import { fnv1a32, PARTITION_COUNT, PARTITIONS, partitionName, partitionOf } from './partition.ts';

describe('fnv1a32', () => {
  // From the test vectors of the reference implementation (test_fnv.c, public domain).
  test.each([
    ['', 0x811c9dc5],
    ['a', 0xe40c292c],
    ['b', 0xe70c2de5],
    ['c', 0xe60c2c52],
    ['foobar', 0xbf9cf968],
    ['chongo was here!\n', 0xd49930d5],
  ])('of %j is the known one', (text, hash) => {
    expect(fnv1a32(text)).toBe(hash);
  });

  test('goes over UTF-8 bytes', () => {
    const overBytes = (text: string) =>
      new TextEncoder().encode(text).reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193) >>> 0, 0x811c9dc5);
    for (const text of ['é', 'aé', 'Zoë', '日本', '\u{1F600}', '\u007f', '\u0080'])
      expect(fnv1a32(text)).toBe(overBytes(text));
  });
});

describe('partitions', () => {
  test('are p00 to p15, in order', () => {
    expect(PARTITIONS).toHaveLength(PARTITION_COUNT);
    expect([PARTITIONS[0], PARTITIONS[9], PARTITIONS[15]]).toEqual(['p00', 'p09', 'p15']);
    expect(partitionName(7)).toBe('p07');
  });

  test('of known keys never change: the logs of every mesh depend on them', () => {
    const keys = ['', 'a', '1', '42', 'customer-1', 'é'];
    expect(keys.map(partitionOf)).toEqual([5, 12, 12, 3, 7, 1]);
  });

  test.each([
    ['numbers', (n: number) => String(n)],
    ['padded numbers', (n: number) => String(n).padStart(9, '0')],
    ['names', (n: number) => `customer-${n}`],
    ['non-ASCII names', (n: number) => `köln-${n}`],
  ])('take equal shares of %s, within a tenth', (_kind, key) => {
    const counts = new Array<number>(PARTITION_COUNT).fill(0);
    for (let n = 0; n < 32_000; n++) counts[partitionOf(key(n))]!++;
    for (const count of counts) expect(Math.abs(count - 2_000)).toBeLessThan(200);
  });
});
