import { describe, expect, it } from 'vitest';
import { parseText, textOf } from './json-text.ts';

describe('text', () => {
  it('is what the bytes say', () => expect(textOf(Buffer.from('{"a":"é€😀"}'))).toBe('{"a":"é€😀"}'));
  it('may hold U+FFFD itself', () => expect(textOf(Buffer.from('"\uFFFD"'))).toBe('"\uFFFD"'));
  for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0x22, 0xe2, 0x82, 0x22]])
    it(`is refused when it is not UTF-8: ${bytes}`, () =>
      expect(() => textOf(Buffer.from(bytes))).toThrow('it is not UTF-8'));
});

describe('exact parsing', () => {
  it('keeps integers beyond 2^53 and nothing else as bigint (invariant 2)', () => {
    const text =
      '{"a":9007199254740993,"b":[-9223372036854775808],"c":9007199254740991,"d":1.5,"e":"9007199254740993"}';
    expect(parseText(text, true)).toEqual({
      a: 9007199254740993n,
      b: [-9223372036854775808n],
      c: 9007199254740991,
      d: 1.5,
      e: '9007199254740993',
    });
  });
  it('says what it could not parse', () => {
    expect(() => parseText('{', true)).toThrow('Cannot parse "{" as JSON');
    expect(() => parseText('x'.repeat(200), false)).toThrow(/^Cannot parse "x{59}… as JSON/);
  });
});
