/** The OpenAPI document as the contract tests read it: its operations, and requests made of its examples. */
import type { JsonSchema } from './_json-schema.ts';

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: JsonSchema;
}
export interface DocumentedAnswer {
  readonly headers?: Readonly<Record<string, { readonly required?: boolean }>>;
  readonly content?: Readonly<Record<string, { readonly schema?: JsonSchema }>>;
}
interface Described {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema?: JsonSchema; readonly example?: unknown }>>;
  };
  readonly responses: Readonly<Record<string, DocumentedAnswer>>;
  readonly 'x-role'?: string;
}
export interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

export interface Operation {
  /** `GET /api/v1/customers/{id}`: in what a test reports. */
  readonly key: string;
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly role: string;
  readonly responses: Described['responses'];
  /** What is sent, when it takes a body. */
  readonly body?: { readonly schema: JsonSchema; readonly example: unknown };
}

/** A request of the application or over a socket. */
export type Ask = (path: string, init?: RequestInit) => Promise<Response>;

export function operationsOf({ paths }: OpenApi): Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([name, { parameters = [], requestBody, responses, 'x-role': role = '' }]) => {
      const method = name.toUpperCase();
      const { schema, example } = requestBody?.content['application/json'] ?? {};
      return {
        ...{ key: `${method} ${path}`, method, path, parameters, responses, role },
        ...(schema && { body: { schema, example } }),
      };
    }),
  );
}

export function statusesOf({ responses }: Operation, from: number, below: number): number[] {
  return Object.keys(responses)
    .map(Number)
    .filter((status) => status >= from && status < below);
}

/** Its address with the examples of its parameters; `ids` go first, and are encoded. */
export function addressOf({ path, parameters }: Operation, ids: Readonly<Record<string, string>> = {}): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, wanted: string) => {
    const example = parameters.find(({ name }) => name === wanted)?.schema?.example;
    return encodeURIComponent(ids[wanted] ?? String(example));
  });
}

/** The same with one text in the place of every id, as it is. */
export function rawAddressOf({ path }: Operation, text: string): string {
  return path.replaceAll(/\{\w+\}/g, () => text);
}

/** Its method, and its body as in the example of the document. */
export function requestOf({ method, body }: Operation): RequestInit & { readonly headers: Record<string, string> } {
  if (!body) return { method, headers: {} };
  return { method, body: JSON.stringify(body.example), headers: { 'content-type': 'application/json' } };
}
