import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { documentOf, integerKeyOf, leastBytes, numberOf, textKeyOf, textOf, ValueError } from './attribute-value.ts';

describe('numbers are the decimals they were', () => {
  test.each(['1250.50', '0.10', '-0.05', '0', '90071992547409.93', '123456789012345678901234567890.12345678'])(
    'money %s is not computed with',
    (text) => expect(numberOf(text, 'money')).toEqual({ N: text }),
  );

  test('any JSON number reads back as itself', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e100, max: 1e100 }), (value) => {
        fc.pre(value === 0 || Math.abs(value) >= 1e-100);
        const written = numberOf(value, 'x');
        expect(Number(written.N) === value).toBe(true);
        expect(written.N).not.toBe('-0');
      }),
    );
  });

  test('any amount in cents is the same text', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (cents) => {
        const digits = String(Math.abs(cents)).padStart(3, '0');
        const text = `${cents < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
        expect(numberOf(text, 'money')).toEqual({ N: text });
      }),
    );
  });

  test.each([1e126, -1e200, 1e-131, 5e-324, Number.NaN, Number.POSITIVE_INFINITY, '1e5', '1.', '.5', '', ' 1', '١'])(
    '%s is refused',
    (value) => expect(() => numberOf(value, 'x')).toThrow(ValueError),
  );

  test('38 digits are held, 39 are refused, zeros before them do not count', () => {
    expect(numberOf(`00${'9'.repeat(38)}`, 'x')).toEqual({ N: `00${'9'.repeat(38)}` });
    expect(() => numberOf('9'.repeat(39), 'x')).toThrow(/38 digits/);
    expect(() => numberOf(`1.${'1'.repeat(38)}`, 'x')).toThrow(/38 digits/);
  });

  test('what is neither a number nor decimal text is no number', () => {
    for (const value of [undefined, null, true, {}, []])
      expect(() => numberOf(value, 'x')).toThrow(/expected a number/);
  });
});

describe('keys', () => {
  test.each(['0', '42', '-7', '9'.repeat(38)])('%s is a key by number', (id) =>
    expect(integerKeyOf(id, 'customer_id')).toEqual({ N: id }),
  );

  test.each(['042', '4.2', '1e3', '-0', '+1', '', 'ann', ' 1', '9'.repeat(39)])('"%s" is refused: not its own', (id) =>
    expect(() => integerKeyOf(id, 'customer_id')).toThrow(ValueError),
  );

  test('a text key has 1 to 2048 bytes', () => {
    expect(textKeyOf('é'.repeat(1024), 'user_id')).toEqual({ S: 'é'.repeat(1024) });
    expect(() => textKeyOf('é'.repeat(1025), 'user_id')).toThrow(/2048 bytes/);
    expect(() => textKeyOf('', 'user_id')).toThrow(/empty/);
  });
});

describe('documents', () => {
  test('any JSON is held as it is', () => {
    const small = fc.jsonValue({ maxDepth: 4 }).filter((value) => typeof value === 'object' && value !== null);
    fc.assert(
      fc.property(small, (value) => {
        fc.pre(!/e[+-]?\d{3}/.test(JSON.stringify(value)));
        expect(jsonOf(documentOf(value, 'details'))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('32 levels are taken, 33 are refused, and so are 100,000', () => {
    const nested = (levels: number): unknown => {
      let value: unknown = 'x';
      for (let level = 1; level < levels; level++) value = { a: value };
      return value;
    };
    expect(documentOf(nested(32), 'details').M).toBeDefined();
    expect(() => documentOf(nested(33), 'details')).toThrow(/32 levels/);
    expect(() => documentOf(nested(100_000), 'details')).toThrow(ValueError);
  });

  test('only objects and lists are documents, only texts are texts', () => {
    for (const value of ['x', 1, null, undefined]) expect(() => documentOf(value, 'x')).toThrow(ValueError);
    for (const value of [{}, 1, null, undefined]) expect(() => textOf(value, 'x')).toThrow(ValueError);
  });

  test('the size is never overstated', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), (value) => {
        const exact = Object.entries(value).reduce(
          (bytes, [name, text]) => bytes + 1 + Buffer.byteLength(name) + Buffer.byteLength(text),
          3,
        );
        expect(leastBytes(documentOf(value, 'x'))).toBeLessThanOrEqual(exact);
      }),
    );
  });
});

/** What DynamoDB's clients read. */
function jsonOf(value: ReturnType<typeof documentOf>): unknown {
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return Number(value.N);
  if (value.BOOL !== undefined) return value.BOOL;
  if (value.L) return value.L.map(jsonOf);
  if (value.M) return Object.fromEntries(Object.entries(value.M).map(([name, member]) => [name, jsonOf(member)]));
  return null;
}
