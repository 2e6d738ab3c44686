import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openFixture } from '../_fixture.ts';
import { exampleOf } from './examples.ts';

type Content = Readonly<Record<string, { readonly schema?: Record<string, unknown>; readonly example?: unknown }>>;
interface Operation {
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Record<string, unknown>>> };
}

async function readDocument(): Promise<Document> {
  await using fixture = await openFixture();
  return (await (await fixture.get('/openapi.json')).json()) as Document;
}

function validator(document: Document, schema: Record<string, unknown>): z.ZodType {
  const closed = JSON.parse(JSON.stringify({ ...schema, $defs: document.components.schemas }), (_key, value) => {
    if (typeof value?.$ref === 'string')
      return { ...value, $ref: value.$ref.replace('#/components/schemas/', '#/$defs/') };
    return value?.type === 'object' && value.properties ? { ...value, additionalProperties: false } : value;
  });
  return z.fromJSONSchema(closed);
}

function* contents({ paths }: Document) {
  for (const [path, methods] of Object.entries(paths))
    for (const [method, { requestBody, responses }] of Object.entries(methods)) {
      for (const [type, content] of Object.entries(requestBody?.content ?? {}))
        yield { of: `${method} ${path} body`, type, content, status: 0 };
      for (const [status, answer] of Object.entries(responses))
        for (const [type, content] of Object.entries(answer.content ?? {}))
          yield { of: `${method} ${path} ${status}`, type, content, status: Number(status) };
    }
}

describe('the examples of the document', () => {
  it('are there for every answer, error and body, and fit their schemas', async () => {
    const document = await readDocument();
    const all = [...contents(document)];
    expect(all.length).toBeGreaterThan(300);
    for (const { of, content, type } of all) {
      expect([of, content.example]).not.toEqual([of, undefined]);
      if (type === 'text/event-stream') continue;
      const parsed = validator(document, content.schema ?? {}).safeParse(content.example);
      expect([of, parsed.error?.message]).toEqual([of, undefined]);
    }
  });

  /** Taken so that what GET says can be sent back, and ignored. */
  const IGNORED = ['SegmentBody.status', 'SegmentBody.effective_from'];

  it('leave out no field', async () => {
    const document = await readDocument();
    const bare: string[] = [];
    const walk = (name: string, schema: Record<string, unknown>) => {
      const properties = (schema.properties ?? {}) as Record<string, Record<string, unknown>>;
      for (const [field, property] of Object.entries(properties)) {
        if (exampleOf(property, document.components.schemas) === undefined) bare.push(`${name}.${field}`);
        walk(`${name}.${field}`, property);
        walk(`${name}.${field}[]`, (property.items ?? {}) as Record<string, unknown>);
      }
    };
    for (const [name, schema] of Object.entries(document.components.schemas))
      if (name !== 'Problem') walk(name, schema);
    expect(bare).toEqual(IGNORED);
  });

  it('of errors say the status that they stand for, and the path', async () => {
    const document = await readDocument();
    for (const { of, content, status } of contents(document)) {
      if (status < 400 || of === 'get /readyz 503') continue;
      const instance = expect.stringMatching(/^\/(api\/[^{}]*|livez|readyz)$/);
      expect([of, content.example]).toMatchObject([of, { status, instance }]);
    }
  });
});
