/** Walks every route of /openapi.json: what the document promises is what the gateway does. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { fillStores, type Fixture, openFixture, putCustomerHours } from './_fixture.ts';

interface JsonSchema {
  [key: string]: unknown;
}
interface Answer {
  readonly content?: Readonly<Record<string, { readonly schema: JsonSchema }>>;
}
interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, Answer>>;
}
interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

let fixture: Fixture;
let document: OpenApi;
let operations: readonly (readonly [path: string, operation: Operation])[];

beforeAll(async () => {
  fixture = await openFixture();
  await fillStores(fixture);
  await fixture.until200('/api/v1/sales/windows');
  document = (await (await fixture.get('/openapi.json')).json()) as OpenApi;
  operations = Object.entries(document.paths).map(([path, methods]) => [path, methods.get as Operation] as const);
});
afterAll(() => fixture[Symbol.asyncDispose]());

/** The document's own schemas as a validator that also refuses fields the document does not mention. */
function validator(schema: JsonSchema): z.ZodType {
  const closed = JSON.parse(JSON.stringify({ ...schema, $defs: document.components.schemas }), (_key, value) => {
    if (typeof value?.$ref === 'string')
      return { ...value, $ref: value.$ref.replace('#/components/schemas/', '#/$defs/') };
    return value?.type === 'object' && value.properties ? { ...value, additionalProperties: false } : value;
  });
  return z.fromJSONSchema(closed);
}

async function expectDocumented(operation: Operation, response: Response): Promise<unknown> {
  const [type, content] = Object.entries(operation.responses[response.status]?.content ?? {})[0] ?? [];
  expect(type).toBeDefined();
  expect(response.headers.get('content-type')).toContain(type);
  expect(response.headers.get('x-request-id')).toMatch(/^[\w-]{8,}$/);
  const body: unknown = await response.json();
  expect(validator(content?.schema ?? {}).parse(body)).toEqual(body);
  return body;
}

function concrete(path: string, id = '42'): string {
  return path.replace('{id}', id);
}

const HOSTILE_IDS = [
  '../',
  '..',
  '>',
  '*',
  'a.b',
  ' ',
  '%',
  '%2e',
  '=',
  'ключ',
  '🦆',
  "'; drop",
  '\u0000',
  '$KV.x',
  'p07.>',
  '<b>',
];

describe('/openapi.json', () => {
  it('is OpenAPI 3.1 and names the routes of the gateway', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths).sort()).toEqual([
      '/api/v1/customers/{id}',
      '/api/v1/rfm/summary',
      '/api/v1/sales/hourly',
      '/api/v1/sales/live',
      '/api/v1/sales/windows',
      '/api/v1/status',
      '/livez',
      '/readyz',
    ]);
  });

  it('describes the successful answer of every route', async () => {
    for (const [path, operation] of operations) {
      const response = await fixture.get(concrete(path));
      expect([path, response.status]).toEqual([path, 200]);
      await expectDocumented(operation, response);
    }
  });

  it('describes a customer that rfm does not know yet', async () => {
    const fresh = await openFixture();
    await putCustomerHours(fresh, '43');
    const response = await fresh.get('/api/v1/customers/43');
    const operation = document.paths['/api/v1/customers/{id}']?.get as Operation;
    expect(await expectDocumented(operation, response)).toMatchObject({ rfm: null });
    await fresh[Symbol.asyncDispose]();
  });

  it('has examples that are valid by their own schemas', () => {
    for (const schema of Object.values(document.components.schemas))
      for (const property of Object.values((schema.properties ?? {}) as Record<string, JsonSchema>))
        if (property.example !== undefined)
          expect(validator(property).parse(property.example)).toEqual(property.example);
  });

  it('describes the refusal of an unknown and of a repeated parameter on every API route', async () => {
    for (const [path, operation] of operations.filter(([name]) => name.startsWith('/api/'))) {
      const known = (operation.parameters ?? [])
        .filter((parameter) => parameter.in === 'query')
        .map(({ name }) => name);
      const response = await fixture.get(`${concrete(path)}?colour=red`);
      expect([path, response.status]).toEqual([path, 400]);
      const { detail } = (await expectDocumented(operation, response)) as { detail: string };
      expect(detail).toContain('"colour": Unknown parameter');
      for (const name of known) {
        expect(detail).toContain(name);
        for (const query of [
          `${name}=1&${name}=2`,
          `${name}=`,
          `${name}=%00`,
          `${name}=-1`,
          `${name}=1e2`,
          `${name}=x`,
        ]) {
          const bad = await fixture.get(`${concrete(path)}?${query}`);
          expect([path, query, bad.status]).toEqual([path, query, 400]);
          await expectDocumented(operation, bad);
        }
      }
    }
  });

  it('describes the answer to hostile ids, which find nothing', async () => {
    for (const [path, operation] of operations.filter(([name]) => name.includes('{'))) {
      for (const id of HOSTILE_IDS) {
        if (id === '..') continue; // a URL parser removes it before any request is made
        const response = await fixture.get(concrete(path, encodeURIComponent(id)));
        expect([id, response.status]).toEqual([id, 404]);
        await expectDocumented(operation, response);
      }
      for (const id of ['x'.repeat(10_000), 'ю'.repeat(300), '%C3%28%FF'.repeat(200)]) {
        const response = await fixture.get(concrete(path, id.startsWith('%') ? id : encodeURIComponent(id)));
        expect(response.status).toBe(400);
        await expectDocumented(operation, response);
      }
    }
  });

  it('describes the absence of NATS on every API route', async () => {
    fixture.connected = false;
    try {
      for (const [path, operation] of operations.filter(([name]) => name.startsWith('/api/') || name === '/readyz')) {
        const response = await fixture.get(concrete(path));
        expect([path, response.status]).toEqual([path, 503]);
        expect(JSON.stringify(await expectDocumented(operation, response))).toContain('NATS is away');
      }
    } finally {
      fixture.connected = true;
    }
  });

  it('allows no other method on any route', async () => {
    for (const path of [...operations.map(([name]) => concrete(name)), '/docs', '/openapi.json', '/'])
      for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
        const response = await fixture.get(path, { method });
        expect([path, response.status, response.headers.get('allow')]).toEqual([path, 405, 'GET, HEAD']);
        expect(response.headers.get('content-type')).toBe('application/problem+json');
      }
  });
});
