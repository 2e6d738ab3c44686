import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, TestRegistry } from './_test-registry.ts';
import { RegistryRefusedError, RegistryUnavailableError } from './registry-errors.ts';
import { RegistryHttp } from './registry-http.ts';

const NOW_MS = 1_700_000_000_000;
const now = () => NOW_MS;

let registry: TestRegistry;
beforeEach(async () => {
  registry = await TestRegistry.start();
});
afterEach(() => registry[Symbol.asyncDispose]());

async function failure(http: RegistryHttp): Promise<RegistryUnavailableError | RegistryRefusedError> {
  const error = await http.request('/x').then(
    (value) => new Error(`Expected a failure, and got ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  );
  if (error instanceof RegistryUnavailableError || error instanceof RegistryRefusedError) return error;
  throw error;
}

describe('answers', () => {
  it.each<[string, Answer, string]>([
    [
      '40403 of a registry',
      { status: 404, body: { error_code: 40403, message: 'Schema not found' } },
      'registry-refused',
    ],
    ['409 of a registry', { status: 409, body: { error_code: 409, message: 'incompatible' } }, 'registry-refused'],
    ['422 of a registry', { status: 422, body: { error_code: 42201 } }, 'registry-refused'],
    ['404 of a proxy', { status: 404, body: '<html>' }, 'registry-unavailable'],
    ['404 of a registry for a wrong path', { status: 404, body: { error_code: 404 } }, 'registry-unavailable'],
    ['401', { status: 401, body: { error_code: 40101 } }, 'registry-unavailable'],
    ['403', { status: 403, body: { error_code: 40301 } }, 'registry-unavailable'],
    ['429', { status: 429, body: { error_code: 42901 } }, 'registry-unavailable'],
    ['500', { status: 500, body: { error_code: 50001 } }, 'registry-unavailable'],
    ['503', { status: 503, body: '' }, 'registry-unavailable'],
    ['400', { status: 400, body: 'bad request' }, 'registry-unavailable'],
    ['no JSON', { status: 200, body: '<html>log in</html>' }, 'registry-unavailable'],
  ])('%s (1)', async (_name, answer, code) => {
    registry.answers.set('/x', answer);
    expect((await failure(new RegistryHttp({ urls: registry.url }))).code).toBe(code);
  });

  it.each([
    ['7', 7_000],
    [new Date(NOW_MS + 9_000).toUTCString(), 9_000],
    ['100000', 60_000],
    ['soon', 250],
  ])('Retry-After: %s', async (text, waitMs) => {
    registry.answers.set('/x', { status: 429, body: '', headers: { 'retry-after': text } });
    expect(await failure(new RegistryHttp({ urls: registry.url, now }))).toMatchObject({
      notBeforeMs: NOW_MS + waitMs,
    });
  });

  it('that fail in a row are waited for longer, up to 5 s', async () => {
    const http = new RegistryHttp({ urls: registry.url, now });
    const waits: unknown[] = [];
    for (let n = 0; n < 7; n++) {
      const error = await failure(http);
      waits.push(error instanceof RegistryUnavailableError && error.notBeforeMs - NOW_MS);
    }
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000]);
    registry.answers.set('/x', { body: {} });
    await http.request('/x');
    registry.answers.delete('/x');
    expect(await failure(http)).toMatchObject({ notBeforeMs: NOW_MS + 250 });
  });

  it('that do not come are given up on', async () => {
    let open = () => {};
    registry.gate = new Promise((resolve) => {
      open = resolve;
    });
    expect((await failure(new RegistryHttp({ urls: registry.url, timeoutMs: 50 }))).code).toBe('registry-unavailable');
    open();
  });
});

describe('credentials', () => {
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

  it('come from the settings, or from the URL', async () => {
    registry.answers.set('/x', { body: {} });
    await new RegistryHttp({ urls: registry.url, user: 'wilma', password: 's3cret' }).request('/x');
    await new RegistryHttp({ urls: registry.url.replace('//', '//bob:p%40ss@') }).request('/x');
    await new RegistryHttp({ urls: registry.url }).request('/x');
    expect(registry.asked.map(({ authorization }) => authorization)).toEqual([
      basic('wilma:s3cret'),
      basic('bob:p@ss'),
      undefined,
    ]);
  });

  it('are in no error (2)', async () => {
    const { port } = registry;
    await registry[Symbol.asyncDispose]();
    const urls = `http://bob:topsecret@127.0.0.1:${port}`;
    const error = await failure(new RegistryHttp({ urls, user: 'wilma', password: 'hushhush' }));
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/topsecret|hushhush|bob|wilma/);
    for (const bad of ['http//bob:topsecret@h', 'ftp://bob:topsecret@h'])
      expect(() => new RegistryHttp({ urls: bad })).toThrow(/^(?!.*topsecret).*check SCHEMA_REGISTRY_URL/);
  });
});

describe('several URLs', () => {
  it('are tried in turn, beginning with the one that answered last (3)', async () => {
    await using other = await TestRegistry.start();
    other.answers.set('/x', { body: { from: 'other' } });
    registry.answers.set('/x', { status: 500, body: '' });
    const http = new RegistryHttp({ urls: `${registry.url}, ${other.url}/` });
    expect(await http.request('/x')).toEqual({ from: 'other' });
    expect(await http.request('/x')).toEqual({ from: 'other' });
    expect([registry.asked.length, other.asked.length]).toEqual([1, 2]);
    other.answers.set('/x', { status: 500, body: '' });
    expect((await failure(http)).code).toBe('registry-unavailable');
  });

  it('may have a path', async () => {
    registry.answers.set('/apis/ccompat/v7/x', { body: { ok: 1 } });
    expect(await new RegistryHttp({ urls: `${registry.url}/apis/ccompat/v7/` }).request('/x')).toEqual({ ok: 1 });
  });
});
