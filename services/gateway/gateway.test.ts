import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Log, LogUnavailableError } from '../../shared/log/log.ts';
import { MemoryLog } from '../../shared/log/memory-log.ts';
import { keySubject, MEMBERS } from '../../shared/log/names.ts';
import { fillStores, type Fixture, NOON, openFixture, putCustomer, salesWindow } from './_fixture.ts';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await openFixture();
});
afterEach(() => fixture[Symbol.asyncDispose]());

async function json<T>(path: string, init?: RequestInit): Promise<T> {
  return (await (await fixture.get(path, init)).json()) as T;
}

interface WindowPage {
  readonly items: readonly { readonly window_start: string; readonly final: boolean }[];
  readonly next_cursor?: string;
}

/** The port of `base` with some of its calls replaced. */
function logWith(base: Log, over: Partial<Log>): Log {
  return {
    maxPayload: base.maxPayload,
    append: (...args) => base.append(...args),
    appendChain: (...args) => base.appendChain(...args),
    last: (...args) => base.last(...args),
    lastOfEach: (...args) => base.lastOfEach(...args),
    batch: (query) => base.batch(query),
    read: (options) => base.read(options),
    purge: (...args) => base.purge(...args),
    state: (stream) => base.state(stream),
    ...over,
  };
}

describe('sales', () => {
  beforeEach(async () => {
    await fillStores(fixture);
    await fixture.until200('/api/v1/sales/windows');
  });

  it('lists final windows newest first, by pages that neither repeat nor hide when windows arrive in between', async () => {
    const seen: string[] = [];
    let page = await json<WindowPage>('/api/v1/sales/windows?limit=7');
    expect(page.items).toHaveLength(7);
    expect(page.items.every(({ final }) => final)).toBe(true);
    await fixture.put('sales', 'all.window.1h.20240601T115500Z', salesWindow(NOON - 300_000)); // live before, final now
    for (;;) {
      seen.push(...page.items.map(({ window_start }) => window_start));
      if (page.next_cursor === undefined) break;
      page = await json<WindowPage>(`/api/v1/sales/windows?limit=7&cursor=${page.next_cursor}`);
    }
    expect(seen).toHaveLength(20);
    expect(seen).toEqual([...new Set(seen)].sort().reverse());
  });

  it('takes a span of time, in any zone', async () => {
    const { items } = await json<WindowPage>(
      `/api/v1/sales/windows?from=2024-06-01T11:00:00Z&to=${encodeURIComponent('2024-06-01T13:15:00+02:00')}`,
    );
    expect(items.map(({ window_start }) => window_start.slice(11, 16))).toEqual(['11:10', '11:05', '11:00']);
  });

  it('refuses a span that ends before it starts, and survives the ends of time', async () => {
    const bad = await fixture.get('/api/v1/sales/windows?from=2024-06-02T00:00:00Z&to=2024-06-01T00:00:00Z');
    expect([bad.status, await bad.text()]).toEqual([400, expect.stringContaining('must be before')]);
    const ends = 'from=0000-01-01T00:00:00%2B14:00&to=9999-12-31T23:59:59.999-14:00';
    expect((await fixture.get(`/api/v1/sales/windows?${ends}`)).status).toBe(200);
  });

  it('gives at most 1000 items at once', async () => {
    expect((await fixture.get('/api/v1/sales/windows?limit=1000')).status).toBe(200);
    for (const limit of [0, 1001, 9999, 10000])
      expect((await fixture.get(`/api/v1/sales/windows?limit=${limit}`)).status).toBe(400);
  });

  it('tells hours and what is live apart', async () => {
    expect((await json<WindowPage>('/api/v1/sales/hourly')).items).toHaveLength(5);
    const live = await json<{ windows: WindowPage['items']; hourly: WindowPage['items'] }>('/api/v1/sales/live');
    expect(live.windows.map(({ final }) => final)).toEqual([false, false, false]);
    expect(live.hourly.map(({ window_start }) => window_start)).toEqual(['2024-06-01T12:00:00Z']);
  });

  it('answers 304 to a client that has the current page, and the page when it changed', async () => {
    const first = await fixture.get('/api/v1/sales/windows');
    const headers = { 'if-none-match': first.headers.get('etag') ?? '' };
    const same = await fixture.get('/api/v1/sales/windows', { headers });
    expect([same.status, same.headers.get('cache-control')]).toEqual([304, 'no-cache']);
    expect(same.headers.get('x-request-id')).not.toBeNull();
    await fixture.put('sales', 'all.window.1h.20240601T120000Z', salesWindow(NOON));
    while ((await fixture.get('/api/v1/sales/windows', { headers })).status !== 200)
      await new Promise((resolve) => setImmediate(resolve));
  });

  it('answers HEAD as GET, without the body', async () => {
    const head = await fixture.get('/api/v1/sales/windows', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(head.headers.get('etag')).toBe((await fixture.get('/api/v1/sales/windows')).headers.get('etag'));
  });
});

describe('customers', () => {
  it('joins what rfm and sales know, newest hour first', async () => {
    await fillStores(fixture);
    const customer = await json<{ rfm: { segment: string }; recent_hours: { window_start: string }[] }>(
      '/api/v1/customers/42',
    );
    expect(customer.rfm.segment).toBe('VIP');
    expect(customer.recent_hours.map(({ window_start }) => window_start)).toEqual([
      '2024-06-01T12:00:00Z',
      '2024-06-01T10:00:00Z',
    ]);
  });

  it('finds exactly the customer that was asked for, whatever its id is made of', async () => {
    const ids = ['a/b', 'a.b', 'a b', '*', '>', '%', '%25', '=41', 'A', 'ключ', '🦆', '..%2f'];
    for (const id of ids) await putCustomer(fixture, id);
    for (const id of ids)
      expect(await json(`/api/v1/customers/${encodeURIComponent(id)}`)).toMatchObject({
        customer_id: id,
        rfm: { customer_id: id },
        recent_hours: [{ customer_id: id }, { customer_id: id }],
      });
  });

  it('does not know a customer that was deleted', async () => {
    await putCustomer(fixture, '7');
    const all = await fixture.log.lastOfEach('KV_rfm', ['$KV.rfm.>']);
    const hours = await fixture.log.lastOfEach('KV_sales', ['$KV.sales.>']);
    for (const { subject } of [...all, ...hours])
      await fixture.log.append(subject, '', { headers: { 'KV-Operation': 'PURGE' } });
    expect((await fixture.get('/api/v1/customers/7')).status).toBe(404);
  });
});

describe('status', () => {
  it('does not count members that have left', async () => {
    await fillStores(fixture);
    await fixture.log.append(keySubject(MEMBERS, 'sales-1'), '', { headers: { 'KV-Operation': 'PURGE' } });
    const { workers } = await json<{ workers: { instance: string }[] }>('/api/v1/status');
    expect(workers.map(({ instance }) => instance)).toEqual(['bridge-1', 'rfm-1']);
  });
});

describe('errors', () => {
  it('are problems for an unknown route', async () => {
    const response = await fixture.get('/api/v1/nothing');
    expect([response.status, response.headers.get('content-type')]).toEqual([404, 'application/problem+json']);
  });

  it('say what is missing while a service has no data', async () => {
    for (const path of ['/api/v1/sales/windows', '/api/v1/sales/live', '/api/v1/rfm/summary']) {
      const response = await fixture.get(path);
      expect([path, response.status, response.headers.get('retry-after')]).toEqual([path, 503, '2']);
      expect(await response.text()).toContain('service running');
    }
  });

  it('keep the request id of the client, and make one up for a bad one', async () => {
    const good = await fixture.get('/livez', { headers: { 'x-request-id': 'trace-1' } });
    expect(good.headers.get('x-request-id')).toBe('trace-1');
    const bad = await fixture.get('/livez', { headers: { 'x-request-id': '<script>' } });
    expect(bad.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('of ours tell the client nothing but the request id, and the log everything', async () => {
    await fixture.put('rfm', 'all.summary', { customers: 'sekret' });
    const response = await fixture.get('/api/v1/rfm/summary', { headers: { 'x-request-id': 'find-me' } });
    const text = await response.text();
    expect([response.status, JSON.parse(text)]).toMatchObject([500, { code: 'internal', request_id: 'find-me' }]);
    expect(text).not.toMatch(/sekret|zod|received|segments/i);
    expect(fixture.lines.find((line) => line.includes('find-me'))).toMatch(/ERROR .*segments/s);
  });

  it('of NATS are 503', async () => {
    const noResponders = Object.assign(new Error('no responders'), { code: 503 });
    for (const error of [new LogUnavailableError('Cannot read: no answer'), noResponders]) {
      await using broken = await openFixture(logWith(new MemoryLog().client(), { last: () => Promise.reject(error) }));
      const response = await broken.get('/api/v1/customers/42');
      expect([response.status, response.headers.get('content-type')]).toEqual([503, 'application/problem+json']);
    }
  });

  it('of a bucket that is not there are 503, or leave out what only it knows', async () => {
    const base = new MemoryLog().client();
    const noStream = Object.assign(new Error('stream not found'), { name: 'StreamNotFoundError' });
    const missing = new Set(['KV_rfm']);
    const log = logWith(base, {
      last: (stream, subject) => (missing.has(stream) ? Promise.reject(noStream) : base.last(stream, subject)),
      lastOfEach: (stream, subjects) =>
        missing.has(stream)
          ? Promise.reject(new LogUnavailableError('no responders'))
          : base.lastOfEach(stream, subjects),
      state: (stream) => (missing.has(stream) ? Promise.reject(noStream) : base.state(stream)),
    });
    await using partial = await openFixture(log);
    expect(await (await partial.get('/api/v1/customers/42')).text()).toContain('rfm service has not been started');
    expect(await (await partial.get('/api/v1/rfm/summary')).text()).toContain('no bucket');
    await putCustomer(partial, '42');
    expect(await (await partial.get('/api/v1/customers/42')).json()).toMatchObject({
      rfm: null,
      recent_hours: [{}, {}],
    });
    missing.delete('KV_rfm');
    missing.add('KV_sales');
    expect(await (await partial.get('/api/v1/customers/42')).json()).toMatchObject({
      rfm: {},
      recent_hours: null,
      missing: [{ part: 'recent_hours', reason: 'The sales service has not been started on this mesh yet' }],
    });
  });
});

describe('the reference page', () => {
  it('names every route and schema, and loads nothing', async () => {
    const response = await fixture.get('/docs');
    const page = await response.text();
    expect(response.headers.get('content-type')).toContain('text/html');
    const document = await json<{ paths: object; components: { schemas: object } }>('/openapi.json');
    for (const path of Object.keys(document.paths)) expect(page).toContain(`<section id="${path}">`);
    for (const schema of Object.keys(document.components.schemas)) expect(page).toContain(`id="schema-${schema}"`);
    const withoutExamples = page.replaceAll(/<code>[^<]*<\/code>/g, '');
    expect(withoutExamples).not.toMatch(/<script|<link|<img|src=|https?:\/\//);
    expect((await fixture.get('/')).headers.get('location')).toBe('/docs');
  });
});

describe('metrics', () => {
  it('count by route pattern, so that ids and unknown paths make no series of their own', async () => {
    await fixture.get('/api/v1/customers/42');
    await fixture.get('/api/v1/customers/43');
    await fixture.get('/made-up');
    const text = await fixture.metrics.text();
    expect(text).toMatch(/http_requests_total\{route="\/api\/v1\/customers\/:id",status="404"[^}]*\} 2/);
    expect(text).not.toContain('made-up');
    expect(text).not.toContain('customers/42');
  });
});
