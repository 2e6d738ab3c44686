import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GENERATED_TOPICS } from '../../shared/demo/generate.ts';
import { type Fixture, NOON, openFixture } from './_fixture.ts';
import { NotSentError } from './generate/demo-sender.ts';

const PATH = '/api/v1/events/generate';
let fixture: Fixture;
beforeEach(async () => {
  fixture = await openFixture();
});
afterEach(() => fixture[Symbol.asyncDispose]());

interface Answer {
  readonly sent?: number;
  readonly seed?: number;
  readonly preview?: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
  readonly errors?: readonly { readonly field?: string }[];
}

async function generate(body: unknown, query = ''): Promise<Answer & { readonly code: number }> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fixture.get(PATH + query, init);
  return { ...((await response.json()) as Answer), code: response.status };
}

describe('generating events', () => {
  it('sends as many records as asked, of users with the prefix, of the last five minutes', async () => {
    const answer = await generate({ topic: 'order_events', count: 250, userPrefix: 'test' });
    expect(answer).toMatchObject({ code: 200, topic: 'order_events', count: 250, sent: 250, dry_run: false });
    expect(fixture.demo).toHaveLength(250);
    for (const { topic, key, value } of fixture.demo) {
      expect([topic, key]).toEqual(['order_events', expect.stringMatching(/^test_\d{3}$/)]);
      expect(value.timestamp).toBeGreaterThanOrEqual(NOON - 300_000);
      expect(value.timestamp).toBeLessThanOrEqual(NOON);
    }
    expect(answer.preview).toEqual(fixture.demo.slice(0, 5).map(({ key, value }) => ({ key, value })));
  });

  it('shows the first five of a dry run, in the body or in the query, and sends nothing', async () => {
    const body = { topic: 'install_events', count: 1000 };
    for (const answer of [await generate({ ...body, dryRun: true }), await generate(body, '?dryRun')]) {
      expect(answer).toMatchObject({ code: 200, sent: 0, dry_run: true });
      expect(answer.preview).toHaveLength(5);
    }
    expect(fixture.demo).toEqual([]);
  });

  it('sends what a dry run with the same seed has shown', async () => {
    const shown = await generate({ topic: 'activity_events', count: 5, dryRun: true });
    await generate({ topic: 'activity_events', count: 5, seed: shown.seed });
    expect(fixture.demo.map(({ key, value }) => ({ key, value }))).toEqual(shown.preview);
  });

  it('has records for every topic that it offers', async () => {
    for (const topic of GENERATED_TOPICS)
      expect([topic, (await generate({ topic, count: 2 })).code]).toEqual([topic, 200]);
    expect(new Set(fixture.demo.map(({ topic }) => topic))).toEqual(new Set(GENERATED_TOPICS));
  });

  it.each([
    ['topic', { topic: 'other' }],
    ['topic', { topic: undefined }],
    ['count', { count: 0 }],
    ['count', { count: 1001 }],
    ['count', { count: 1.5 }],
    ['count', { count: '5' }],
    ['userPrefix', { userPrefix: '' }],
    ['userPrefix', { userPrefix: '> *' }],
    ['userPrefix', { userPrefix: 'x'.repeat(65) }],
    ['userPrefix', { topic: 'dbserver1.public.orders', userPrefix: 'test' }],
    ['seed', { seed: -1 }],
    ['dryRun', { dryRun: 'yes' }],
    ['colour', { colour: 'red' }],
  ])('refuses with field "%s": %j', async (field, over) => {
    const answer = await generate({ topic: 'order_events', count: 5, ...over });
    expect(answer.code).toBe(422);
    expect(answer.errors?.map((error) => error.field)).toContain(field);
    expect(fixture.demo).toEqual([]);
  });

  it('says what to do when Kafka does not take them', async () => {
    fixture.demoError = new NotSentError('Cannot send to Kafka: connect ECONNREFUSED; check KAFKA_BOOTSTRAP_SERVERS');
    expect(await generate({ topic: 'order_events', count: 5 })).toMatchObject({
      code: 503,
      detail: expect.stringContaining('check KAFKA_BOOTSTRAP_SERVERS'),
    });
    expect((await generate({ topic: 'order_events', count: 5, dryRun: true })).code).toBe(200);
  });
});
