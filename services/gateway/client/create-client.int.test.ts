/** The client as somebody else's program uses it: over HTTP, with a key, on a gateway that is a process of its own. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectLog, type JetStreamLog } from '../../../shared/log/jetstream-log.ts';
import { keySubject } from '../../../shared/log/names.ts';
import { provisionMesh, provisionService } from '../../../shared/log/provision.ts';
import { startTestNats, type TestNats } from '../../../shared/testing/servers.ts';
import { fillStores } from '../_fixture.ts';
import { type GatewayProcess, startGateway } from '../_process.ts';
import { createClient } from './create-client.ts';

const KEY = 'a-key-of-more-than-16-characters';
let nats: TestNats;
let log: JetStreamLog;
let gateway: GatewayProcess;

beforeAll(async () => {
  nats = await startTestNats();
  log = await connectLog({ servers: nats.url, name: 'client-test' });
  await provisionMesh(log);
  for (const service of ['sales', 'rfm']) await provisionService(log, service);
  const put = async (bucket: string, key: string, value: unknown) => {
    await log.append(keySubject(bucket, key), JSON.stringify(value));
  };
  await fillStores({ put });
  gateway = await startGateway({ NATS_URL: nats.url, WEIR_API_KEY: KEY });
  while (!(await fetch(`${gateway.url}/readyz`)).ok) await new Promise((resolve) => setTimeout(resolve, 25));
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await log[Symbol.asyncDispose]();
  await nats[Symbol.asyncDispose]();
});

it('reads what the buckets hold, with the key', async () => {
  const weir = createClient(gateway.url, { apiKey: KEY });
  const summary = await weir.api.v1.rfm.summary.$get();
  if (!summary.ok) throw new Error((await summary.json()).detail);
  expect((await summary.json()).segments.VIP).toEqual({ customers: 1, monetary_value: '812.50' });
  const windows = await weir.api.v1.sales.windows.$get({ query: { limit: 2 } });
  if (!windows.ok) throw new Error((await windows.json()).detail);
  const { items, next_cursor } = await windows.json();
  expect(items.map(({ final }) => final)).toEqual([true, true]);
  expect(next_cursor).toBeDefined();
});

it('is told by a problem when the key is missing or a parameter is wrong', async () => {
  const stranger = await createClient(gateway.url).api.v1.rfm.summary.$get();
  expect(stranger.status).toBe(401);
  if (stranger.status === 401) expect((await stranger.json()).code).toBe('unauthorized');
  const wrong = await createClient(gateway.url, { apiKey: KEY }).api.v1.sales.windows.$get({
    query: { limit: 'many' },
  });
  expect(wrong.status).toBe(400);
  if (wrong.status === 400) expect((await wrong.json()).errors?.[0]).toMatchObject({ parameter: 'limit' });
});

it('listens to the stream of results', async () => {
  const weir = createClient(gateway.url, { apiKey: KEY });
  const stop = new AbortController();
  const answer = await weir.api.v1.stream.$get(
    { query: { types: 'rfm.summary', from: 'start' } },
    { init: { signal: stop.signal } },
  );
  expect(answer.ok).toBe(true);
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of answer.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (/^data: \{.*"customers"/m.test(text)) break;
  }
  stop.abort();
  expect(text).toContain('event: rfm.summary');
});
