/** /api/v1/customers/{id}/activity on the memory log. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { compactTime } from '../../shared/event-time/time-text.ts';
import { MemoryLog } from '../../shared/log/memory-log.ts';
import { type Fixture, NOON, openFixture } from './_fixture.ts';
import { logWithout, MINUTE_MS, ownPartition, purge, putActivity, putMarkers } from './_services.ts';

interface Page {
  readonly items: readonly { readonly customer_id: string; readonly window_start: string }[];
  readonly next_cursor?: string;
}

let fixture: Fixture;
beforeEach(async () => {
  fixture = await openFixture();
  await putMarkers(fixture);
});
afterEach(() => fixture[Symbol.asyncDispose]());

const at = (window: number) => NOON + window * 5 * MINUTE_MS;
const path = (id: string, query = '') => `/api/v1/customers/${encodeURIComponent(id)}/activity${query}`;

async function page(id: string, query = ''): Promise<Page> {
  return (await (await fixture.get(path(id, query))).json()) as Page;
}

it('lists the windows of exactly the customer that was asked for, newest first, without what is the service’s own', async () => {
  const ids = ['7', 'a/b', 'a.b', '*', '>', '../', 'ключ', '🦆', '='];
  for (const id of ids) for (const window of [2, 0, 1]) await putActivity(fixture, id, at(window));
  for (const id of ids) {
    const { items } = await page(id);
    expect(items.map((item) => [item.customer_id, item.window_start.slice(11, 16)])).toEqual([
      [id, '12:10'],
      [id, '12:05'],
      [id, '12:00'],
    ]);
    expect(items[0]).not.toHaveProperty('times');
  }
});

it('takes a span, and goes page by page while windows come', async () => {
  for (let n = 0; n < 8; n++) await putActivity(fixture, '7', at(n));
  expect((await page('7', '?from=2024-06-01T12:05:00Z&to=2024-06-01T12:15:00Z')).items).toHaveLength(2);
  expect(await page('7', '?from=2025-06-01T12:05:00Z')).toEqual({ items: [] });
  const seen: string[] = [];
  for (let cursor = '', next = 8; ; ) {
    const { items, next_cursor } = await page('7', `?limit=3${cursor}`);
    seen.push(...items.map(({ window_start }) => window_start));
    await putActivity(fixture, '7', at(next++));
    if (next_cursor === undefined) break;
    cursor = `&cursor=${next_cursor}`;
  }
  expect(seen).toHaveLength(8);
  expect(seen).toEqual([...new Set(seen)].sort().reverse());
});

it('does not know a customer without events, or whose windows are gone', async () => {
  await putActivity(fixture, '7', at(0));
  await purge(fixture.log, 'activity', `${ownPartition('7')}.window.5m.7.${compactTime(at(0))}`);
  for (const id of ['7', '8', '*', '>']) expect([id, (await fixture.get(path(id))).status]).toEqual([id, 404]);
});

it('refuses what it cannot use', async () => {
  for (const query of ['?from=x', '?size=5m', '?limit=1001', '?cursor=x'])
    expect([query, (await fixture.get(path('7', query))).status]).toEqual([query, 400]);
  expect((await fixture.get(path('x'.repeat(513)))).status).toBe(400);
});

it('says that the service was never started', async () => {
  await using none = await openFixture(logWithout(new MemoryLog().client(), ['activity']));
  const response = await none.get(path('7'));
  expect([response.status, await response.text()]).toEqual([503, expect.stringContaining('not been started')]);
});
