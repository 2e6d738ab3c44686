/**
 * The OpenAPI document as types for hono/client: every schema by its name, and `Api`, which says of each route what goes in
 * and what comes out. Pure.
 */
import { type JsonSchema, writeBlock, writeComment, writeMember, writeType } from './write-type.ts';

export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

interface Operation {
  readonly summary?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: JsonSchema;
}

type Content = Readonly<Record<string, { readonly schema?: JsonSchema }>>;

const HEAD = `// biome-ignore-all format: generated
/**
 * What the gateway takes and gives, as types. Generated; do not edit:
 *
 *   node services/gateway/client/generate.ts
 */

type Json<T, S extends number> = { output: T; outputFormat: 'json'; status: S };
type Text<S extends number> = { output: string; outputFormat: 'text'; status: S };
type Call<I, O> = O extends unknown ? { input: I } & O : never;
`;

/** Where each kind of parameter goes in a call of the client. */
const PLACES = { path: 'param', query: 'query', header: 'header' } as const;

export function writeApiTypes({ paths, components }: OpenApiDocument): string {
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) => `${writeComment(schema.description)}export type ${name} = ${writeType(schema)};`,
  );
  const routes = Object.entries(paths).map(([path, operations]) => {
    const methods = Object.entries(operations).map(
      ([method, operation]) => `${writeComment(operation.summary)}$${method}: ${writeCall(operation)};`,
    );
    return `'${path.replaceAll(/\{(\w+)\}/g, ':$1')}': ${writeBlock(methods)};`;
  });
  return `${HEAD}\n${schemas.join('\n\n')}\n\nexport type Api = ${writeBlock(routes)};\n`;
}

function writeCall(operation: Operation): string {
  const outputs = [...statusesByAnswer(operation)].map(([answer, statuses]) =>
    answer.replace('%', statuses.join(' | ')),
  );
  return `Call<${writeInput(operation)}, ${outputs.join(' | ')}>`;
}

/** Statuses with the same answer stand together: it keeps the types small. */
function statusesByAnswer({ responses }: Operation): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [status, { content = {} }] of Object.entries(responses)) {
    const [[type, { schema = {} }] = ['', {}]] = Object.entries(content);
    const answer = /\bjson\b/.test(type) ? `Json<${writeType(schema)}, %>` : 'Text<%>';
    found.set(answer, [...(found.get(answer) ?? []), status]);
  }
  return found;
}

function writeInput({ parameters = [], requestBody }: Operation): string {
  const parts = Object.entries(PLACES).flatMap(([place, name]) => {
    const inPlace = parameters.filter((parameter) => parameter.in === place);
    if (inPlace.length === 0) return [];
    const members = inPlace.map((one) =>
      writeMember(one.name, one.required === true, typeOf(one), one.schema?.description),
    );
    return [`${name}${inPlace.some(({ required }) => required) ? '' : '?'}: ${writeBlock(members)};`];
  });
  const body = requestBody?.content['application/json']?.schema;
  if (body) parts.push(`json: ${writeType(body)};`);
  return parts.length === 0 ? 'object' : writeBlock(parts);
}

/** In a URL everything is text; the client writes numbers as such. */
function typeOf({ schema = {} }: Parameter): string {
  const type = writeType(schema);
  return type === 'number' ? 'number | string' : type;
}
