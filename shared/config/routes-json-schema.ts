/**
 * The JSON Schema of routes files, for editors. Written to routes.schema.json, which a test keeps up to date:
 *
 *   node shared/config/routes-json-schema.ts
 *
 * A YAML file names it in its first line: `# yaml-language-server: $schema=<path or URL of routes.schema.json>`.
 */
import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { EVENT_KINDS, type EventKind } from './routes.ts';
import { fileSchema, foreignMembers, membersOf, routeSchema } from './routes-schema.ts';

export const SCHEMA_FILE = new URL('routes.schema.json', import.meta.url);

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** Draft 7, which editors know best. */
export function routesJsonSchema(): JsonSchema {
  const { $schema, ...file } = z.toJSONSchema(fileSchema, {
    target: 'draft-7',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema === routeSchema) jsonSchema.allOf = conditions();
    },
  });
  return {
    ...($schema !== undefined && { $schema }),
    title: 'Routes of Weir',
    description: 'How Kafka topics become events (shared/config/routes.md).',
    ...file,
  };
}

/** What one member says about the others. */
function conditions(): JsonSchema[] {
  const foreign = Object.fromEntries([...foreignMembers('raw'), 'topicFilter'].map((name) => [name, false as const]));
  const isRaw = { properties: { decoder: { const: 'raw' } }, required: ['decoder'] };
  const isPattern = { properties: { topic: { pattern: '^/' }, decoder: { not: { const: 'raw' } } } };
  const isName = { properties: { topic: { pattern: '^[^/]' } } };
  return [
    when(isRaw, { properties: foreign }),
    when(isPattern, { required: ['topicFilter'] }),
    when(isName, { properties: { topicFilter: false } }),
    ...EVENT_KINDS.map((kind) => when(isKind(kind), { properties: { fields: namesOf(kind) } })),
  ];
}

/** Not a literal: linters take an object with a `then` for a promise. */
function when(condition: JsonSchema, consequence: JsonSchema): JsonSchema {
  return Object.fromEntries([
    ['if', condition],
    ['then', consequence],
  ]);
}

function isKind(kind: EventKind): JsonSchema {
  return { properties: { kind: { const: kind } }, ...(kind !== 'order' && { required: ['kind'] }) };
}

function namesOf(kind: EventKind): JsonSchema {
  return { propertyNames: { enum: [...membersOf(kind)] } };
}

if (import.meta.main) writeFileSync(SCHEMA_FILE, `${JSON.stringify(routesJsonSchema(), null, 2)}\n`);
