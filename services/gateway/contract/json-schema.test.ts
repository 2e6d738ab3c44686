import { describe, expect, it } from 'vitest';
import { faultsOf, type JsonSchema } from './_json-schema.ts';

const SCHEMAS = { Item: { type: 'object', properties: { id: { type: 'string', minLength: 1 } }, required: ['id'] } };
const isRight = (schema: JsonSchema, value: unknown) => faultsOf(schema, value, SCHEMAS).length === 0;

describe('the check of a value by its schema', () => {
  it('takes what is right', () => {
    const right: readonly (readonly [JsonSchema, unknown])[] = [
      [{ type: ['string', 'null'] }, null],
      [{ type: 'integer', minimum: 1, maximum: 3 }, 3],
      [{ type: 'array', items: { $ref: '#/components/schemas/Item' } }, [{ id: 'a' }]],
      [{ anyOf: [{ type: 'null' }, { type: 'number' }] }, 1.5],
      [{ type: 'object', additionalProperties: { type: 'integer' } }, { a: 1 }],
      [{ type: 'object' }, { any: 1 }],
      [{ type: 'string', format: 'date-time' }, '2024-06-01T00:00:00.5Z'],
      [{ type: 'string', pattern: '^\\d+$', example: 'x' }, '12'],
    ];
    for (const [schema, value] of right) expect([schema, faultsOf(schema, value, SCHEMAS)]).toEqual([schema, []]);
  });

  it('refuses what is not', () => {
    const wrong: readonly (readonly [JsonSchema, unknown])[] = [
      [{ type: 'string' }, null],
      [{ type: 'integer' }, 1.5],
      [{ type: 'integer', minimum: 1 }, 0],
      [{ type: 'number', maximum: 1 }, 1.01],
      [{ type: 'object' }, []],
      [{ type: 'string', enum: ['a'] }, 'b'],
      [{ type: 'string', minLength: 1 }, ''],
      [{ type: 'string', maxLength: 1 }, 'ab'],
      [{ type: 'string', pattern: '^\\d+$' }, 'x'],
      [{ type: 'string', format: 'date-time' }, '2024-06-01'],
      [{ type: 'string', format: 'nobody-knows' }, 'x'],
      [{ type: 'array', maxItems: 1 }, [1, 2]],
      [{ anyOf: [{ type: 'null' }, { type: 'number' }] }, 'x'],
      [{ $ref: '#/components/schemas/Item' }, {}],
      [{ $ref: '#/components/schemas/Item' }, { id: 'a', extra: 1 }],
      [{ $ref: '#/components/schemas/Gone' }, 1],
      [{ type: 'object', additionalProperties: { type: 'integer' } }, { a: 'x' }],
      [{ type: 'object', properties: {} }, { toString: 1 }],
      [{ type: 'string', contentEncoding: 'base64' }, 'x'],
    ];
    for (const [schema, value] of wrong)
      expect([schema, value, isRight(schema, value)]).toEqual([schema, value, false]);
  });
});
