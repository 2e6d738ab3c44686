/**
 * Gives every answer and every body of the document an example, put together from the examples of its fields.
 *
 * Invariants (examples.test.ts):
 * 1. Every answer of every route has an example that its own schema takes.
 * 2. Every value in it was written as an example by somebody, or is one of those that the schema lists.
 */
import type { OpenApiDocument } from './page.ts';
import { problemExample } from './problem-examples.ts';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
/** JSON Schema as far as the document uses it. */
interface Schema {
  readonly $ref?: string;
  readonly example?: Json;
  readonly const?: Json;
  readonly enum?: readonly Json[];
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}
type Schemas = Readonly<Record<string, Schema>>;

interface Content {
  readonly schema?: Schema;
  example?: Json;
}
interface Operation {
  readonly parameters?: readonly { readonly name?: string; readonly schema?: Schema }[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, Content>> };
  readonly responses?: Readonly<Record<string, { readonly content?: Readonly<Record<string, Content>> }>>;
}
interface Document {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Schemas };
}

/** A copy with examples; those that are there stay. */
export function withExamples(document: OpenApiDocument): OpenApiDocument {
  const copy = JSON.parse(JSON.stringify(document)) as OpenApiDocument & Document; // the library has `any` for answers
  const { paths = {}, components }: Document = copy;
  const schemas = components?.schemas ?? {};
  for (const [path, methods] of Object.entries(paths))
    for (const operation of Object.values(methods)) addExamples(path, operation, schemas);
  return copy;
}

function addExamples(path: string, operation: Operation, schemas: Schemas): void {
  const { requestBody, responses = {} } = operation;
  for (const content of Object.values(requestBody?.content ?? {})) fill(content, schemas);
  const instance = concrete(path, operation);
  for (const [status, { content = {} }] of Object.entries(responses)) {
    const problem = content['application/problem+json'];
    if (problem) problem.example ??= (problemExample(Number(status), instance) as Json | undefined) ?? null;
    for (const one of Object.values(content)) if (one !== problem) fill(one, schemas);
  }
}

function fill(content: Content, schemas: Schemas): void {
  if (content.example !== undefined || !content.schema) return;
  const example = exampleOf(content.schema, schemas);
  if (example !== undefined) content.example = example;
}

/** undefined: nobody has written one. */
export function exampleOf(schema: Schema, schemas: Schemas): Json | undefined {
  if (schema.example !== undefined) return schema.example;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.$ref !== undefined) return exampleOf(schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {}, schemas);
  const [union] = schema.anyOf ?? schema.oneOf ?? schema.allOf ?? [];
  if (union) return exampleOf(union, schemas);
  if (schema.properties) return objectOf(schema.properties, schemas);
  if (schema.items) {
    const item = exampleOf(schema.items, schemas);
    return item === undefined ? undefined : [item];
  }
  return schema.type === 'boolean' ? true : undefined;
}

function objectOf(properties: Schemas, schemas: Schemas): Json {
  const entries = Object.entries(properties).flatMap(([name, property]): [string, Json][] => {
    const example = exampleOf(property, schemas);
    return example === undefined ? [] : [[name, example]];
  });
  return Object.fromEntries(entries);
}

/** The path with the examples of its parameters. */
function concrete(path: string, { parameters = [] }: Operation): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, wanted: string) => {
    const example = parameters.find(({ name }) => name === wanted)?.schema?.example;
    return encodeURIComponent(String(example ?? wanted));
  });
}
