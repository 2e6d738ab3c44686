/**
 * The JSON Schema of pattern files, for editors. Written to pattern.schema.json, which a test keeps up to date:
 *
 *   node shared/cep/json/pattern-json-schema.ts
 *
 * A file names it in its member `$schema`.
 */
import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import {
  conditionSchema,
  EVENT_MEMBERS,
  matchedSchema,
  patternSchema,
  referenceSchema,
  skipTargetSchema,
  stageSchema,
} from './pattern-schema.ts';
import { COMPARISONS } from './pattern-spec.ts';

export const SCHEMA_FILE = new URL('pattern.schema.json', import.meta.url);

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** Draft 7, which editors know best. */
export function patternJsonSchema(): JsonSchema {
  const { $schema, ...file } = z.toJSONSchema(patternSchema, {
    target: 'draft-7',
    override: ({ zodSchema, jsonSchema }) => {
      const forms = FORMS.get(zodSchema);
      if (forms) jsonSchema.oneOf = [...forms];
    },
  });
  return {
    ...($schema !== undefined && { $schema }),
    title: 'Pattern of Weir',
    description: 'A pattern over events (shared/cep/json/README.md).',
    ...file,
  };
}

const FORMS: ReadonlyMap<unknown, readonly JsonSchema[]> = new Map<unknown, readonly JsonSchema[]>([
  [conditionSchema, conditionForms()],
  [referenceSchema, [{ required: ['field'] }, { required: ['matched'] }]],
  [matchedSchema, matchedForms()],
  [stageSchema, stageForms()],
  [skipTargetSchema, [{ required: ['skipToFirst'] }, { required: ['skipToLast'] }]],
]);

/** `and`, `or` and `not` stand alone; a value has one comparison or more. */
function conditionForms(): JsonSchema[] {
  const comparisons = COMPARISONS.map((name) => ({ required: [name] }));
  return [
    ...['and', 'or', 'not'].map((name) => ({ required: [name], maxProperties: 1 })),
    ...['field', 'matched'].map((name) => ({ required: [name], properties: noneBut(name), anyOf: comparisons })),
  ];
}

function noneBut(form: string): Record<string, false> {
  const others = ['and', 'or', 'not', 'field', 'matched'].filter((name) => name !== form);
  return Object.fromEntries(others.map((name) => [name, false as const]));
}

/** `count` is of events, the others of a member of theirs. */
function matchedForms(): JsonSchema[] {
  const isCount = { properties: { aggregate: { const: 'count' } } };
  return [
    { ...isCount, not: { required: ['field'] } },
    { not: isCount, required: ['field'] },
  ];
}

function stageForms(): JsonSchema[] {
  const ofEvents = Object.fromEntries(EVENT_MEMBERS.map((name) => [name, false as const]));
  return [
    { required: ['name'], properties: { group: false } },
    { required: ['group'], properties: ofEvents },
  ];
}

if (import.meta.main) writeFileSync(SCHEMA_FILE, `${JSON.stringify(patternJsonSchema(), null, 2)}\n`);
