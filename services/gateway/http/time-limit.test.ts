import { Hono } from 'hono';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { problemAnswer, toProblem } from './problem.ts';
import { limitTime } from './time-limit.ts';

// The limit's timer keeps no process alive, and here is no server that does.
let awake: ReturnType<typeof setInterval>;
beforeAll(() => {
  awake = setInterval(() => undefined, 1_000);
});
afterAll(() => clearInterval(awake));

function appWith(ms: number): Hono {
  const app = new Hono();
  app.use(limitTime(ms));
  app.get('/never', () => new Promise<never>(() => {}));
  app.post('/never', () => new Promise<never>(() => {}));
  app.get('/quick', (c) => c.text('here'));
  app.get('/events', () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) })));
  app.get('/fails', () => Promise.reject(new Error('of its own')));
  app.onError((error, c) => {
    const problem = toProblem(error);
    return problem ? problemAnswer(c, problem) : c.text(error.message, 500);
  });
  return app;
}

it('answers for a handler that never does', async () => {
  const get = await appWith(5).request('/never');
  expect([get.status, get.headers.get('retry-after'), await get.json()]).toMatchObject([504, '2', { code: 'timeout' }]);
  const post = await appWith(5).request('/never', { method: 'POST' });
  expect(await post.json()).toMatchObject({ detail: expect.stringContaining('it may still be done') });
});

it('answers for each of several, together and one after the other', async () => {
  const app = appWith(5);
  const never = async () => (await app.request('/never')).status;
  const first = [never(), never()];
  await app.request('/quick');
  expect(await Promise.all([...first, never()])).toEqual([504, 504, 504]);
  expect([await never(), await never()]).toEqual([504, 504]);
});

it('lets everything else through: answers, errors, and streams that go on', async () => {
  const app = appWith(60_000);
  expect(await (await app.request('/quick')).text()).toBe('here');
  expect((await app.request('/events')).status).toBe(200);
  expect(await (await app.request('/fails')).text()).toBe('of its own');
});
