import { describe, expect, test } from 'vitest';
import { decimalLiteral, idLiteral, zonelessTime } from './json-literals.ts';

describe('decimalLiteral', () => {
  test.each([
    ['1250.50', '1250.5'],
    ['312.63', '312.63'],
    ['1500.00', '1500.0'],
    ['0.00', '0.0'],
    ['-0.05', '-0.05'],
    ['7', '7.0'],
    ['90071992547409.91', '90071992547409.91'],
    ['123456789012345678901234567890.10', '123456789012345678901234567890.1'],
    ['007.10', '7.1'],
  ])('%s is %s', (text, literal) => {
    expect(decimalLiteral(text)).toBe(literal);
  });

  test.each(['', '1e3', '.5', '1.', 'NaN', '1,5', ' 1'])('%j is refused', (text) => {
    expect(() => decimalLiteral(text)).toThrow('expected a decimal');
  });
});

test.each([
  ['42', '42'],
  ['0', '0'],
  ['-7', '-7'],
  ['9007199254740991', '9007199254740991'],
  ['9007199254740992', '"9007199254740992"'],
  ['-0', '"-0"'],
  ['007', '"007"'],
  ['', '""'],
  ['a"b', '"a\\"b"'],
  ['1e3', '"1e3"'],
])('the id %j is %s', (id, literal) => {
  expect(idLiteral(id)).toBe(literal);
});

test('a time without its zone', () => {
  expect(zonelessTime('2024-06-01T00:00:00Z')).toBe('2024-06-01T00:00:00');
});
