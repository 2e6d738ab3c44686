import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import cases from './fixtures/nats-kv-name-cases.json' with { type: 'json' };
import { decodeId, encodeId } from './id.ts';

/** Any string with a UTF-8 form: code points of every plane, and runs of the characters that NATS treats specially. */
const anyId = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('.', '*', '>', '=', ' ', '\t', '\0', '$', '/', 'a', 'é', '\u{1F600}') }),
);

/** A key of one token, by the rules of nats.js: no dot, no wildcard, nothing else that it refuses. */
const TOKEN = /^[-/=\w]+$/;

describe('encodeId', () => {
  test('comes back from every well-formed string (invariant 1)', () => {
    fc.assert(fc.property(anyId, (id) => void expect(decodeId(encodeId(id))).toBe(id)));
  });

  test('is one token, never empty (invariant 2)', () => {
    fc.assert(fc.property(anyId, (id) => void expect(encodeId(id)).toMatch(/^[A-Za-z0-9_=-]+$/)));
  });

  test('keeps different ids apart (invariant 3)', () => {
    fc.assert(fc.property(anyId, anyId, (a, b) => void expect(encodeId(a) === encodeId(b)).toBe(a === b)));
    expect(encodeId('=')).not.toBe(encodeId(''));
    expect(encodeId('=41')).not.toBe(encodeId('A'));
  });

  test.each([
    ['42', '42'],
    ['A_b-9', 'A_b-9'],
    ['', '='],
    ['=', '=3D'],
    ['a.b', 'a=2Eb'],
    ['*>', '=2A=3E'],
    ['é', '=C3=A9'],
    ['\u{1F600}', '=F0=9F=98=80'],
    ['\n', '=0A'],
    ['a/b', 'a=2Fb'],
  ])('writes %j as %j', (id, token) => {
    expect(encodeId(id)).toBe(token);
  });

  test('refuses a lone surrogate, which has no UTF-8 form', () => {
    for (const id of ['\ud800', 'a\udc00b', '\udc00\ud800']) expect(() => encodeId(id)).toThrow(RangeError);
  });
});

describe('decodeId', () => {
  test.each(['', ' ', 'a.b', '=4', '=4g', '=e9', 'a=', '==', 'é', 'a b', '=41=', '='.repeat(3)])(
    'refuses %j, which no id is written as',
    (token) => {
      expect(() => decodeId(token)).toThrow(RangeError);
    },
  );

  test('refuses bytes that are not UTF-8', () => {
    for (const token of ['=FF', '=C3', '=ED=A0=80']) expect(() => decodeId(token)).toThrow();
  });

  test('quotes the token it refuses', () => {
    expect(() => decodeId('a.b')).toThrow('Cannot decode "a.b": not an encoded id');
  });
});

describe('against the key names that nats.js accepts and refuses', () => {
  test('a refused name becomes a name of one token that is accepted', () => {
    for (const name of [...cases.keys.invalid, ...cases.buckets.invalid]) {
      expect(encodeId(name)).toMatch(TOKEN);
      expect(decodeId(encodeId(name))).toBe(name);
    }
  });

  test('the rule used here agrees with theirs about names without a dot', () => {
    const ofOneToken = (name: string) => !name.includes('.');
    for (const name of cases.keys.valid.filter(ofOneToken)) expect(name).toMatch(TOKEN);
    for (const name of cases.keys.invalid.filter(ofOneToken)) expect(name).not.toMatch(TOKEN);
  });

  test('a name of safe characters is its own key', () => {
    for (const name of [...cases.keys.valid, ...cases.buckets.valid])
      if (/^[\w-]+$/.test(name)) expect(encodeId(name)).toBe(name);
  });
});
