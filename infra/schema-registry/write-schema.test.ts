import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitrarySchema } from '../../shared/avro/_arbitrary-schema.ts';
import { parseStrictSchema } from '../../shared/avro/strict-schema.ts';
import { writeSchema } from './write-schema.ts';

const rewrite = (text: string) => writeSchema(parseStrictSchema(text).type);

describe('writeSchema', () => {
  it('is the same for texts that differ in spaces, order of attributes and how names are spelt', () => {
    const one = `{ "namespace": "a", "fields": [ {"type": {"type": "string"}, "name": "f", "doc": "d"},
      {"name": "g", "type": {"type": "fixed", "size": 2, "name": "a.F"}}, {"name": "h", "type": "a.F", "order": "ascending"} ],
      "name": "R", "type": "record" }`;
    const other =
      '{"type":"record","name":"a.R","fields":[{"name":"f","type":"string","doc":"d"},{"name":"g","type":{"type":"fixed","name":"F","size":2}},{"name":"h","type":"F"}]}';
    expect(rewrite(one)).toBe(rewrite(other));
    expect(rewrite(one)).toBe(
      '{"type":"record","name":"R","namespace":"a","fields":[{"name":"f","type":"string","doc":"d"},{"name":"g","type":{"type":"fixed","name":"F","size":2}},{"name":"h","type":"F"}]}',
    );
  });

  it('keeps docs, defaults, aliases, order, other attributes, and every digit of a number', () => {
    const text =
      '{"type":"record","name":"R","doc":"d","fields":[{"name":"f","type":{"type":"long","logicalType":"x"},"doc":"e","default":9223372036854775807,"order":"ignore","aliases":["g"],"owner":"me"},{"name":"h","type":"double","default":1.0},{"name":"e","type":{"type":"enum","name":"E","symbols":["A"],"default":"A"}}],"version":1,"aliases":["S"]}';
    expect(rewrite(text)).toBe(text);
  });

  it('keeps an error an error', () => {
    expect(rewrite('{"type":"error","name":"E","fields":[]}')).toBe('{"type":"error","name":"E","fields":[]}');
  });

  it('writes what was known before by its name only', () => {
    const { names } = parseStrictSchema('{"type":"fixed","name":"ns.Id","size":16}');
    const { type } = parseStrictSchema('{"type":"array","items":"ns.Id"}', names);
    expect(writeSchema(type, { known: names })).toBe('{"type":"array","items":"ns.Id"}');
  });

  it('leaves a name without namespace readable inside a namespace', () => {
    const text =
      '{"type":"record","name":"F","fields":[{"name":"r","type":{"type":"record","name":"R","namespace":"a","fields":[{"name":"f","type":["null","F"]}]}}]}';
    expect(rewrite(text)).toBe(text);
    const shadowed = parseStrictSchema(text);
    expect(writeSchema(parseStrictSchema(rewrite(text)).type)).toBe(writeSchema(shadowed.type));
  });

  it('normalized: other attributes in any order are the same', () => {
    const written = (text: string) => writeSchema(parseStrictSchema(text).type, { normalized: true });
    expect(written('{"type":"bytes","logicalType":"decimal","scale":2,"precision":4}')).toBe(
      written('{"type":"bytes","precision":4,"scale":2,"logicalType":"decimal"}'),
    );
    expect(written('{"type":"enum","name":"E","namespace":"a","symbols":["A"]}')).toBe(
      '{"type":"enum","name":"a.E","symbols":["A"]}',
    );
  });

  it('of any schema, is read back as the same', () => {
    fc.assert(
      fc.property(arbitrarySchema, fc.boolean(), (schema, normalized) => {
        const written = writeSchema(parseStrictSchema(JSON.stringify(schema)).type, { normalized });
        expect(writeSchema(parseStrictSchema(written).type, { normalized })).toBe(written);
      }),
    );
  });
});
