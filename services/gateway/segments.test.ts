/** The rules API as its users see it, on the memory log. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PARTITIONS } from '../../shared/events/partition.ts';
import { type Fault, MemoryLog } from '../../shared/log/memory-log.ts';
import { EVENTS, rulesSubject } from '../../shared/log/names.ts';
import type { SegmentRuleSet } from '../../shared/segments/rule-set.ts';
import { entryText } from '../../shared/store/entry.ts';
import { type Fixture, openFixture } from './_fixture.ts';
import { BOTH, SPENDERS, storedSegment, storeRules, takeOver, VIEWERS } from './_segments.ts';

const PATH = '/api/v1/segments';
let fixture: Fixture;
beforeEach(async () => {
  fixture = await openFixture();
});
afterEach(() => fixture[Symbol.asyncDispose]());

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown> & { readonly errors?: readonly { field?: string; detail: string }[] };
}

async function send(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const type = { 'content-type': 'application/json', ...headers };
  const init = body === undefined ? { method, headers } : { method, headers: type, body: JSON.stringify(body) };
  const response = await fixture.get(path, init);
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] };
}

const post = (body: unknown) => send('POST', PATH, body);
const put = (id: string, body: unknown, headers?: Record<string, string>) =>
  send('PUT', `${PATH}/${id}`, body, headers);
const get = (id: string) => send('GET', `${PATH}/${id}`);
const fieldsOf = ({ body }: Answer) => (body.errors ?? []).map(({ field }) => field);

async function storedSet(): Promise<SegmentRuleSet> {
  const last = await fixture.log.last(EVENTS, rulesSubject('segments'));
  return (last ? JSON.parse(entryText(last)) : { version: 0, segments: [] }) as SegmentRuleSet;
}

describe('POST', () => {
  it('makes a segment, says where it is, and from which event on it is in force', async () => {
    await fixture.log.append('kafka.t.p00.k0', '{}');
    const { status, headers, body } = await post(SPENDERS);
    expect([status, headers.get('location'), headers.get('etag')]).toEqual([201, `${PATH}/big-spenders`, '"1"']);
    expect(body).toMatchObject({
      id: 'big-spenders',
      window: 'trailing',
      rules: [{ id: 'r1', eventType: 'purchase', attribute: 'sum', operator: 'GTE', value: 100 }],
      effective_from: 2,
      status: { revision: 1, created_at: '2024-06-01T12:00:00Z' },
    });
    expect(await storedSet()).toMatchObject({
      version: 1,
      segments: [{ id: 'big-spenders', revision: 1 }],
      change: { action: 'create', id: 'big-spenders' },
    });
  });

  it('takes an id, or makes one that says what it is about', async () => {
    const ids = ['Big spenders', 'Big spenders', 'Rules', 'Ключ', '!'].map((name) => ({ ...SPENDERS, name }));
    const made: unknown[] = [];
    for (const body of [{ ...SPENDERS, id: 'My_id-1' }, ...ids]) made.push((await post(body)).body.id);
    expect(made).toEqual(['My_id-1', 'big-spenders', 'big-spenders-2', 'rules-2', 'segment', 'segment-2']);
  });

  it('refuses an id that is taken', async () => {
    await post(SPENDERS);
    const second = await post({ ...VIEWERS, id: 'big-spenders' });
    expect([second.status, second.body.code, fieldsOf(second)]).toEqual([409, 'conflict', ['id']]);
    expect((await storedSet()).version).toBe(1);
  });

  it('makes derived segments of segments with the same window', async () => {
    await post(SPENDERS);
    await post(VIEWERS);
    expect((await post(BOTH)).body).toMatchObject({ type: 'DERIVED', combine: 'AND', rules: [] });
    expect((await post({ ...BOTH, combine: 'NOT', id: 'neither' })).body).toMatchObject({ combine: 'NOT' });
  });

  it('names every field that cannot be used, at once', async () => {
    const wrong = {
      id: 'a b',
      name: ' ',
      type: 'OTHER',
      windowMinutes: 15,
      window: 'hopping',
      rules: [
        { eventType: 'click', attribute: 'avg', operator: '>', value: 'many', extra: 1 },
        { eventType: 'view', attribute: 'count', operator: 'GT', value: 1e300 },
      ],
      colour: 'red',
    };
    const answer = await post(wrong);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([422, 'application/problem+json']);
    expect(new Set(fieldsOf(answer))).toEqual(
      new Set([
        'id',
        'name',
        'type',
        'windowMinutes',
        'window',
        'rules[0].eventType',
        'rules[0].attribute',
        'rules[0].operator',
        'rules[0].value',
        'rules[0].extra',
        'rules[1].value',
        'colour',
      ]),
    );
    expect((await storedSet()).version).toBe(0);
  });

  it.each([
    ['rules', { rules: [] }],
    ['rules', { rules: undefined }],
    ['rules', { rules: Array.from({ length: 51 }, () => SPENDERS.rules[0]) }],
    ['rules', { rules: [1, 2].map(() => ({ ...SPENDERS.rules[0], id: 'same' })) }],
    ['rules[0].value', { rules: [{ ...SPENDERS.rules[0], value: 0.0000001 }] }],
    ['rules[0].value', { rules: [{ ...SPENDERS.rules[0], attribute: 'count', value: -1 }] }],
    ['rules[0].id', { rules: [{ ...SPENDERS.rules[0], id: 'a.b' }] }],
    ['baseSegmentIds', { baseSegmentIds: ['viewers'] }],
    ['combine', { combine: 'OR' }],
    ['rules', { type: 'DERIVED', baseSegmentIds: ['viewers'] }],
    ['baseSegmentIds', { type: 'DERIVED', rules: [] }],
    ['baseSegmentIds[1]', { type: 'DERIVED', rules: [], baseSegmentIds: ['viewers', 'nobody'] }],
    ['baseSegmentIds[1]', { type: 'DERIVED', rules: [], baseSegmentIds: ['viewers', 'viewers'] }],
    ['baseSegmentIds[0]', { type: 'DERIVED', rules: [], baseSegmentIds: ['viewers'], windowMinutes: 5 }],
    ['baseSegmentIds[0]', { type: 'DERIVED', rules: [], baseSegmentIds: ['viewers'], window: 'tumbling' }],
    ['baseSegmentIds', { id: 'me', type: 'DERIVED', rules: [], baseSegmentIds: ['me'] }],
    ['id', { id: 'rules' }],
    ['id', { id: '../x' }],
    ['id', { id: 'x'.repeat(65) }],
    ['name', { name: 'x'.repeat(201) }],
    ['name', { name: '\ud800' }],
    ['', []],
    ['', 'text'],
    ['', null],
  ])('refuses with field "%s": %j', async (field, over) => {
    await post(VIEWERS);
    const isObject = typeof over === 'object' && over !== null && !Array.isArray(over);
    const answer = await post(isObject ? { ...SPENDERS, ...over } : over);
    expect(answer.status).toBe(422);
    expect(fieldsOf(answer)).toContain(field);
    expect((await storedSet()).version).toBe(1);
  });

  it('refuses a key that would be the prototype, and does not take it over', async () => {
    const text = JSON.stringify(SPENDERS).replace('{', '{"__proto__":{"polluted":true},');
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: text };
    expect((await fixture.get(PATH, init)).status).toBe(422);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('is JSON of a bounded size', async () => {
    const answer = (type: string, body: string) =>
      fixture.get(PATH, { method: 'POST', headers: { 'content-type': type }, body });
    expect((await answer('text/plain', JSON.stringify(SPENDERS))).status).toBe(415);
    expect((await answer('application/json', '{')).status).toBe(400);
    expect((await answer('application/json', '')).status).toBe(400);
    expect((await answer('application/json', ' '.repeat(300_000))).status).toBe(413);
    expect((await fixture.get(PATH, { method: 'POST' })).status).toBe(415);
  });

  it('says when there are too many', async () => {
    const segments = Array.from({ length: 1000 }, (_, n) => storedSegment({ id: `s${n}` }));
    await storeRules(fixture.log, { version: 1, segments });
    const answer = await post(SPENDERS);
    expect([answer.status, answer.body.detail]).toEqual([422, expect.stringContaining('the most is 1000')]);
  });
});

describe('PUT', () => {
  it('makes a segment with the id of its address, then replaces it', async () => {
    const made = await put('mine', SPENDERS);
    expect([made.status, made.headers.get('location'), made.headers.get('etag')]).toEqual([201, `${PATH}/mine`, '"1"']);
    const replaced = await put('mine', { ...VIEWERS, id: 'mine' });
    expect([replaced.status, replaced.headers.get('location'), replaced.headers.get('etag')]).toEqual([
      200,
      null,
      '"2"',
    ]);
    expect((await get('mine')).body).toMatchObject({ name: 'Viewers', rules: [{ eventType: 'view' }] });
    expect((await storedSet()).segments).toHaveLength(1);
  });

  it('takes back what GET and what a change answered, as they are', async () => {
    const { body } = await put('mine', { ...SPENDERS, name: 'Later' });
    expect((await put('mine', body)).status).toBe(200);
    const read = await get('mine');
    expect((await put('mine', read.body)).status).toBe(200);
    expect((await get('mine')).body).toMatchObject({ name: 'Later', status: { revision: 3 } });
  });

  it('replaces only what was read, when it is told so', async () => {
    const first = (await put('mine', SPENDERS)).headers.get('etag') ?? '';
    const ours = await put('mine', { ...SPENDERS, name: 'ours' }, { 'if-match': first });
    expect(ours.status).toBe(200);
    const theirs = await put('mine', { ...SPENDERS, name: 'theirs' }, { 'if-match': first });
    expect([theirs.status, theirs.body.code, theirs.headers.get('etag')]).toEqual([412, 'precondition-failed', '"2"']);
    expect((await get('mine')).body.name).toBe('ours');
    expect((await put('new', SPENDERS, { 'if-match': '*' })).status).toBe(412);
    expect((await put('mine', SPENDERS, { 'if-none-match': '*' })).status).toBe(412);
    expect((await put('new', SPENDERS, { 'if-none-match': '*' })).status).toBe(201);
    expect((await put('mine', SPENDERS, { 'if-match': 'no-quotes' })).status).toBe(400);
  });

  it('never takes a segment that was deleted and made again for the one that was read', async () => {
    const etag = (await put('mine', SPENDERS)).headers.get('etag') ?? '';
    await send('DELETE', `${PATH}/mine`);
    await put('mine', VIEWERS);
    expect((await put('mine', SPENDERS, { 'if-match': etag })).status).toBe(412);
  });

  it('keeps when it was made', async () => {
    await storeRules(fixture.log, { version: 1, segments: [storedSegment({ createdAt: '2020-01-01T00:00:00.000Z' })] });
    const { body } = await put('big-spenders', VIEWERS);
    expect(body.status).toMatchObject({ created_at: '2020-01-01T00:00:00.000Z', updated_at: '2024-06-01T12:00:00Z' });
  });

  it('refuses circles, and a window that those derived from it do not have', async () => {
    await post(SPENDERS);
    await post(VIEWERS);
    await put('both', BOTH);
    await put('more', { ...BOTH, baseSegmentIds: ['both'] });
    const circle = await put('viewers', { ...BOTH, baseSegmentIds: ['more'] });
    expect([circle.status, fieldsOf(circle)]).toEqual([422, ['baseSegmentIds']]);
    expect(circle.body.detail).toContain('circle');
    const window = await put('viewers', { ...VIEWERS, windowMinutes: 60 });
    expect([window.status, fieldsOf(window)]).toEqual([422, ['windowMinutes']]);
  });

  it('refuses another id in the body, and addresses that are no id', async () => {
    expect(fieldsOf(await put('mine', { ...SPENDERS, id: 'other' }))).toEqual(['id']);
    for (const id of ['..%2F', '%3E', '*', 'a.b', '%00', '%D0%BA', 'x'.repeat(65), '%20'])
      expect([id, (await put(id, SPENDERS)).status]).toEqual([id, 400]);
    expect((await put('rules', SPENDERS)).status).toBe(405);
    expect((await storedSet()).version).toBe(0);
  });

  it('loses no change of two writers at the same time', async () => {
    const made = await Promise.all(Array.from({ length: 10 }, (_, n) => put(`s${n}`, SPENDERS)));
    expect(made.map(({ status }) => status)).toEqual(made.map(() => 201));
    expect((await storedSet()).segments.map(({ id }) => id).sort()).toEqual(made.map((_, n) => `s${n}`));
    const etag = (await get('s0')).headers.get('etag') ?? '';
    const race = await Promise.all(
      [1, 2, 3].map((n) => put('s0', { ...SPENDERS, name: `n${n}` }, { 'if-match': etag })),
    );
    expect(race.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
  });
});

describe('DELETE', () => {
  it('deletes, and says from which event on', async () => {
    await post(SPENDERS);
    const { status, body } = await send('DELETE', `${PATH}/big-spenders`);
    expect([status, body]).toEqual([200, { id: 'big-spenders', deleted: true, effective_from: 2 }]);
    expect((await get('big-spenders')).status).toBe(404);
    expect((await send('DELETE', `${PATH}/big-spenders`)).status).toBe(404);
    expect(await storedSet()).toMatchObject({ version: 2, segments: [], change: { action: 'delete' } });
  });

  it('refuses while a segment is derived from it, and names that one', async () => {
    await post(SPENDERS);
    await post(VIEWERS);
    await put('both', BOTH);
    const { status, body } = await send('DELETE', `${PATH}/viewers`);
    expect([status, body.detail]).toEqual([409, expect.stringContaining('"both" is derived')]);
    await send('DELETE', `${PATH}/both`);
    expect((await send('DELETE', `${PATH}/viewers`)).status).toBe(200);
  });

  it('deletes only what was read, when it is told so', async () => {
    await put('mine', SPENDERS);
    expect((await send('DELETE', `${PATH}/mine`, undefined, { 'if-match': '"7"' })).status).toBe(412);
    expect((await send('DELETE', `${PATH}/mine`, undefined, { 'if-match': '"1"' })).status).toBe(200);
    expect((await send('DELETE', `${PATH}/mine`, undefined, { 'if-match': '"1"' })).status).toBe(404);
  });
});

describe('GET', () => {
  it('lists segments by id, and says how many partitions count by each', async () => {
    const [one, two] = [storedSegment({ id: 'b', revision: 1 }), storedSegment({ id: 'a', revision: 2 })];
    await takeOver(fixture.log, { version: 1, segments: [one] });
    await takeOver(fixture.log, { version: 2, segments: [one, two] }, PARTITIONS.slice(0, 3));
    await storeRules(fixture.log, { version: 2, segments: [one, two] });
    const { body } = await send('GET', PATH);
    expect(body).toMatchObject({
      version: 2,
      items: [
        { id: 'a', status: { in_force: false, partitions_in_force: 3 } },
        { id: 'b', status: { in_force: true, partitions_in_force: 16 } },
      ],
    });
  });

  it('is revalidated: 304 until the segment changes, or more partitions count by it', async () => {
    await post(SPENDERS);
    const etag = (await get('big-spenders')).headers.get('etag') ?? '';
    expect(etag).toBe('"1;0"');
    const again = (tag: string) => fixture.get(`${PATH}/big-spenders`, { headers: { 'if-none-match': tag } });
    expect((await again(etag)).status).toBe(304);
    await takeOver(fixture.log, await storedSet());
    const settled = await again(etag);
    expect([settled.status, settled.headers.get('etag')]).toEqual([200, '"1"']);
    expect((await put('big-spenders', SPENDERS, { 'if-match': etag })).status).toBe(200);
    expect((await again('"1"')).status).toBe(200);
  });

  it('reads what the partitions keep when retention has emptied the log, and a change goes on from the newest', async () => {
    await takeOver(fixture.log, { version: 8, segments: [storedSegment({ id: 'deleted-since' })] });
    await takeOver(fixture.log, { version: 9, segments: [storedSegment({ id: 'kept', revision: 9 })] }, ['p03']);
    expect((await get('kept')).body).toMatchObject({ status: { revision: 9, partitions_in_force: 1 } });
    expect((await get('deleted-since')).status).toBe(404);
    expect((await post(SPENDERS)).headers.get('etag')).toBe('"10"');
    expect((await storedSet()).segments.map(({ id }) => id)).toEqual(['kept', 'big-spenders']);
  });

  it('finds no segment by hostile ids', async () => {
    for (const id of ['>', '*', '..%2f', '%00', 'rules.x', '__proto__', 'constructor'])
      expect([id, (await get(id)).status]).toEqual([id, 404]);
    expect((await get('x'.repeat(600))).status).toBe(400);
  });

  it('fails without saying why when the stored rules are not right', async () => {
    await storeRules(fixture.log, { version: 1, segments: [storedSegment({ windowMinutes: 7 as 5 })] });
    const { status, body } = await get('big-spenders');
    expect([status, body.code]).toEqual([500, 'internal']);
    expect(fixture.lines.join('\n')).toContain('window of minutes');
  });
});

describe('rules', () => {
  beforeEach(async () => {
    await post(SPENDERS);
    await post({ ...VIEWERS, window: 'tumbling' });
  });

  it('are those of all segments', async () => {
    const { body } = await send('GET', `${PATH}/rules`);
    expect(body).toEqual({
      version: 2,
      items: [
        {
          id: 'r1',
          segmentId: 'big-spenders',
          eventType: 'purchase',
          attribute: 'sum',
          operator: 'GTE',
          threshold: 100,
          windowMinutes: 30,
          window: 'trailing',
        },
        expect.objectContaining({ segmentId: 'viewers', eventType: 'view', threshold: 2, window: 'tumbling' }),
      ],
    });
  });

  it('of one type of event, by either word for purchases', async () => {
    const ids = async (type: string) =>
      ((await send('GET', `${PATH}/rules/eventType/${type}`)).body.items as { segmentId: string }[]).map(
        (r) => r.segmentId,
      );
    expect(await ids('purchase')).toEqual(['big-spenders']);
    expect(await ids('orders')).toEqual(['big-spenders']);
    expect(await ids('view')).toEqual(['viewers']);
    expect(await ids('install')).toEqual([]);
    const unknown = await send('GET', `${PATH}/rules/eventType/click`);
    expect([unknown.status, unknown.body.detail]).toEqual([404, expect.stringContaining('purchase, view, install')]);
  });
});

describe('without NATS', () => {
  it('a change says that nobody knows whether it was made', async () => {
    const memory = new MemoryLog();
    const faults = (subject: string): Fault | undefined => (subject.startsWith('rules.') ? 'lost' : undefined);
    await using broken = await openFixture(memory.client(faults));
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(SPENDERS) };
    const response = await broken.get(PATH, init);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await response.text()).toContain('Cannot tell whether the change was stored');
  });

  it('nothing is tried', async () => {
    fixture.connected = false;
    expect((await post(SPENDERS)).status).toBe(503);
    expect((await storedSet()).version).toBe(0);
  });
});
