/** The guard as clients meet it: through the whole application. */
import { afterEach, describe, expect, it } from 'vitest';
import { MemoryLog } from '../../../shared/log/memory-log.ts';
import { fillStores, type Fixture, openFixture } from '../_fixture.ts';
import { type HttpPolicy, OPEN_POLICY } from '../http/policy.ts';
import { byDigest, digestOf } from './api-key.ts';
import { Authenticator } from './authenticator.ts';
import { ROLES } from './role.ts';

const keys = byDigest(ROLES.map((role) => ({ name: `${role}-key`, role, sha256: digestOf(`key of ${role}`) })));
const authenticator = new Authenticator({ keys: () => keys, now: () => 0 });
const { names: _names, ...ANY_NAME } = OPEN_POLICY;
const KEYED: HttpPolicy = { ...ANY_NAME, authenticator, reference: 'read' };

const RANK: Readonly<Record<string, number>> = { read: 0, write: 1, admin: 2 };

let fixture: Fixture;
afterEach(() => fixture[Symbol.asyncDispose]());

async function open(policy: HttpPolicy): Promise<void> {
  fixture = await openFixture(new MemoryLog().client(), policy);
}

const as = (role: string, more: Record<string, string> = {}) => ({
  headers: { 'x-api-key': `key of ${role}`, ...more },
});

interface Doc {
  readonly paths: Record<string, Record<string, { 'x-role': string; security: object[]; responses: object }>>;
  readonly components: { readonly securitySchemes: object };
}

async function readDocument(): Promise<Doc> {
  return (await (await fixture.get('/openapi.json', as('admin'))).json()) as Doc;
}

describe('roles', () => {
  it('are asked for by every route of the document, and by what is no route', async () => {
    await open(KEYED);
    const { paths } = await readDocument();
    const asked = [...Object.entries(paths), ['/made-up', { get: { 'x-role': 'read' }, post: { 'x-role': 'write' } }]];
    for (const [path, methods] of asked as [string, Record<string, { 'x-role': string }>][])
      for (const [method, { 'x-role': needed }] of Object.entries(methods)) {
        const url = path.replaceAll(/\{[^}]*\}/g, '42');
        const request = { method: method.toUpperCase() };
        const nobody = await fixture.get(url, request);
        if (needed === 'open') {
          expect([url, nobody.status === 401]).toEqual([url, false]);
          continue;
        }
        expect([method, url, nobody.status, nobody.headers.get('content-type')]).toEqual([
          method,
          url,
          401,
          'application/problem+json',
        ]);
        expect(nobody.headers.get('www-authenticate')).toBe('Bearer realm="weir"');
        expect((await fixture.get(url, { ...request, ...as('nobody') })).status).toBe(401);
        for (const role of ROLES) {
          const { status } = await fixture.get(url, { ...request, ...as(role) });
          const mayAsk = (RANK[role] ?? 0) >= (RANK[needed] ?? 3);
          expect([method, url, role, status === 403, status === 401]).toEqual([method, url, role, !mayAsk, false]);
        }
      }
    expect(
      Object.entries(paths)
        .filter(([, methods]) => methods.get?.['x-role'] === 'open')
        .map(([path]) => path),
    ).toEqual(['/livez', '/readyz']);
  });

  it('are by method when the route says nothing, and told when they do not do', async () => {
    await open(KEYED);
    const response = await fixture.get('/api/v1/segments/x', { method: 'DELETE', ...as('read') });
    expect(await response.json()).toMatchObject({
      code: 'forbidden',
      detail: 'This needs the role write; "read-key" has read',
    });
    expect(response.headers.get('www-authenticate')).toContain('error="insufficient_scope", scope="write"');
    const head = await fixture.get('/api/v1/segments', { method: 'HEAD', ...as('read') });
    expect(head.status).not.toBe(403);
    expect((await fixture.get('/api/v1/segments', { method: 'HEAD' })).status).toBe(401);
  });

  it('are in the document, with the ways to show who asks', async () => {
    await open(KEYED);
    const { paths, components } = await readDocument();
    expect(Object.keys(components.securitySchemes)).toEqual(['ApiKey', 'Bearer']);
    expect(paths['/api/v1/segments']).toMatchObject({
      get: { 'x-role': 'read', security: [{ ApiKey: [] }, { Bearer: [] }] },
      post: { 'x-role': 'write' },
    });
    expect(Object.keys(paths['/api/v1/segments']?.get?.responses ?? {})).toEqual(
      expect.arrayContaining(['401', '429']),
    );
    expect(paths['/api/v1/segments']?.get?.responses).not.toHaveProperty('403'); // every role may read
    expect(paths['/api/v1/segments']?.post?.responses).toHaveProperty('403');
    expect(paths['/livez']?.get).toMatchObject({ 'x-role': 'open', security: [] });
    await fixture[Symbol.asyncDispose]();
    await open(OPEN_POLICY); // the same routes in the same process
    expect((await readDocument()).paths['/api/v1/segments']?.get?.security).toContainEqual({});
  });

  it('are for the reference what the policy says', async () => {
    await open(KEYED);
    for (const path of ['/docs', '/openapi.json', '/']) {
      expect([path, (await fixture.get(path)).status]).toEqual([path, 401]);
      expect((await fixture.get(path, as('read'))).status).toBeLessThan(400);
    }
    await fixture[Symbol.asyncDispose]();
    await open({ ...KEYED, reference: 'open' });
    for (const path of ['/docs', '/openapi.json', '/']) expect((await fixture.get(path)).status).toBeLessThan(400);
    expect((await fixture.get('/api/v1/status')).status).toBe(401);
  });
});

describe('who asks', () => {
  it('is asked before anything else is told: not that NATS is away, and not that a body is bad', async () => {
    await open(KEYED);
    fixture.connected = false;
    expect((await fixture.get('/api/v1/status')).status).toBe(401);
    expect((await fixture.get('/api/v1/status', as('read'))).status).toBe(503);
    expect((await fixture.get('/api/v1/segments', { method: 'POST', body: 'x' })).status).toBe(401);
    expect((await fixture.get('/livez')).status).toBe(200);
  });

  it('is told why a key is refused, and nothing of it is repeated or logged', async () => {
    await open(KEYED);
    const secret = 'weir_some"thing-secret';
    const response = await fixture.get('/api/v1/status', { headers: { 'x-api-key': secret } });
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ status: 401, detail: 'Cannot let this in: this key is not known' });
    expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"');
    expect(text + fixture.lines.join('\n') + (await fixture.metrics.text())).not.toContain('secret');
  });

  it('is in the log by name when something was changed', async () => {
    await open(KEYED);
    await fixture.get('/api/v1/segments/gone', { method: 'DELETE', ...as('write') });
    await fixture.get('/api/v1/status', as('write'));
    const changes = fixture.lines.filter((line) => line.includes('Asked to change something'));
    expect(changes).toEqual([
      expect.stringContaining('by=write-key method=DELETE path=/api/v1/segments/gone status=404'),
    ]);
    expect(fixture.lines.join('\n')).not.toContain('key of');
  });

  it('may learn methods without a key, as browsers must', async () => {
    await open(KEYED);
    const response = await fixture.get('/api/v1/segments', { method: 'OPTIONS' });
    expect([response.status, response.headers.get('allow')]).toEqual([204, 'GET, HEAD, POST, OPTIONS']);
  });
});

describe('limits', () => {
  const limited = { ...KEYED, readsPerSecond: 0.3, writesPerSecond: 0.1 };
  const statuses = async (times: number, ...request: Parameters<Fixture['get']>) => {
    const all: number[] = [];
    for (let n = 0; n < times; n++) all.push((await fixture.get(...request)).status);
    return all;
  };

  it('are told with every answer, and 429 says when to go on', async () => {
    await open(limited);
    await fillStores(fixture);
    const first = await fixture.get('/api/v1/rfm/summary', as('read'));
    expect([first.status, first.headers.get('ratelimit-policy'), first.headers.get('ratelimit')]).toEqual([
      200,
      '"reads";q=3;w=10',
      '"reads";r=2;t=4',
    ]);
    const etag = first.headers.get('etag') ?? '';
    const same = await fixture.get('/api/v1/rfm/summary', as('read', { 'if-none-match': etag }));
    expect([same.status, same.headers.get('ratelimit')]).toEqual([304, expect.stringContaining('"reads";r=1;')]);
    await fixture.get('/api/v1/rfm/summary', as('read'));
    const refused = await fixture.get('/api/v1/rfm/summary', as('read'));
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '4']);
    expect(refused.headers.get('ratelimit')).toBe('"reads";r=0;t=4');
    expect(await refused.json()).toMatchObject({
      code: 'too-many-requests',
      detail: expect.stringContaining('3 reads in 10 s'),
    });
  });

  it('are each client’s own, and those for writes are others', async () => {
    await open(limited);
    expect(await statuses(4, '/api/v1/made-up', as('read'))).toEqual([404, 404, 404, 429]);
    expect(await statuses(1, '/api/v1/made-up', as('write'))).toEqual([404]);
    expect(await statuses(2, '/api/v1/segments/x', { method: 'DELETE', ...as('write') })).toEqual([404, 429]);
    expect(await statuses(1, '/api/v1/made-up', as('write'))).toEqual([404]);
    expect((await fixture.get('/livez')).status).toBe(200);
  });

  it('count what shows no good key by address, so that guessing is limited and others are not', async () => {
    await open(limited);
    const guess = { headers: { 'x-api-key': 'a guess' } };
    expect(await statuses(4, '/api/v1/status', guess, { address: '10.0.0.1' })).toEqual([401, 401, 401, 429]);
    expect(await statuses(1, '/api/v1/status', guess, { address: '10.0.0.2' })).toEqual([401]);
    expect(await statuses(1, '/api/v1/made-up', as('read'), { address: '10.0.0.1' })).toEqual([404]);
  });

  it('are by address when the gateway is open', async () => {
    await open({ ...ANY_NAME, readsPerSecond: 0.1 });
    expect(await statuses(2, '/api/v1/made-up', {}, { address: '10.0.0.1' })).toEqual([404, 429]);
    // Nobody gets another bucket by a header of his own.
    const forged = { headers: { 'x-forwarded-for': '10.0.0.9' } };
    expect(await statuses(1, '/api/v1/made-up', forged, { address: '10.0.0.1' })).toEqual([429]);
    expect(await statuses(1, '/api/v1/made-up', {}, { address: '10.0.0.3' })).toEqual([404]);
  });
});
