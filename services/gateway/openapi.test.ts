/** Walks every route of /openapi.json: what the document promises is what the gateway does. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { fillStores, type Fixture, openFixture, putCustomerHours } from './_fixture.ts';
import { fillLeftOut } from './_left-out.ts';
import { fillSegments } from './_segments.ts';
import { fillServices } from './_services.ts';

interface JsonSchema {
  [key: string]: unknown;
}
interface Answer {
  readonly content?: Readonly<Record<string, { readonly schema: JsonSchema }>>;
}
interface Operation {
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly schema?: { readonly example?: unknown; readonly type?: string; readonly minLength?: number };
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>> };
  readonly responses: Readonly<Record<string, Answer>>;
}
interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

let fixture: Fixture;
let document: OpenApi;
/** Those that read. */
let operations: readonly (readonly [path: string, operation: Operation])[];
/** Those that change something. */
let writes: readonly Write[];

interface Write {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

beforeAll(async () => {
  fixture = await openFixture();
  await fillStores(fixture);
  await fillSegments(fixture);
  await fillServices(fixture);
  await fillLeftOut(fixture.log);
  for (const path of ['sales/windows', 'alerts', 'inventory', 'regions', 'devices'])
    await fixture.until200(`/api/v1/${path}`);
  document = (await (await fixture.get('/openapi.json')).json()) as OpenApi;
  const all = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  operations = all.filter(({ method }) => method === 'GET').map(({ path, operation }) => [path, operation] as const);
  writes = all.filter(({ method }) => method !== 'GET');
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

/** The path with its parameters filled in: by this text, or by their own examples. */
function concrete(path: string, { parameters = [] }: Operation, text?: string): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, wanted: string) => {
    const parameter = parameters.find(({ name }) => name === wanted);
    return text ?? encodeURIComponent(String(parameter?.schema?.example));
  });
}

function exampleBody({ requestBody }: Operation): RequestInit {
  const schema = requestBody?.content['application/json']?.schema;
  if (!schema) return {};
  const name = String(schema.$ref).split('/').at(-1) ?? '';
  const body = JSON.stringify(document.components.schemas[name]?.example);
  return { body, headers: { 'content-type': 'application/json' } };
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
      '/api/v1/alerts',
      '/api/v1/alerts/{alert_id}',
      '/api/v1/content/top',
      '/api/v1/content/{id}/minutes',
      '/api/v1/customers',
      '/api/v1/customers/{id}',
      '/api/v1/customers/{id}/activity',
      '/api/v1/customers/{id}/hours',
      '/api/v1/dead-letters',
      '/api/v1/dead-letters/redrive',
      '/api/v1/dead-letters/{seq}',
      '/api/v1/dead-letters/{seq}/redrive',
      '/api/v1/devices',
      '/api/v1/devices/minutes',
      '/api/v1/devices/top',
      '/api/v1/events/generate',
      '/api/v1/inventory',
      '/api/v1/inventory/restock',
      '/api/v1/inventory/summary',
      '/api/v1/late',
      '/api/v1/late/{seq}',
      '/api/v1/products/{id}',
      '/api/v1/regions',
      '/api/v1/regions/top',
      '/api/v1/regions/{region}/minutes',
      '/api/v1/rfm/summary',
      '/api/v1/sales/hourly',
      '/api/v1/sales/live',
      '/api/v1/sales/windows',
      '/api/v1/segments',
      '/api/v1/segments/rules',
      '/api/v1/segments/rules/eventType/{eventType}',
      '/api/v1/segments/{id}',
      '/api/v1/segments/{id}/users',
      '/api/v1/status',
      '/api/v1/stream',
      '/api/v1/topology',
      '/api/v1/users/{id}/segments',
      '/livez',
      '/readyz',
    ]);
  });

  it('describes the successful answer of every route', async () => {
    for (const [path, operation] of operations) {
      const response = await fixture.get(concrete(path, operation));
      expect([path, response.status]).toEqual([path, 200]);
      if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
        expect(operation.responses[200]?.content).toHaveProperty(['text/event-stream']);
        await response.body?.cancel();
      } else await expectDocumented(operation, response);
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
      const known = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query');
      const response = await fixture.get(`${concrete(path, operation)}?colour=red`);
      expect([path, response.status]).toEqual([path, 400]);
      const { detail } = (await expectDocumented(operation, response)) as { detail: string };
      expect(detail).toContain('"colour": Unknown parameter');
      for (const { name, schema } of known) {
        expect(detail).toContain(name);
        const isText = schema?.minLength !== undefined; // an id or a name: whatever it is made of
        const values = isText ? ['', 'x'.repeat(1_000)] : ['', '%00', '-1', '1e2', 'x'];
        for (const query of [`${name}=1&${name}=2`, ...values.map((value) => `${name}=${value}`)]) {
          const bad = await fixture.get(`${concrete(path, operation)}?${query}`);
          expect([path, query, bad.status]).toEqual([path, query, 400]);
          await expectDocumented(operation, bad);
        }
      }
    }
  });

  it('links every page to the next one, on every route that has pages', async () => {
    const listings = operations.filter(([, { parameters = [] }]) => parameters.some(({ name }) => name === 'cursor'));
    expect(listings.length).toBeGreaterThan(12);
    let linked = 0;
    for (const [path, operation] of listings) {
      const url = `${concrete(path, operation)}?limit=1`;
      const response = await fixture.get(url);
      const { next_cursor: cursor } = (await expectDocumented(operation, response)) as { next_cursor?: string };
      const next = `<${url}&cursor=${encodeURIComponent(cursor ?? '')}>; rel="next"`;
      expect([path, response.headers.get('link')]).toEqual([path, cursor === undefined ? null : next]);
      expect([path, JSON.stringify(operation.responses['200'])]).toEqual([path, expect.stringContaining('"Link"')]);
      if (cursor === undefined) continue;
      linked++;
      const following = await fixture.get(/<(.*)>/.exec(response.headers.get('link') ?? '')?.[1] ?? '');
      expect([path, following.status]).toEqual([path, 200]);
      expect(await following.text()).not.toBe(await (await fixture.get(url)).text());
    }
    expect(linked).toBeGreaterThan(8);
  });

  it('describes the answer to hostile ids, which find nothing', async () => {
    for (const [path, operation] of operations.filter(([name]) => name.includes('{'))) {
      for (const id of HOSTILE_IDS) {
        if (id === '..') continue; // a URL parser removes it before any request is made
        const response = await fixture.get(concrete(path, operation, encodeURIComponent(id)));
        expect([id, response.status]).toEqual([id, 404]);
        await expectDocumented(operation, response);
      }
      for (const id of ['x'.repeat(10_000), 'ю'.repeat(300), '%C3%28%FF'.repeat(200)]) {
        const response = await fixture.get(concrete(path, operation, id.startsWith('%') ? id : encodeURIComponent(id)));
        expect(response.status).toBe(400);
        await expectDocumented(operation, response);
      }
    }
  });

  it('describes the absence of NATS on every API route', async () => {
    fixture.connected = false;
    try {
      for (const [path, operation] of operations.filter(([name]) => name.startsWith('/api/') || name === '/readyz')) {
        const response = await fixture.get(concrete(path, operation));
        expect([path, response.status]).toEqual([path, 503]);
        expect(JSON.stringify(await expectDocumented(operation, response))).toContain('NATS is away');
      }
    } finally {
      fixture.connected = true;
    }
  });

  it('describes the answers of every route that changes something: done, refused, repeated', async () => {
    for (const { method, path, operation } of writes) {
      const request = { method, ...exampleBody(operation) };
      const done = await fixture.get(concrete(path, operation), request);
      expect([method, path, done.status < 300]).toEqual([method, path, true]);
      await expectDocumented(operation, done);
      const unknown = await fixture.get(`${concrete(path, operation)}?colour=red`, request);
      expect([method, path, unknown.status]).toEqual([method, path, 400]);
      await expectDocumented(operation, unknown);
      if (request.body === undefined) continue;
      for (const [status, body, type] of [
        [415, request.body, 'text/plain'],
        [400, '{', 'application/json'],
        [413, ' '.repeat(300_000), 'application/json'],
        [422, '{}', 'application/json'],
      ] as const) {
        const refused = await fixture.get(concrete(path, operation), {
          method,
          body,
          headers: { 'content-type': type },
        });
        expect([method, path, refused.status]).toEqual([method, path, status]);
        await expectDocumented(operation, refused);
      }
    }
  });

  it('describes conditions that do not hold', async () => {
    const conditional = writes.filter(({ operation }) => operation.parameters?.some(({ name }) => name === 'if-match'));
    expect(conditional.map(({ method }) => method).sort()).toEqual(['DELETE', 'PUT']);
    await fillSegments(fixture);
    for (const { method, path, operation } of conditional) {
      const { body, headers } = exampleBody(operation);
      const request = { method, ...(body !== undefined && { body }), headers: { ...headers, 'if-match': '"1000"' } };
      const response = await fixture.get(concrete(path, operation), request);
      expect([method, response.status]).toEqual([method, 412]);
      await expectDocumented(operation, response);
    }
  });

  it('allows no other method on any route', async () => {
    const documented = Object.entries(document.paths).map(([path, methods]) => {
      const [operation] = Object.values(methods);
      return [concrete(path, operation as Operation), Object.keys(methods).map((name) => name.toUpperCase())] as const;
    });
    for (const [path, methods] of [
      ...documented,
      ...['/docs', '/openapi.json', '/'].map((p) => [p, ['GET'] as string[]] as const),
    ])
      for (const method of ['POST', 'PUT', 'DELETE', 'PATCH'].filter((name) => !methods.includes(name))) {
        const response = await fixture.get(path, { method });
        expect([path, method, response.status]).toEqual([path, method, 405]);
        const allowed = response.headers
          .get('allow')
          ?.split(', ')
          .filter((name) => name !== 'HEAD' && name !== 'OPTIONS');
        expect(allowed?.sort()).toEqual([...methods].sort());
        expect(response.headers.get('content-type')).toBe('application/problem+json');
      }
  });
});
