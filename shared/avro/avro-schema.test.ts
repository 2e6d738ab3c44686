import { describe, expect, it } from 'vitest';
import { parseSchema, parseSchemaText } from './avro-schema.ts';
import type { AvroType, RecordType } from './avro-type.ts';

function fieldsOf(type: AvroType): ReadonlyMap<string, AvroType> {
  return new Map((type as RecordType).fields.map((field) => [field.name, field.type]));
}

describe('parseSchema', () => {
  it('makes one object of a named type, and a cycle of a recursive one (1)', () => {
    const type = parseSchema({
      type: 'record',
      name: 'Node',
      fields: [
        { name: 'left', type: 'Node' },
        { name: 'state', type: { type: 'enum', name: 'State', symbols: ['A'] } },
        { name: 'other', type: { type: 'array', items: 'State' } },
      ],
    });
    const fields = fieldsOf(type);
    expect(fields.get('left')).toBe(type);
    expect(fields.get('other')).toMatchObject({ items: fields.get('state') });
  });

  it('looks for a short name in the enclosing namespace, then among the global ones (2)', () => {
    const named = (name: string, type: unknown) => ({ name: name.replace('.', '_'), type });
    const fixed = (name: string, size: number) => ({ type: 'fixed', name, size });
    const type = parseSchema(
      {
        type: 'record',
        name: 'shop.Order',
        fields: [
          named('own', fixed('Id', 1)),
          named('short', 'Id'),
          named('full', 'shop.Id'),
          named('global', 'Only'),
          named('inner', {
            type: 'record',
            name: 'stock.Item',
            fields: [named('id', 'shop.Id'), named('only', 'Only')],
          }),
        ],
      },
      [fixed('Id', 2), fixed('Only', 3)],
    );
    const fields = fieldsOf(type);
    expect(fields.get('own')).toMatchObject({ name: 'shop.Id', size: 1 });
    expect(fields.get('short')).toBe(fields.get('own'));
    expect(fields.get('full')).toBe(fields.get('own'));
    expect(fields.get('global')).toMatchObject({ name: 'Only', size: 3 });
    expect(fieldsOf(fields.get('inner')!).get('id')).toBe(fields.get('own'));
  });

  it('keeps attributes, also of a type in a type', () => {
    expect(parseSchema({ type: { type: 'long', 'connect.name': 'x' }, logicalType: 'timestamp-millis' })).toMatchObject(
      {
        kind: 'long',
        attributes: { 'connect.name': 'x', logicalType: 'timestamp-millis' },
      },
    );
  });

  it('takes what is no schema for others, but can be read', () => {
    const odd = { type: 'record', name: 'a-b', fields: [{ name: 'c d', type: 'int', default: 'x', order: 'up' }] };
    expect(parseSchema(odd)).toMatchObject({ name: 'a-b', fields: [{ name: 'c d', order: 'ascending' }] });
    expect(parseSchema(['int', 'int'])).toMatchObject({ branches: [{ kind: 'int' }, { kind: 'int' }] });
  });

  it('says where (3)', () => {
    expect(() => parseSchema({ type: { type: 'Nowhere' } })).toThrow('"Nowhere" at "/type"');
    const schema = { type: 'record', name: 'R', fields: [{ name: 'a', type: ['null', { type: 'map', values: 'X' }] }] };
    expect(() => parseSchema(schema)).toThrow(
      'Cannot read "X" at "/fields/0/type/1/values" as an Avro schema: no such',
    );
  });

  it.each([
    ['no such type', 'Nowhere'],
    ['no such type', { type: 'record' + 's', name: 'R' }],
    [
      'is there twice',
      {
        type: 'record',
        name: 'R',
        fields: [
          { name: 'a', type: 'int' },
          { name: 'a', type: 'int' },
        ],
      },
    ],
    ['a field needs a "name"', { type: 'record', name: 'R', fields: [{ type: 'int' }] }],
    ['a record needs "fields"', { type: 'record', name: 'R' }],
    ['it needs a "name"', { type: 'record', fields: [] }],
    ['an enum needs "symbols"', { type: 'enum', name: 'E', symbols: [1] }],
    ['a fixed needs a "size"', { type: 'fixed', name: 'F', size: -1 }],
    ['a union directly in a union', ['null', ['int']]],
    [
      'defined twice',
      [
        { type: 'fixed', name: 'F', size: 1 },
        { type: 'fixed', name: 'F', size: 2 },
      ],
    ],
    ['expected a name', { type: 'array' }],
    ['expected a name', 7],
    ['expected a name', null],
  ])('says "%s" of %j', (message, schema) => {
    expect(() => parseSchema(schema)).toThrow(message);
    expect(() => parseSchema(schema)).toThrow(/^Cannot read .* as an Avro schema: .*; correct the schema/);
  });

  it('reads texts', () => {
    expect(parseSchemaText('"int"')).toMatchObject({ kind: 'int' });
    expect(parseSchemaText('int')).toMatchObject({ kind: 'int' });
    expect(parseSchemaText('null')).toMatchObject({ kind: 'null' });
    expect(parseSchemaText('ns.Id', ['{"type":"fixed","name":"ns.Id","size":2}'])).toMatchObject({ size: 2 });
    expect(() => parseSchemaText('{')).toThrow('it is not JSON');
  });
});
