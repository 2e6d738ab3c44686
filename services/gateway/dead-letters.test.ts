import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DLQ, dlqSubject } from '../../shared/log/names.ts';
import { type Fixture, openFixture } from './_fixture.ts';
import { putLetter, putRefused } from './_left-out.ts';
import { NotRedrivenError } from './dead-letters/redriver.ts';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await openFixture();
});
afterEach(() => fixture[Symbol.asyncDispose]());

interface Page {
  readonly items: readonly { readonly seq: number }[];
  readonly next_cursor?: string;
}

async function get<T = Page>(path: string): Promise<T> {
  return (await (await fixture.get(`/api/v1/dead-letters${path}`)).json()) as T;
}
const seqs = async (query: string) => (await get(query)).items.map(({ seq }) => seq);

async function post(path: string, body?: object): Promise<{ status: number; body: Record<string, unknown> }> {
  const json = { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const response = await fixture.get(`/api/v1/dead-letters${path}`, { method: 'POST', ...(body && json) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe('dead letters', () => {
  it('are listed newest first, by topic, reason and kind, page by page', async () => {
    for (const topic of ['orders', 'orders.eu', 'sink-postgres.rfm'])
      for (const reason of ['malformed', 'bad-amount']) await putLetter(fixture.log, topic, reason);
    await putRefused(fixture.log);
    expect(await seqs('')).toEqual([7, 6, 5, 4, 3, 2, 1]);
    expect(await seqs('?topic=orders')).toEqual([2, 1]);
    expect(await seqs('?topic=orders.eu&reason=malformed')).toEqual([3]);
    expect(await seqs('?kind=sink')).toEqual([7]);
    expect(await seqs('?topic=sink-postgres.rfm')).toEqual([6, 5]); // a topic may be named so; what the sink refused is none
    expect(await seqs('?reason=refused')).toEqual([7]);
    for (const topic of ['*', '>', 'orders.*', '../', 'ord'])
      expect(await seqs(`?topic=${encodeURIComponent(topic)}`)).toEqual([]);
    const first = await get('?limit=3');
    expect([first.items.map(({ seq }) => seq), first.next_cursor]).toEqual([[7, 6, 5], '5']);
    await putLetter(fixture.log, 'orders', 'malformed');
    expect(await seqs('?limit=3&cursor=5')).toEqual([4, 3, 2]);
  });

  it('are shown whole: key, headers and payload as text or base64, the reason and what to do', async () => {
    await putLetter(fixture.log, 'orders', 'bad-amount', { headers: { trace: 'abc', ключ: 'é' } });
    await putLetter(fixture.log, 'orders', 'malformed', {
      value: new Uint8Array([0xff, 0]),
      key: new Uint8Array([0xfe]),
    });
    await putLetter(fixture.log, 'orders', 'too-large', { key: null, cutFrom: 9_000_000 });
    await fixture.log.append(dlqSubject('made-by-hand', 'x'), 'hello');
    expect(await get('/1')).toEqual({
      ...{ seq: 1, kind: 'record', reason: 'bad-amount', redrivable: true, stored_at: '1970-01-01T00:00:00Z' },
      detail: 'Cannot use amount -12.00: it is below zero',
      advice: expect.stringContaining('allowNegativeAmounts'),
      record: {
        ...{ topic: 'orders', partition: 2, offset: 4711, timestamp: '2024-06-01T12:00:00Z', bytes: 14 },
        key: { encoding: 'utf8', data: '42' },
      },
      payload: { encoding: 'utf8', data: '{"amount":-12}' },
      headers: [
        { name: 'trace', value: { encoding: 'utf8', data: 'abc' } },
        { name: 'ключ', value: { encoding: 'utf8', data: 'é' } },
      ],
    });
    expect(await get('/2')).toMatchObject({
      record: { key: { encoding: 'base64', data: '/g==' } },
      payload: { encoding: 'base64', data: '/wA=' },
    });
    expect(await get('/3')).toMatchObject({
      ...{ redrivable: false, full_bytes: 9_000_000, record: { key: null } },
      advice: expect.stringContaining('from its source'),
    });
    expect(await get('/4')).toMatchObject({ kind: 'unknown', redrivable: false, payload: { data: 'hello' } });
    expect((await fixture.get('/api/v1/dead-letters/5')).status).toBe(404);
    expect(JSON.stringify(await get(''))).not.toContain('payload');
  });

  it('of sinks are shown with bucket and key, and refused clearly when they are to be put back', async () => {
    await putRefused(fixture.log);
    expect(await get('/1')).toMatchObject({
      ...{ kind: 'sink', reason: 'refused', detail: 'The column is too small', redrivable: false },
      refused: { sink: 'sink-postgres', bucket: 'rfm', key: 'p07.customer.42', revision: 812 },
    });
    const refused = await post('/1/redrive');
    expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining('It is no record')]);
    expect(fixture.redrives).toEqual([]);
    expect((await fixture.log.state(DLQ)).messages).toBe(1);
  });
});

describe('a redrive', () => {
  it('of one letter asks for exactly this one', async () => {
    for (const n of [1, 2]) await putLetter(fixture.log, 'orders.eu', 'bad-amount', { offset: n });
    const { status, body } = await post('/2/redrive');
    expect([status, body]).toMatchObject([
      200,
      {
        dry_run: false,
        sent: 1,
        kept: 0,
        results: [{ seq: 2, status: 'sent', outcome: 'counted', lines: [expect.anything()] }],
      },
    ]);
    const choice = { filter: 'dlq.orders.eu.bad-amount', seqs: [2], dryRun: false, force: false };
    expect(fixture.redrives).toEqual([choice]);
    await post('/2/redrive?dryRun&force=true');
    expect(fixture.redrives.at(-1)).toEqual({ ...choice, dryRun: true, force: true });
    expect((await post('/3/redrive')).status).toBe(404);
    expect((await post('/2/redrive?force=yes')).status).toBe(400);
  });

  it('of one letter that is kept is a conflict with the reason, but for a dry run', async () => {
    await putLetter(fixture.log, 'orders', 'bad-amount');
    fixture.kept.add(1);
    const { status, body } = await post('/1/redrive');
    expect([status, body.detail]).toEqual([409, expect.stringContaining('it would be a dead letter again')]);
    expect((await post('/1/redrive?dryRun')).body).toMatchObject({ dry_run: true, sent: 0, kept: 1 });
  });

  it('of many takes those of the topic that fit, the oldest first, page by page', async () => {
    for (const topic of ['orders', 'other', 'orders', 'orders.eu', 'orders', 'orders'])
      await putLetter(fixture.log, topic, 'bad-amount');
    await putLetter(fixture.log, 'orders', 'malformed');
    await putRefused(fixture.log);
    fixture.kept.add(3);
    const first = await post('/redrive', { topic: 'orders', reason: 'bad-amount', limit: 3 });
    expect(first.body).toMatchObject({
      sent: 2,
      kept: 1,
      results: [{ seq: 1 }, { seq: 3 }, { seq: 5 }],
      next_cursor: '5',
    });
    expect(fixture.redrives).toEqual([
      { filter: 'dlq.orders.*', seqs: [1, 3, 5], dryRun: false, force: false, toTopic: undefined },
    ]);
    const next = await post('/redrive?dryRun', {
      topic: 'orders',
      limit: 3,
      cursor: '5',
      force: true,
      toTopic: 'repaired',
    });
    expect(next.body).toMatchObject({ dry_run: true, results: [{ seq: 6 }, { seq: 7 }] });
    expect(next.body).not.toHaveProperty('next_cursor');
    expect(fixture.redrives.at(-1)).toMatchObject({ dryRun: true, force: true, toTopic: 'repaired' });
    expect((await post('/redrive', { topic: 'nobody' })).body).toMatchObject({ sent: 0, results: [] });
    expect(fixture.redrives).toHaveLength(2);
    for (const body of [
      {},
      { topic: 'orders', limit: 501 },
      { topic: 'orders', what: 1 },
      { topic: 'orders', cursor: 'x' },
    ])
      expect((await post('/redrive', body)).status).toBe(422);
  });

  it('that is not possible now says why: another one, or Kafka away', async () => {
    await putLetter(fixture.log, 'orders', 'bad-amount');
    fixture.redriveError = new NotRedrivenError('busy', 'Cannot redrive now: another redrive runs');
    expect(await post('/1/redrive')).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('another') },
    });
    fixture.redriveError = new NotRedrivenError('unavailable', 'Cannot put back: Kafka is away');
    expect(await post('/redrive', { topic: 'orders' })).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    fixture.redriveError = new Error('sekret');
    const fault = await post('/1/redrive');
    expect([fault.status, JSON.stringify(fault.body)]).toEqual([500, expect.not.stringContaining('sekret')]);
  });
});
