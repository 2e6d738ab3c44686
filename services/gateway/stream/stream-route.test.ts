import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Fixture, fillStores, openFixture, putCustomer } from '../_fixture.ts';
import { SseReader } from './_sse.ts';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await openFixture();
  await fillStores(fixture);
});
afterEach(() => fixture[Symbol.asyncDispose]());

async function open(query: string, init?: RequestInit): Promise<SseReader> {
  const response = await fixture.get(`/api/v1/stream?${query}`, init);
  expect(response.status).toBe(200);
  return new SseReader(response.body);
}

describe('/api/v1/stream', () => {
  it('is a stream of events that nothing on the way may keep, change or validate', async () => {
    const response = await fixture.get('/api/v1/stream', {
      headers: { 'accept-encoding': 'gzip, br', 'if-none-match': '*' },
    });
    expect(response.status).toBe(200);
    const { headers } = response;
    expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(headers.get('cache-control')).toBe('no-store, no-transform');
    expect(headers.get('x-accel-buffering')).toBe('no');
    for (const name of ['etag', 'content-encoding', 'content-length'])
      expect([name, headers.get(name)]).toEqual([name, null]);
    await response.body?.cancel();
  });

  it('begins at once, and is over for the gateway when the client goes', async () => {
    const reader = await open('types=rfm.customer,rfm.summary');
    await reader.nth('live');
    await putCustomer(fixture, '77');
    expect((await reader.nth('rfm.customer'))?.data.customer_id).toBe('77');
    expect(fixture.streams.clients).toBe(1);
    await reader.cancel();
    expect(fixture.streams.clients).toBe(0);
  });

  it('gives all there is first, when asked', async () => {
    const reader = await open('types=sales.window&from=start');
    await reader.nth('live');
    expect(reader.events).toHaveLength(24);
    const page = (await (await fixture.get('/api/v1/sales/windows?limit=1')).json()) as { items: unknown[] };
    expect(reader.events.map(({ data }) => data)).toContainEqual(page.items[0]);
  });

  it('goes on behind the id in the header, else the one in the query, else from now on', async () => {
    const all = await open('types=sales.window&from=start');
    await all.nth('live');
    const [first = '', second = ''] = all.events.map(({ id }) => id);
    const count = async (query: string, init?: RequestInit) => {
      const reader = await open(`types=sales.window&${query}`, init);
      await reader.nth('live');
      return reader.events.length - 1;
    };
    expect(await count(`lastEventId=${first}`)).toBe(22);
    expect(await count(`lastEventId=${first}`, { headers: { 'last-event-id': second } })).toBe(21);
    expect(await count(`lastEventId=${first}`, { headers: { 'last-event-id': '' } })).toBe(22);
    expect(await count('')).toBe(0);
  });

  it('refuses ids, types and filters that mean nothing, and says what does', async () => {
    for (const [query, says] of [
      ['types=sales.window,orders', /Expected some of sales.window,sales.hourly/],
      ['types=', /Expected some of/],
      ['types=sales.window&customer=42', /Results of sales.window have no customer/],
      ['customer=42&region=eu-west', /Results of any type have no customer and region/],
      ['types=alert&customer=42&region=eu-west', /Results of alert have no customer and region/],
      ['lastEventId=17', /Expected the id of an event/],
      ['from=yesterday', /Expected now or start/],
      ['severity=awful', /severity/],
    ] as const) {
      const response = await fixture.get(`/api/v1/stream?${query}`);
      expect([query, response.status, response.headers.get('content-type')]).toEqual([
        query,
        400,
        'application/problem+json',
      ]);
      expect(await response.text()).toMatch(says);
    }
    const headers = { 'last-event-id': 'sales:1@a,orders:2@a' };
    const response = await fixture.get('/api/v1/stream', { headers });
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('last-event-id')]);
    expect(fixture.streams.clients).toBe(0);
  });

  it('answers HEAD without opening anything', async () => {
    const head = await fixture.get('/api/v1/stream', { method: 'HEAD' });
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
    expect(fixture.streams.clients).toBe(0);
  });

  it('says so when there are too many', async () => {
    await using full = await openFixture(undefined, undefined, { clients: 1 });
    const first = await full.get('/api/v1/stream');
    const second = await full.get('/api/v1/stream');
    expect([second.status, second.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await second.text()).toContain('1 streams already');
    await first.body?.cancel();
    const third = await full.get('/api/v1/stream');
    expect(third.status).toBe(200);
    await third.body?.cancel();
  });
});
