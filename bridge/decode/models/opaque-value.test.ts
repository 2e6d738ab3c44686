import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataError } from '../data-error.ts';
import { parseExact } from '../json-text.ts';
import { opaqueText, readOpaque } from './opaque-value.ts';

describe('a value that is kept as it came', () => {
  it('is written as JSON.stringify would', () => {
    const property = fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      expect(opaqueText(readOpaque(value, 'payload', true))).toBe(JSON.stringify(value));
    });
    fc.assert(property);
  });
  it('is read again exactly, integers beyond 2^53 too (invariant 2)', () => {
    const number = fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }).map(String);
    const text = fc.oneof(
      number,
      number.map((one) => `{"a":[${one},"x",{"b\\n":${one}}],"c":null}`),
    );
    fc.assert(
      fc.property(text, (json) => void expect(opaqueText(readOpaque(parseExact(json), 'payload', true))).toBe(json)),
    );
  });
  it('that JSON.parse may have rounded is asked for again', () => {
    for (const value of [2 ** 53, { a: [-(2 ** 53)] }])
      expect(() => readOpaque(value, 'payload', false)).toThrow(expect.objectContaining({ reason: 'inexact-number' }));
    expect(readOpaque({ a: 2 ** 53 - 1, b: 0.1, c: 1e300 }, 'payload', true)).toEqual({
      a: 2 ** 53 - 1,
      b: 0.1,
      c: 1e300,
    });
  });
  it('is bounded in depth (invariant 1)', () => {
    const nested = (depth: number): unknown =>
      depth === 0 ? 1 : depth % 2 ? [nested(depth - 1)] : { a: nested(depth - 1) };
    expect(() => readOpaque(nested(64), 'payload', false)).not.toThrow();
    expect(() => readOpaque(nested(65), 'payload', false)).toThrow('nested deeper than 64');
  });
  it('is bounded in size: whatever is accepted takes less than half a MiB (invariant 1)', () => {
    const worst: readonly unknown[] = [
      '\u0000'.repeat(65_536),
      '\ud800'.repeat(65_536),
      '€'.repeat(65_536),
      new Array(20_000).fill(''),
      new Array(2_400).fill(-1e-300 / 3),
      Object.fromEntries(Array.from({ length: 6_000 }, (_, n) => [`\u0000${n}`, ''])),
    ];
    for (const value of worst) {
      expect(Buffer.byteLength(opaqueText(readOpaque(value, 'payload', false)))).toBeLessThan(512 * 1024);
      expect(() => readOpaque([value, value], 'payload', false)).toThrow(DataError);
    }
  });
});
