import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fillStores, type Fixture, openFixture } from '../_fixture.ts';
import type { SegmentBody } from './api-types.ts';
import { createClient, type WeirClient } from './create-client.ts';
import { currentApiTypes, TYPES_FILE } from './generate.ts';

const BASE = 'http://weir.example/behind';
let fixture: Fixture;
let weir: WeirClient;
/** Paths and headers of the requests that were made. */
const asked: { readonly path: string; readonly headers: Headers }[] = [];

beforeAll(async () => {
  fixture = await openFixture();
  await fillStores(fixture);
  await fixture.until200('/api/v1/sales/windows');
  weir = createClient(BASE, {
    apiKey: 'a-key',
    token: async () => 'a.b.c',
    headers: { 'X-Mine': '1' },
    fetch: askFixture,
  });
});
afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
});

async function askFixture(url: string | URL | Request, init?: RequestInit): Promise<Response> {
  const { href } = new URL(String(url)); // as fetch reads it
  asked.push({ path: href.slice(BASE.length), headers: new Headers(init?.headers) });
  return fixture.get(href.slice(BASE.length), { ...init, headers: { ...headersOf(init), 'X-API-Key': '' } });
}

function headersOf(init: RequestInit | undefined): Record<string, string> {
  return Object.fromEntries(
    [...new Headers(init?.headers)].filter(([name]) => !['x-api-key', 'authorization'].includes(name)),
  );
}

describe('the published types', () => {
  it('are those of the OpenAPI document', async () => {
    expect(
      readFileSync(TYPES_FILE, 'utf8') === (await currentApiTypes()),
      'Stale: run "node services/gateway/client/generate.ts" and commit api-types.ts',
    ).toBe(true);
  });
});

describe('the client', () => {
  it('reads a customer', async () => {
    const answer = await weir.api.v1.customers[':id'].$get({ param: { id: '42' } });
    if (!answer.ok) throw new Error(`Cannot read the customer: ${await answer.text()}`);
    const customer = await answer.json();
    expect(customer.rfm?.segment).toBe('VIP');
    expect(asked.at(-1)?.path).toBe('/api/v1/customers/42');
  });

  it('sends the key, the token and further headers', () => {
    const { headers } = asked.at(-1) ?? { headers: new Headers() };
    expect([headers.get('x-api-key'), headers.get('authorization'), headers.get('x-mine')]).toEqual([
      'a-key',
      'Bearer a.b.c',
      '1',
    ]);
  });

  it('goes through pages, numbers being parameters as they are', async () => {
    const starts: string[] = [];
    let cursor: string | undefined;
    do {
      const query = { limit: 7, ...(cursor === undefined ? {} : { cursor }) };
      const page = await weir.api.v1.sales.windows.$get({ query });
      if (page.status !== 200) throw new Error((await page.json()).detail);
      const { items, next_cursor } = await page.json();
      starts.push(...items.map(({ window_start }) => window_start));
      cursor = next_cursor;
    } while (cursor !== undefined);
    expect(starts.length).toBe(20);
    expect(starts).toEqual([...new Set(starts)].sort().reverse());
  });

  it('tells a problem by its status, with its code', async () => {
    const answer = await weir.api.v1.customers[':id'].$get({ param: { id: 'nobody' } });
    expect(answer.status).toBe(404);
    if (answer.status === 404) expect((await answer.json()).code).toBe('not-found');
  });

  it('sends a body', async () => {
    const json: SegmentBody = {
      ...{ name: 'Typed', type: 'INDEPENDENT', windowMinutes: 30 },
      rules: [{ eventType: 'purchase', attribute: 'count', operator: 'GTE', value: 2 }],
    };
    const made = await weir.api.v1.segments.$post({ query: {}, json });
    expect(made.status).toBe(201);
    if (made.status === 201) expect((await made.json()).rules).toMatchObject([{ eventType: 'purchase', value: 2 }]);
  });

  for (const id of ['a/b', '../status', 'a?x=1', 'a#b', '%2e%2e', '$&', 'ключ', ' ', '...'])
    it(`takes ${JSON.stringify(id)} for one part of a path`, async () => {
      const answer = await weir.api.v1.customers[':id'].$get({ param: { id } });
      expect(answer.status).toBe(404);
      const path = asked.at(-1)?.path ?? '';
      expect(path.startsWith('/api/v1/customers/')).toBe(true);
      expect(decodeURIComponent(path.slice('/api/v1/customers/'.length))).toBe(id);
      expect(path.split(/[/?#]/).length).toBe(5);
    });

  for (const id of ['', '.', '..'])
    it(`refuses ${JSON.stringify(id)}, which no URL can name`, () => {
      const before = asked.length;
      expect(() => weir.api.v1.customers[':id'].$get({ param: { id } })).toThrow(`Cannot ask for the id "${id}"`);
      expect(asked.length).toBe(before);
    });
});
