import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeFrame, encodeFrame, MAX_FRAME_BYTES, maxFrameBytes } from './frame.ts';
import { anyJson } from '../testing/any-json.ts';

const utf8 = new TextEncoder();

describe('a frame', () => {
  test('comes back from its lines, whatever the values', () => {
    const values = fc.array(
      anyJson({ stringUnit: 'binary', maxDepth: 2 }).filter((value) => isStable(value)),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(values, (lines) => void expect(decodeFrame(utf8.encode(encodeFrame(lines)))).toEqual(lines)),
      { numRuns: 40 },
    );
  });

  test('is one line of JSON a value, with nothing at the end', () => {
    expect(encodeFrame([{ t: 1, k: 'a\nb' }, 'x\r\n', null])).toBe('{"t":1,"k":"a\\nb"}\n"x\\r\\n"\nnull');
    expect(encodeFrame([])).toBe('');
  });

  test('keeps newlines, commas and line separators inside a text', () => {
    const lines = ['\n', ',', '\n,\n', '\u2028\u2029', '"],["'];
    expect(decodeFrame(utf8.encode(encodeFrame(lines)))).toEqual(lines);
  });

  test('without a byte holds nothing', () => {
    expect(decodeFrame(new Uint8Array())).toEqual([]);
  });

  test.each(['{"t":1', '{}\n\n{}', '{}\n', 'x'])('that is damaged is refused (%j)', (text) => {
    expect(() => decodeFrame(utf8.encode(text))).toThrow(SyntaxError);
  });
});

describe('the largest frame', () => {
  test('leaves room for the commit it causes, and has a bound of its own', () => {
    expect(maxFrameBytes(8 * 1024 * 1024)).toBe(MAX_FRAME_BYTES);
    expect(maxFrameBytes(64 * 1024 * 1024)).toBe(MAX_FRAME_BYTES);
    expect(maxFrameBytes(1024 * 1024)).toBe(65_536);
    expect(maxFrameBytes(1_000)).toBe(62);
  });
});

/** JSON knows no -0, and `__proto__` is no ordinary key. */
function isStable(value: unknown): boolean {
  const text = JSON.stringify(value);
  return !text.includes('__proto__') && !/-0(?![.\d])/.test(text) && !hasMinusZero(value);
}

function hasMinusZero(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).some(hasMinusZero);
  return Object.is(value, -0);
}
