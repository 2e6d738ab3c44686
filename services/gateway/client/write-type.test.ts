import { expect, it } from 'vitest';
import { type JsonSchema, writeMember, writeType } from './write-type.ts';

const CASES: readonly (readonly [JsonSchema, string])[] = [
  [{ $ref: '#/components/schemas/Alert' }, 'Alert'],
  [{ type: 'integer' }, 'number'],
  [{ type: ['string', 'null'] }, 'string | null'],
  [{ type: 'string', enum: ["it's", 'a\\b'] }, "'it\\'s' | 'a\\\\b'"],
  [{ type: 'array', items: { type: 'string' } }, 'readonly string[]'],
  [{ type: 'array', items: { type: ['string', 'null'] } }, 'ReadonlyArray<string | null>'],
  [{ anyOf: [{ type: 'number', enum: [5] }, { type: 'null' }] }, '5 | null'],
  [{ allOf: [{ $ref: '#/components/schemas/Alert' }, { description: 'Of it' }] }, 'Alert'],
  [{ type: 'object', additionalProperties: { type: 'number' } }, '{\n  readonly [name: string]: number;\n}'],
  [{ type: 'object', properties: { a: {} }, required: ['a'] }, '{\n  readonly a: unknown;\n}'],
  [
    { type: 'object', properties: { a: { type: 'object', properties: { b: { type: 'null' } } } } },
    '{\n  readonly a?: {\n    readonly b?: null;\n  };\n}',
  ],
];

for (const [schema, type] of CASES)
  it(`writes ${JSON.stringify(schema)}`, () => {
    expect(writeType(schema)).toBe(type);
  });

it('says what it cannot write', () => {
  expect(() => writeType({ type: 'date' })).toThrow('Cannot write the type of a schema of type "date"');
});

it('writes members of any name, with a comment that does not end early', () => {
  expect(writeMember('if-match', false, 'string', 'a */ b')).toBe("/** a * / b */\nreadonly 'if-match'?: string;");
});
