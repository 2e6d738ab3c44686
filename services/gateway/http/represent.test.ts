import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { chooseCoding } from './encodings.ts';
import { jsonAnswer } from './json-answer.ts';
import { represent } from './represent.ts';

const LARGE = JSON.stringify({ text: 'ключ '.repeat(1_000) });
const SMALL = '{"a":1}';

let revision = 12;
let pulled = 0;
const app = new Hono();
app.use(async (c, next) => {
  c.header('x-before', 'yes');
  await next();
});
app.use(represent());
const json = { 'content-type': 'application/json' };
app.get('/large', (c) => c.body(LARGE, 200, { ...json, link: '</next>; rel="next"', 'cache-control': 'no-cache' }));
app.get('/small', (c) => c.body(SMALL, 200, json));
app.get('/kept/large', (c) => jsonAnswer(c, JSON.parse(LARGE)));
app.get('/kept/small', (c) => jsonAnswer(c, JSON.parse(SMALL)));
app.get('/strong', (c) => c.body(LARGE, 200, { ...json, etag: `"${revision}"` }));
app.get('/strong-small', (c) => c.body(SMALL, 200, { ...json, etag: `"${revision}"` }));
app.get('/encoded', (c) => c.body('x'.repeat(5_000), 200, { ...json, 'content-encoding': 'x-own' }));
app.get('/error', (c) => c.body(LARGE, 500, json));
app.post('/large', (c) => c.body(LARGE, 200, json));
app.get('/events', () => {
  const body = new ReadableStream({
    pull: (controller) => {
      pulled++;
      controller.enqueue(new TextEncoder().encode('data: x\n\n'.repeat(1_000)));
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
});

const get = async (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  app.request(path, { method, headers });
const tagOf = async (path: string, headers: Record<string, string> = {}) =>
  (await get(path, headers)).headers.get('etag') ?? '';

const DECODE = { zstd: zstdDecompressSync, br: brotliDecompressSync, gzip: gunzipSync };

describe('the coding', () => {
  it('is one that the client takes, of the bytes there are', async () => {
    for (const coding of ['zstd', 'br', 'gzip'] as const) {
      const response = await get('/large', { 'accept-encoding': coding });
      const bytes = Buffer.from(await response.arrayBuffer());
      expect([response.headers.get('content-encoding'), response.headers.get('vary')]).toEqual([
        coding,
        'Accept-Encoding',
      ]);
      expect([response.headers.get('content-length'), response.headers.get('content-type')]).toEqual([
        String(bytes.length),
        'application/json',
      ]);
      expect(DECODE[coding](bytes).toString()).toBe(LARGE);
    }
    const plain = await get('/large');
    expect([plain.headers.get('content-encoding'), plain.headers.get('vary'), await plain.text()]).toEqual([
      null,
      'Accept-Encoding',
      LARGE,
    ]);
    expect(plain.headers.get('content-length')).toBe(String(Buffer.byteLength(LARGE)));
  });

  it('is by what the client prefers, then by what is quickest', () => {
    for (const [header, expected] of [
      [undefined, undefined],
      ['', undefined],
      ['gzip, deflate, br, zstd', 'zstd'],
      ['gzip, deflate, br', 'br'],
      ['GZIP', 'gzip'],
      ['x-gzip', 'gzip'],
      ['*', 'zstd'],
      ['*;q=0, gzip', 'gzip'],
      ['zstd;q=0, br;q=0, *', 'gzip'],
      ['br;q=0.5, gzip;q=0.9', 'gzip'],
      ['gzip; q=0.001', 'gzip'],
      ['gzip;q=0', undefined],
      ['gzip;q=0.5, identity', undefined],
      ['gzip;q=2', undefined],
      ['gzip;q=x', undefined],
      ['deflate, compress', undefined],
      [`gzip,${'x,'.repeat(1_000)}`, undefined],
    ] as const)
      expect([header, chooseCoding(header)]).toEqual([header, expected]);
  });

  it('is none for what is small, encoded already, an error, an answer to POST, or a stream of events', async () => {
    const accept = { 'accept-encoding': 'gzip' };
    for (const [path, method] of [['/small'], ['/error'], ['/large', 'POST'], ['/events']] as const)
      expect([path, (await get(path, accept, method)).headers.get('content-encoding')]).toEqual([path, null]);
    expect((await get('/encoded', accept)).headers.get('content-encoding')).toBe('x-own');
    expect((await get('/small', accept)).headers.get('vary')).toBeNull();
  });
});

describe('the validator', () => {
  it('is weak, and the same in every coding', async () => {
    const tag = await tagOf('/large');
    expect(tag).toMatch(/^W\/"[\w-]+"$/);
    expect(await tagOf('/large', { 'accept-encoding': 'gzip' })).toBe(tag);
    expect(await tagOf('/small')).not.toBe(tag);
  });

  it('that is strong says in which coding it is, and holds for what the client has in any', async () => {
    expect(await tagOf('/strong')).toBe('"12"');
    expect(await tagOf('/strong', { 'accept-encoding': 'br' })).toBe('"12;br"');
    expect(await tagOf('/strong-small', { 'accept-encoding': 'br' })).toBe('"12"');
    for (const tag of ['"12"', '"12;br"', 'W/"12"', '"x", "12;gzip"', '*'])
      expect([tag, (await get('/strong', { 'if-none-match': tag, 'accept-encoding': 'br' })).status]).toEqual([
        tag,
        304,
      ]);
    revision = 13;
    for (const tag of ['"12"', '"12;br"', '13', '"13;1"', ''])
      expect([tag, (await get('/strong', { 'if-none-match': tag, 'accept-encoding': 'br' })).status]).toEqual([
        tag,
        200,
      ]);
  });

  it('of what the client has is answered by 304, with all headers but those of the body', async () => {
    for (const method of ['GET', 'HEAD']) {
      const headers = { 'if-none-match': await tagOf('/large'), 'accept-encoding': 'gzip' };
      const response = await get('/large', headers, method);
      expect([response.status, await response.text()]).toEqual([304, '']);
      expect(Object.fromEntries(response.headers)).toEqual({
        'cache-control': 'no-cache',
        etag: headers['if-none-match'],
        link: '</next>; rel="next"',
        vary: 'Accept-Encoding',
        'x-before': 'yes',
      });
    }
  });

  it('and all else of HEAD is as of GET', async () => {
    for (const accept of ['gzip', 'identity']) {
      const [got, head] = [
        await get('/large', { 'accept-encoding': accept }),
        await get('/large', { 'accept-encoding': accept }, 'HEAD'),
      ];
      expect(Object.fromEntries(head.headers)).toEqual(Object.fromEntries(got.headers));
      expect(await head.text()).toBe('');
    }
  });
});

it('is the same when the text of the answer was kept', async () => {
  for (const size of ['small', 'large'])
    for (const headers of [{}, { 'accept-encoding': 'gzip' }, { 'if-none-match': await tagOf(`/${size}`) }]) {
      const [expected, kept] = [await get(`/${size}`, headers), await get(`/kept/${size}`, headers)];
      const { link: _link, 'cache-control': _cache, ...rest } = Object.fromEntries(expected.headers);
      expect([kept.status, Object.fromEntries(kept.headers)]).toEqual([expected.status, rest]);
      expect(await kept.arrayBuffer()).toEqual(await expected.arrayBuffer());
    }
});

it('does not read a stream of events ahead', async () => {
  pulled = 0;
  const response = await get('/events', { 'accept-encoding': 'gzip', 'if-none-match': '*' });
  expect([response.status, response.headers.get('etag'), pulled < 3]).toEqual([200, null, true]);
  await response.body?.cancel();
});
