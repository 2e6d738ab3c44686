/** /api/v1/alerts on the memory log. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryLog } from '../../shared/log/memory-log.ts';
import { type Fixture, HOUR_MS, NOON, openFixture } from './_fixture.ts';
import { logWithout, MINUTE_MS, putAlert, putMarkers, putRegionAlert, until } from './_services.ts';

interface Page {
  readonly items: readonly { readonly alert_id: string; readonly count: number }[];
  readonly next_cursor?: string;
  readonly missing: readonly string[];
}

let fixture: Fixture;
beforeEach(async () => {
  fixture = await openFixture();
});
afterEach(() => fixture[Symbol.asyncDispose]());

async function page(query = ''): Promise<Page> {
  return (await (await fixture.get(`/api/v1/alerts${query}`)).json()) as Page;
}
async function found(query: string): Promise<string[]> {
  return (await page(query)).items.map(({ alert_id }) => alert_id.replace(/-2024.*/, ''));
}
async function ready(count: number): Promise<void> {
  await until(
    async () => ((await page('?limit=1000')).items ?? []).length === count && (await page()).missing.length === 0,
  );
}

describe('the list of alerts', () => {
  beforeEach(async () => {
    await putMarkers(fixture);
    await putAlert(fixture, '42', 'large_order', NOON - 3 * HOUR_MS);
    await putAlert(fixture, '42', 'order_spike', NOON - 2 * HOUR_MS, { severity: 'high' });
    await putAlert(fixture, 'a b&c=/ü', 'order_spike', NOON - HOUR_MS);
    await putRegionAlert(fixture, 'eu-west', NOON);
    const resolved = { resolved: '2024-06-01T12:05:00Z', last: '2024-06-01T12:04:00Z', severity: 'critical' };
    await putRegionAlert(fixture, 'us-east', NOON + MINUTE_MS, resolved);
    await ready(5);
  });

  it('is newest first, of all services', async () => {
    expect(await found('')).toEqual([
      'us-east-low_speed',
      'eu-west-low_speed',
      'a=20b=26c=3D=2F=C3=BC-order_spike',
      '42-order_spike',
      '42-large_order',
    ]);
    expect(await page()).toMatchObject({ missing: [] });
  });

  it('can be filtered by each of its parameters, and by all of them', async () => {
    const cases: [query: string, count: number][] = [
      ['type=order_spike', 2],
      ['type=Order_Spike', 0],
      ['severity=high', 1],
      ['severity=critical', 1],
      ['min_severity=low', 5],
      ['min_severity=high', 2],
      ['min_severity=high&severity=medium', 0],
      ['customer=42', 2],
      [`customer=${encodeURIComponent('a b&c=/ü')}`, 1],
      ['customer=4', 0],
      ['customer=*', 0],
      ['customer=%3E', 0],
      ['customer=..%2F', 0],
      ['region=eu-west', 1],
      ['region=eu-west&customer=42', 0],
      ['active=true', 4],
      ['active=false', 1],
      ['from=2024-06-01T11:00:00Z', 3],
      ['to=2024-06-01T11:00:00Z', 2],
      ['from=2024-06-01T12:04:00Z', 1],
      ['from=2024-06-01T12:04:00.001Z', 0],
      ['from=2024-06-01T10:00:00Z&to=2024-06-01T11:30:00Z&type=order_spike&severity=medium&active=true', 1],
    ];
    for (const [query, count] of cases) expect([query, (await found(`?${query}`)).length]).toEqual([query, count]);
  });

  it('goes page by page, without repeats or holes while alerts grow and come', async () => {
    const before = await found('');
    const seen: string[] = [];
    for (let cursor = '', n = 0; ; n++) {
      const { items, next_cursor } = await page(`?limit=2${cursor}`);
      seen.push(...items.map(({ alert_id }) => alert_id.replace(/-2024.*/, '')));
      await putAlert(fixture, '42', 'large_order', NOON - 3 * HOUR_MS, { count: 7 + n, severity: 'critical' });
      await putAlert(fixture, `new-${n}`, 'order_spike', NOON + HOUR_MS);
      await ready(6 + n);
      if (next_cursor === undefined) break;
      cursor = `&cursor=${next_cursor}`;
    }
    expect(seen).toEqual(before);
  });

  it('refuses what it cannot use', async () => {
    for (const query of [
      'severity=HIGH',
      'active=1',
      'from=yesterday',
      'from=2024-06-02T00:00:00Z&to=2024-06-01T00:00:00Z',
      'cursor=MjAyNDA2MDFUMDAwMDAwWg', // of another listing
      `customer=${'x'.repeat(513)}`,
      'user=42',
    ])
      expect([query, (await fixture.get(`/api/v1/alerts?${query}`)).status]).toEqual([query, 400]);
  });
});

describe('one alert', () => {
  it('is found by the id that the list shows, and without what is the service’s own', async () => {
    await putAlert(fixture, 'a-b', 'order_spike', NOON);
    await putRegionAlert(fixture, 'eu-west', NOON);
    for (const id of ['a-b-order_spike-20240601T120000Z', 'eu-west-low_speed-20240601T120000Z']) {
      const alert = (await (await fixture.get(`/api/v1/alerts/${id}`)).json()) as object;
      expect(alert).toMatchObject({ alert_id: id });
      expect(alert).not.toHaveProperty('occurrences');
    }
    expect((await fixture.get('/api/v1/alerts/eu-west-low_speed-20240601T120100Z')).status).toBe(404);
  });
});

describe('a mesh without these services', () => {
  it('has alerts of those that there are, and says which are missing', async () => {
    const base = new MemoryLog().client();
    await using partial = await openFixture(logWithout(base, ['anomaly', 'anomaly-maip']));
    await putRegionAlert(partial, 'eu-west', NOON);
    await partial.until200('/api/v1/alerts');
    expect(await (await partial.get('/api/v1/alerts')).json()).toMatchObject({
      items: [{ region: 'eu-west' }],
      missing: ['anomaly', 'anomaly-maip'],
    });
    expect((await partial.get('/api/v1/alerts/eu-west-low_speed-20240601T120000Z')).status).toBe(200);
    expect((await partial.get('/api/v1/alerts/eu-west-low_speed-20240601T120100Z')).status).toBe(404);
  });

  it('has none, and says what to do', async () => {
    const log = logWithout(new MemoryLog().client(), ['anomaly', 'anomaly-maip', 'region-health']);
    await using none = await openFixture(log);
    for (const path of ['/api/v1/alerts', '/api/v1/alerts/42-x-20240601T120000Z']) {
      const response = await none.get(path);
      expect([path, response.status, response.headers.get('retry-after')]).toEqual([path, 503, '2']);
    }
    await until(async () => /been started/.test(await (await none.get('/api/v1/alerts')).text()));
  });

  it('has no alerts yet when the services run and found nothing', async () => {
    await putMarkers(fixture);
    await ready(0);
    expect(await page()).toEqual({ items: [], missing: [] });
  });
});
