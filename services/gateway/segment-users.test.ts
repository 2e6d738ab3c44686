/** Who is in which segment, and dry runs, as users of the API see them, on the memory log. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PARTITIONS } from '../../shared/events/partition.ts';
import { EVENTS, rulesSubject } from '../../shared/log/names.ts';
import { type Fixture, NOON, openFixture } from './_fixture.ts';
import { BOTH, fillSegments, putUser, SPENDERS } from './_segments.ts';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await openFixture();
});
afterEach(() => fixture[Symbol.asyncDispose]());

interface Page {
  readonly items: readonly { readonly user_id: string }[];
  readonly next_cursor?: string;
}

async function page(query: string): Promise<Page> {
  return (await (await fixture.get(`/api/v1/segments/big-spenders/users${query}`)).json()) as Page;
}

function write(method: string, path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fixture.get(path, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

describe('the segments of a user', () => {
  it('are the document of exactly the user that was asked for, whatever its id is made of', async () => {
    const ids = ['user_001', 'a/b', 'a.b', '*', '>', '%', '=41', 'A', 'ключ', '🦆', '..%2f', '\u0000'];
    for (const id of ids) await putUser(fixture, id, ['big-spenders']);
    for (const id of ids) {
      const response = await fixture.get(`/api/v1/users/${encodeURIComponent(id)}/segments`);
      expect(await response.json()).toMatchObject({
        user_id: id,
        segments: { 'big-spenders': { qualified: true, value: 120.5, ruleId: 'r1' } },
        updated: '2024-06-01T12:00:00Z',
      });
    }
  });

  it('are not known of a user whose document is gone', async () => {
    await putUser(fixture, 'gone');
    const [entry] = await fixture.log.lastOfEach('KV_segments', ['$KV.segments.*.user.gone']);
    await fixture.log.append(entry?.subject ?? '', '', { headers: { 'Nats-Marker-Reason': 'MaxAge' } });
    const response = await fixture.get('/api/v1/users/gone/segments');
    expect([response.status, await response.text()]).toEqual([404, expect.stringContaining('within the hour')]);
  });
});

describe('the users of a segment', () => {
  beforeEach(() => fillSegments(fixture));

  it('come by pages that hide nobody, when others join and leave in between', async () => {
    for (let n = 0; n < 25; n++) await putUser(fixture, `u${n}`, ['big-spenders', 'other']);
    const first = await page('?limit=10');
    expect(first.items).toHaveLength(10);
    const leaver = first.items[3]?.user_id ?? '';
    const [entry] = await fixture.log.lastOfEach('KV_segments', [`$KV.segments.*.member.big-spenders.${leaver}`]);
    await fixture.log.append(entry?.subject ?? '', '', { headers: { 'KV-Operation': 'PURGE' } });
    await putUser(fixture, 'joins', ['big-spenders']);
    const seen = first.items.map(({ user_id }) => user_id);
    for (let next = first.next_cursor; next !== undefined; ) {
      const { items, next_cursor } = await page(`?limit=10&cursor=${next}`);
      seen.push(...items.map(({ user_id }) => user_id));
      next = next_cursor;
    }
    const expected = ['user_001', ...Array.from({ length: 25 }, (_, n) => `u${n}`), 'joins'];
    expect(seen.sort()).toEqual(expected.sort());
  });

  it('are nobody while nobody qualifies, and 404 where there is no segment', async () => {
    await write('PUT', '/api/v1/segments/empty', SPENDERS);
    const none = await fixture.get('/api/v1/segments/empty/users');
    expect([none.status, await none.json()]).toEqual([200, { items: [] }]);
    expect((await fixture.get('/api/v1/segments/nobody/users')).status).toBe(404);
    expect((await fixture.get('/api/v1/segments/*/users')).status).toBe(404);
  });

  it('take no cursor that was not given out', async () => {
    for (const cursor of ['0', '-1', '1e3', 'x', '9'.repeat(16), ''])
      expect([cursor, (await fixture.get(`/api/v1/segments/big-spenders/users?cursor=${cursor}`)).status]).toEqual([
        cursor,
        400,
      ]);
  });
});

describe('a dry run', () => {
  /** Everyone has come to noon; `rich` spent 500 ten minutes ago, `once` 500 three quarters of an hour ago. */
  beforeEach(async () => {
    for (const partition of PARTITIONS) {
      await fixture.put('segments', `${partition}.marker`, {});
      await fixture.put('segments', `${partition}.applied`, { seq: 1, pos: 1, wm: NOON, late: 0, src: [] });
    }
    await fixture.put('segments', 'p03.events.rich.1', [NOON - 600_000, 0, 0, 500_000_000]);
    await fixture.put('segments', 'p05.events.once.1', [NOON - 2_700_000, 0, 0, 500_000_000]);
  });

  it('stores nothing, and says who would be in it, and as of when', async () => {
    for (const [method, path] of [
      ['POST', '/api/v1/segments?dryRun'],
      ['POST', '/api/v1/segments?dryRun=true'],
      ['PUT', '/api/v1/segments/mine?dryRun'],
    ] as const) {
      const response = await write(method, path, SPENDERS);
      expect([response.status, response.headers.get('location')]).toEqual([200, null]);
      expect(await response.json()).toMatchObject({
        dry_run: true,
        segment: { name: 'Big spenders', rules: [{ id: 'r1', eventType: 'purchase' }] },
        as_of: '2024-06-01T12:00:00Z',
        users: 2,
        qualified: 1,
        qualified_last_hour: 2,
        complete: true,
      });
    }
    expect(await fixture.log.last(EVENTS, rulesSubject('segments'))).toBeUndefined();
    expect((await write('POST', '/api/v1/segments?dryRun=false', SPENDERS)).status).toBe(201);
  });

  it('is refused as the change itself would be', async () => {
    expect((await write('POST', '/api/v1/segments?dryRun', { ...SPENDERS, windowMinutes: 7 })).status).toBe(422);
    expect((await write('POST', '/api/v1/segments?dryRun', BOTH)).status).toBe(422);
    expect((await write('PUT', '/api/v1/segments/mine?dryRun', SPENDERS, { 'if-match': '"3"' })).status).toBe(412);
    expect((await write('POST', '/api/v1/segments?dryRun=yes', SPENDERS)).status).toBe(400);
  });

  it('is one at a time: it holds events in memory', async () => {
    const both = await Promise.all([1, 2].map(() => write('POST', '/api/v1/segments?dryRun', SPENDERS)));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 503]);
    expect((await write('POST', '/api/v1/segments?dryRun', SPENDERS)).status).toBe(200);
  });
});

describe('without the segments service', () => {
  it('says that it was never started', async () => {
    const missing = Object.assign(new Error('stream not found'), { name: 'StreamNotFoundError' });
    const { log } = fixture;
    const refuse = (stream: string) => (stream === 'KV_segments' ? Promise.reject(missing) : undefined);
    await using bare = await openFixture({
      maxPayload: log.maxPayload,
      append: (...args) => log.append(...args),
      appendChain: (...args) => log.appendChain(...args),
      last: (stream, subject) => refuse(stream) ?? log.last(stream, subject),
      lastOfEach: (stream, subjects) => refuse(stream) ?? log.lastOfEach(stream, subjects),
      batch: (query) => refuse(query.stream) ?? log.batch(query),
      read: (options) => {
        if (options.stream === 'KV_segments') throw missing;
        return log.read(options);
      },
      purge: (...args) => log.purge(...args),
      state: (stream) => refuse(stream) ?? log.state(stream),
    });
    const body = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(SPENDERS) };
    expect((await bare.get('/api/v1/segments', body)).status).toBe(201); // the log keeps it until the service comes
    expect(await (await bare.get('/api/v1/segments/big-spenders')).json()).toMatchObject({
      status: { in_force: false, partitions_in_force: 0 },
    });
    for (const [path, init] of [
      ['/api/v1/users/42/segments', undefined],
      ['/api/v1/segments/big-spenders/users', undefined],
      ['/api/v1/segments?dryRun', body],
    ] as const) {
      const response = await bare.get(path, init);
      expect([path, response.status, await response.text()]).toEqual([
        path,
        503,
        expect.stringContaining('not been started'),
      ]);
    }
  });
});
