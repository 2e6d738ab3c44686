import { describe, expect, it } from 'vitest';
import { AvroDataError } from './avro-error.ts';
import { checkDefaults, parseStrictSchema } from './strict-schema.ts';

const parse = (json: unknown) => parseStrictSchema(JSON.stringify(json)).type;
const record = (...fields: unknown[]) => ({ type: 'record', name: 'R', fields });

describe('parseStrictSchema', () => {
  it('gives names their namespace, and finds them again', () => {
    const { type, names } = parseStrictSchema(
      JSON.stringify({
        type: 'record',
        name: 'a.b.Outer',
        aliases: ['Former', 'x.Other'],
        fields: [
          { name: 'inner', type: { type: 'fixed', name: 'Inner', size: 2 } },
          { name: 'again', type: 'Inner' },
          { name: 'self', type: ['null', 'a.b.Outer'] },
          { name: 'elsewhere', type: { type: 'enum', name: 'E', namespace: 'c', symbols: ['S'] } },
        ],
      }),
    );
    expect([...names.keys()]).toEqual(['a.b.Outer', 'a.b.Inner', 'c.E']);
    expect(type).toMatchObject({ name: 'a.b.Outer', aliases: ['a.b.Former', 'x.Other'] });
    if (type.kind !== 'record') throw new Error('no record');
    expect(type.fields[1]?.type).toBe(type.fields[0]?.type);
  });

  it('keeps attributes it does not know', () => {
    expect(parse({ type: 'long', logicalType: 'timestamp-millis' })).toEqual({
      kind: 'long',
      attributes: { logicalType: 'timestamp-millis' },
    });
  });

  it('keeps those around a type in a type, as readers do', () => {
    const date = { type: { type: 'int', 'connect.version': 1 }, logicalType: 'date' };
    expect(parse(date)).toEqual({ kind: 'int', attributes: { 'connect.version': 1, logicalType: 'date' } });
  });

  it('knows the types of other schemas', () => {
    const { names } = parseStrictSchema('{"type":"fixed","name":"ns.Id","size":16}');
    expect(parseStrictSchema('{"type":"array","items":"ns.Id"}', names).type).toMatchObject({ items: { size: 16 } });
  });

  it.each<[string, string]>([
    ['{', 'it is not JSON'],
    ['"Nobody"', '"Nobody" at "/"'],
    ['7', '7 at "/"'],
    ['{"type":"record","name":"R"}', 'nothing at "/fields"'],
    ['{"type":"record","name":"1R","fields":[]}', '"1R" at "/name"'],
    ['{"type":"record","name":"R","namespace":"a..b","fields":[]}', '"a..b" at "/namespace"'],
    ['{"type":"record","name":"string","fields":[]}', 'primitive'],
    ['{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"a","type":"int"}]}', '"/fields/1"'],
    ['{"type":"record","name":"R","fields":[{"name":"a-b","type":"int"}]}', '"/fields/0/name"'],
    ['{"type":"record","name":"R","fields":[{"name":"a","type":"int","order":"up"}]}', '"/fields/0/order"'],
    ['{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"fixed","name":"R","size":1}}]}', 'taken'],
    ['{"type":"enum","name":"E"}', '"/symbols"'],
    ['{"type":"enum","name":"E","symbols":["A","A"]}', '"A" at "/symbols"'],
    ['{"type":"enum","name":"E","symbols":["A"],"default":"B"}', '"B" at "/default"'],
    ['{"type":"fixed","name":"F","size":-1}', '-1 at "/size"'],
    ['{"type":"fixed","name":"F","size":2147483648}', '2147483648 at "/size"'],
    ['{"type":"fixed","name":"F","size":1.0}', '1.0 at "/size"'],
    ['{"type":"enum","name":"E","symbols":["A-B"]}', '"A-B" at "/symbols"'],
    ['{"type":"record","name":"R","aliases":["a",1],"fields":[]}', '1 at "/aliases"'],
    ['{"type":"record","name":"R","fields":[{"name":"a","type":"int","aliases":{}}]}', '"/fields/0/aliases"'],
    ['["int","int"]', '"int" at "/1"'],
    ['["int",["null"]]', '"/1"'],
    ['{"type":"array"}', '"/items"'],
  ])('refuses %s', (text, message) => {
    expect(() => parseStrictSchema(text)).toThrow(AvroDataError);
    expect(() => parseStrictSchema(text)).toThrow(message);
  });
});

describe('checkDefaults', () => {
  const check = (type: unknown, value: string) =>
    checkDefaults(
      parseStrictSchema(
        `{"type":"record","name":"R","fields":[{"name":"f","type":${JSON.stringify(type)},"default":${value}}]}`,
      ),
    );
  const point = {
    type: 'record',
    name: 'P',
    fields: [
      { name: 'x', type: 'int' },
      { name: 'y', type: 'int', default: 0 },
    ],
  };

  it.each<[unknown, string]>([
    ['int', '2147483647'],
    ['long', '9223372036854775807'],
    ['double', '1'],
    ['float', '1.5'],
    ['bytes', '"\\u00ff"'],
    [{ type: 'fixed', name: 'F', size: 2 }, '"ab"'],
    [['null', 'string'], 'null'],
    [['null', 'string'], '"second branch"'],
    [{ type: 'array', items: 'int' }, '[1,2]'],
    [{ type: 'map', values: 'int' }, '{"a":1}'],
    [point, '{"x":1}'],
    [{ type: 'enum', name: 'E', symbols: ['A'] }, '"A"'],
    [[{ type: 'array', items: 'int' }, { type: 'map', values: 'int' }, 'string'], '{"a":1}'],
    ['double', '1e400'],
  ])('%j takes %s', (type, value) => {
    expect(() => check(type, value)).not.toThrow();
  });

  it.each<[unknown, string]>([
    ['int', '2147483648'],
    ['int', '1.0'],
    ['long', '9223372036854775808'],
    ['string', 'null'],
    ['boolean', '0'],
    ['bytes', '"\\u0100"'],
    [{ type: 'fixed', name: 'F', size: 2 }, '"abc"'],
    [['null', 'string'], '1'],
    [{ type: 'array', items: 'int' }, '["x"]'],
    [point, '{"y":1}'],
    [point, '{"x":1,"y":null}'],
    [{ type: 'enum', name: 'E', symbols: ['A'] }, '"B"'],
  ])('%j refuses %s', (type, value) => {
    expect(() => check(type, value)).toThrow('of field "f" of "R"');
  });

  it('looks into records of fields too', () => {
    const inner = { type: 'record', name: 'I', fields: [{ name: 'deep', type: 'int', default: 'x' }] };
    const text = JSON.stringify(record({ name: 'f', type: { type: 'array', items: inner } }));
    expect(() => checkDefaults(parseStrictSchema(text))).toThrow('field "deep" of "I"');
  });
});
