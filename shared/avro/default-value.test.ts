import { describe, expect, it } from 'vitest';
import { parseSchema } from './avro-schema.ts';
import { defaultValue } from './default-value.ts';
import { parseExactJson } from './exact-json.ts';

const fromJson = (schema: unknown, text: string) => defaultValue(parseSchema(schema), parseExactJson(text));

describe('defaultValue', () => {
  it.each([
    ['long', '9223372036854775807', 9223372036854775807n],
    ['long', '9007199254740993', 9007199254740993n],
    ['long', '-5', -5],
    ['double', '1.0', 1],
    ['bytes', '"\\u00ff"', new Uint8Array([255])],
    [
      [
        { type: 'array', items: 'int' },
        { type: 'array', items: 'string' },
      ],
      '["x"]',
      ['x'],
    ],
    [{ type: 'map', values: 'int' }, '{"__proto__":1}', JSON.parse('{"__proto__":1}')],
  ])('of %j from %s', (schema, text, expected) => {
    expect(fromJson(schema, text)).toStrictEqual(expected);
  });

  it("of a record has its fields' defaults", () => {
    const fields = [
      { name: 'x', type: 'int' },
      { name: 'y', type: ['null', 'int'], default: 7 },
    ];
    const point = { type: 'record', name: 'P', fields };
    expect(fromJson(point, '{"x":1}')).toStrictEqual({ x: 1, y: 7 });
    expect(fromJson(point, '{"x":1,"y":null}')).toStrictEqual({ x: 1, y: null });
    expect(() => fromJson(point, '{}')).toThrow('Cannot use {} as the default of a field of type P');
  });

  it.each([
    ['int', '2147483648'],
    ['int', '1.0'],
    ['long', '9223372036854775808'],
    ['bytes', '"\\u0100"'],
    [{ type: 'fixed', name: 'F', size: 2 }, '"a"'],
  ])('of %j is not %s', (schema, text) => {
    expect(() => fromJson(schema, text)).toThrow('as the default of a field of type');
  });
});
