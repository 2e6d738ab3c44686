import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { JSON_BODY, MAX_BODY_BYTES } from './json-body.ts';
import { problemAnswer, toProblem } from './problem.ts';

const app = new Hono();
for (const middleware of JSON_BODY) app.use(middleware);
app.post('/', async (c) => c.json(await c.req.json()));
app.onError((error, c) => {
  const problem = toProblem(error);
  if (!problem) throw error;
  return problemAnswer(c, problem);
});

type Body = string | Blob | ReadableStream<Uint8Array>;

async function post(body: Body, type?: string): Promise<readonly [number, string]> {
  const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
  const init = { method: 'POST', headers, body, duplex: 'half' as const };
  const response = await app.request('/', init);
  return [response.status, await response.text()];
}

/** A body whose length nobody says beforehand; counts what was asked of it. */
function endless(asked: { bytes: number }): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull: (controller) => {
      asked.bytes += 1024;
      controller.enqueue(new Uint8Array(1024).fill(32));
    },
  });
}

describe('a body', () => {
  it('is JSON by its type, with or without a charset', async () => {
    for (const type of ['application/json', 'Application/JSON', 'application/json; charset=utf-8'])
      expect(await post('{"a":1}', type)).toEqual([200, '{"a":1}']);
    for (const type of [undefined, 'text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', ''])
      expect([type, (await post(new Blob(['{"a":1}']), type))[0]]).toEqual([type, 415]);
  });

  it('is JSON by its text', async () => {
    for (const text of ['', '{', "{'a':1}", '{"a":1}x', 'NaN']) {
      const [status, answer] = await post(text, 'application/json');
      expect([text, status]).toEqual([text, 400]);
      expect(answer).toContain('malformed-body');
    }
  });

  it('has a bounded size, said beforehand or not', async () => {
    const fits = `"${'x'.repeat(MAX_BODY_BYTES - 2)}"`;
    expect((await post(fits, 'application/json'))[0]).toBe(200);
    expect((await post(` ${fits}`, 'application/json'))[0]).toBe(413);
    const asked = { bytes: 0 };
    expect((await post(endless(asked), 'application/json'))[0]).toBe(413);
    expect(asked.bytes).toBeLessThan(2 * MAX_BODY_BYTES);
  });

  it('is told by its type before its size, and by its size before its text', async () => {
    const large = '{'.repeat(MAX_BODY_BYTES + 1);
    expect((await post(large, 'text/plain'))[0]).toBe(415);
    expect((await post(large, 'application/json'))[0]).toBe(413);
  });
});
