/** What protects those who have a browser open beside the gateway, through the whole application. */
import { afterEach, describe, expect, it } from 'vitest';
import { MemoryLog } from '../../../shared/log/memory-log.ts';
import { fillStores, type Fixture, openFixture } from '../_fixture.ts';
import { readProxies } from './client-address.ts';
import { type HttpPolicy, OPEN_POLICY } from './policy.ts';

let fixture: Fixture;
afterEach(() => fixture[Symbol.asyncDispose]());

async function open(policy: Partial<HttpPolicy> = {}): Promise<void> {
  fixture = await openFixture(new MemoryLog().client(), { ...OPEN_POLICY, ...policy });
  await fillStores(fixture);
}

const PATH = '/api/v1/rfm/summary';
const PAGE = 'https://page.example';
const status = async (headers: Record<string, string>, method = 'GET', path = PATH) =>
  (await fixture.get(path, { method, headers })).status;

describe('the names of the gateway', () => {
  it('are those of this machine for itself, and those that were set', async () => {
    await open({ names: ['Box.lan'] });
    for (const host of [
      'localhost',
      'localhost:8080',
      'LOCALHOST',
      '127.0.0.1:8080',
      '[::1]:8080',
      '[::1]',
      'box.lan:80',
    ])
      expect([host, await status({ host })]).toEqual([host, 200]);
    for (const host of [
      'evil.example',
      'localhost.evil.example',
      'localhost:80:80',
      '127.0.0.1.evil.example',
      '',
      '0.0.0.0',
      'box.lan.',
      'x@localhost',
    ])
      expect([host, await status({ host })]).toEqual([host, 421]);
    expect(await status({ host: 'evil.example' }, 'GET', '/docs')).toBe(421);
  });

  it('are not looked at when keys are, or a proxy knows them', async () => {
    const { names: _names, ...anyName } = OPEN_POLICY;
    fixture = await openFixture(new MemoryLog().client(), anyName);
    expect(await status({ host: 'gateway.example' }, 'GET', '/livez')).toBe(200);
  });
});

describe('a page of another origin', () => {
  it('changes nothing, also by a form that asks for no leave', async () => {
    await open();
    for (const origin of [PAGE, 'null', 'http://localhost.evil.example', 'http://127.0.0.1:9999'])
      expect([origin, await status({ origin, host: 'localhost:8080' }, 'DELETE', '/api/v1/segments/x')]).toEqual([
        origin,
        403,
      ]);
    expect(
      await status({ origin: 'http://localhost:8080', host: 'localhost:8080' }, 'DELETE', '/api/v1/segments/x'),
    ).toBe(404);
    expect(await status({ host: 'localhost:8080' }, 'DELETE', '/api/v1/segments/x')).toBe(404);
  });

  it('reads nothing unless it is named, and then errors, too', async () => {
    await open({ corsOrigins: [PAGE] });
    const ask = async (origin: string, path = PATH) => (await fixture.get(path, { headers: { origin } })).headers;
    for (const path of [PATH, '/api/v1/nothing']) {
      const headers = await ask(PAGE, path);
      expect([headers.get('access-control-allow-origin'), headers.get('vary')]).toEqual([
        PAGE,
        expect.stringContaining('Origin'),
      ]);
      for (const name of ['ETag', 'Link', 'RateLimit', 'RateLimit-Policy', 'X-Request-Id'])
        expect(headers.get('access-control-expose-headers')).toContain(name);
      expect(headers.get('access-control-allow-credentials')).toBeNull();
      const other = await ask('https://other.example', path);
      expect([other.get('access-control-allow-origin'), other.get('vary')]).toEqual([
        null,
        expect.stringContaining('Origin'),
      ]);
    }
    expect(await status({ origin: PAGE }, 'DELETE', '/api/v1/segments/x')).toBe(404);
  });

  it('is told beforehand what it may ask, when it is named', async () => {
    await open({ corsOrigins: [PAGE] });
    const preflight = (origin: string) =>
      fixture.get(PATH, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'PUT' } });
    const yes = await preflight(PAGE);
    expect([yes.status, yes.headers.get('access-control-allow-origin')]).toEqual([204, PAGE]);
    expect(yes.headers.get('access-control-allow-methods')).toContain('PUT');
    expect(yes.headers.get('access-control-allow-headers')).toMatch(
      /Authorization, X-API-Key.*If-Match.*Last-Event-ID/,
    );
    const no = await preflight('https://other.example');
    expect(no.headers.get('access-control-allow-origin')).toBeNull();
    expect(no.headers.get('access-control-allow-methods')).toBeNull();
  });

  it('gets no such header when none is named, and all do by a star', async () => {
    await open();
    const none = await fixture.get(PATH, { headers: { origin: PAGE } });
    expect([none.headers.get('access-control-allow-origin'), none.headers.get('vary')]).toEqual([null, null]);
    await fixture[Symbol.asyncDispose]();
    await open({ corsOrigins: ['*'] });
    const all = await fixture.get(PATH, { headers: { origin: PAGE } });
    expect(all.headers.get('access-control-allow-origin')).toBe('*');
  });
});

describe('every answer', () => {
  it('says what browsers may do with it: 200, 304, an error, and the reference page with a policy of its own', async () => {
    await open();
    const etag = (await fixture.get(PATH)).headers.get('etag') ?? '';
    for (const [path, headers] of [
      [PATH, {}],
      [PATH, { 'if-none-match': etag }],
      ['/api/v1/nothing', {}],
      ['/livez', {}],
      ['/docs', {}],
    ] as const) {
      const answer = (await fixture.get(path, { headers })).headers;
      const said = ['x-content-type-options', 'x-frame-options', 'referrer-policy', 'cross-origin-resource-policy'];
      expect([path, ...said.map((name) => answer.get(name))]).toEqual([
        path,
        'nosniff',
        'DENY',
        'no-referrer',
        'same-origin',
      ]);
      const policy = answer.get('content-security-policy');
      expect(policy).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
      expect([path, policy?.includes("style-src 'unsafe-inline'")]).toEqual([path, path === '/docs']);
      expect(answer.get('strict-transport-security')).toBeNull();
    }
  });

  it('asks for https only when a trusted proxy was asked by it', async () => {
    await open({ proxies: readProxies(['10.0.0.1'], 'X') });
    const hsts = async (proto: string, address: string) =>
      (await fixture.get('/livez', { headers: { 'x-forwarded-proto': proto } }, { address })).headers.get(
        'strict-transport-security',
      );
    expect(await hsts('https', '10.0.0.1')).toContain('max-age=');
    expect(await hsts('http', '10.0.0.1')).toBeNull();
    expect(await hsts('https', '10.0.0.2')).toBeNull();
  });

  it('has a request id: the client’s when it is short and clean', async () => {
    await open();
    const idOf = async (id: string) =>
      (await fixture.get('/livez', { headers: { 'x-request-id': id } })).headers.get('x-request-id');
    expect(await idOf('a'.repeat(128))).toBe('a'.repeat(128));
    for (const id of ['a'.repeat(129), 'a b', 'a;b', '"a"', '../a']) expect(await idOf(id)).toMatch(/^[0-9a-f-]{36}$/);
  });
});

it('refuses an address that is too long before it looks into it', async () => {
  await open();
  const answer = await fixture.get(`/api/v1/customers/${'x'.repeat(20_000)}`);
  expect([answer.status, await answer.json()]).toMatchObject([414, { code: 'uri-too-long' }]);
});
