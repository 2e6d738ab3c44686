/** /api/v1/regions, /content and /devices on the memory log. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryLog } from '../../shared/log/memory-log.ts';
import { type Fixture, NOON, openFixture } from './_fixture.ts';
import {
  logWithout,
  MINUTE_MS,
  putContentMinute,
  putDeviceMinute,
  putMarkers,
  putRegionMinute,
  until,
} from './_services.ts';

interface Minute {
  readonly region?: string;
  readonly content_id?: string;
  readonly device_type?: string;
  readonly os_version?: string;
  readonly window_start: string;
}
interface Page {
  readonly items: readonly Minute[];
  readonly next_cursor?: string;
}

let fixture: Fixture;
beforeEach(async () => {
  fixture = await openFixture();
});
afterEach(() => fixture[Symbol.asyncDispose]());

const ODD = ['a/b', 'a.b', '*', '>', '../', 'ключ', '🦆', '='];
const at = (minutes: number) => NOON + minutes * MINUTE_MS;

async function get<T = Page>(path: string): Promise<T> {
  return (await (await fixture.get(`/api/v1/${path}`)).json()) as T;
}
async function ready(): Promise<void> {
  await putMarkers(fixture);
  for (const path of ['regions', 'devices']) await fixture.until200(`/api/v1/${path}`);
}
async function starts(path: string): Promise<string[]> {
  return (await get(path)).items.map(({ window_start }) => window_start.slice(11, 16));
}
/** All pages of a listing; `between` runs behind each. */
async function walk(path: string, between: () => Promise<void> = async () => {}): Promise<Minute[]> {
  const seen: Minute[] = [];
  for (let cursor = ''; ; ) {
    const { items, next_cursor } = await get(`${path}${path.includes('?') ? '&' : '?'}limit=3${cursor}`);
    seen.push(...items);
    await between();
    if (next_cursor === undefined) return seen;
    cursor = `&cursor=${next_cursor}`;
  }
}

describe('regions', () => {
  it('are shown with their newest minute, by name, in pages', async () => {
    for (const region of [...ODD, 'eu-west'])
      for (const minute of [0, 1]) await putRegionMinute(fixture, region, at(minute), true);
    await ready();
    const seen = await walk('regions');
    expect(seen.map(({ region }) => region).sort()).toEqual([...ODD, 'eu-west'].sort());
    expect(seen.every(({ window_start }) => window_start === '2024-06-01T12:01:00Z')).toBe(true);
    expect(await get('regions')).toMatchObject({ complete: true });
  });

  it('have minutes, newest first, in any span, in pages while minutes come', async () => {
    for (let n = 0; n < 10; n++) await putRegionMinute(fixture, 'eu-west', at(n), true);
    for (const region of ODD) await putRegionMinute(fixture, region, at(0), true);
    await ready();
    const wanted = Array.from({ length: 10 }, (_, n) => `12:0${9 - n}`);
    expect(await starts('regions/eu-west/minutes')).toEqual(wanted);
    expect(await starts('regions/eu-west/minutes?from=2024-06-01T12:02:00Z&to=2024-06-01T12:04:00Z')).toEqual([
      '12:03',
      '12:02',
    ]);
    let next = 10;
    const seen = await walk('regions/eu-west/minutes', () => putRegionMinute(fixture, 'eu-west', at(next++), true));
    expect(seen.map(({ window_start }) => window_start.slice(11, 16))).toEqual(wanted);
    for (const region of ODD)
      expect(await get(`regions/${encodeURIComponent(region)}/minutes`)).toMatchObject({ items: [{ region }] });
  });

  it('are unknown without downloads', async () => {
    await ready();
    expect(await get('regions')).toEqual({ items: [], complete: true });
    for (const region of ['nowhere', '*', '>'])
      expect((await fixture.get(`/api/v1/regions/${encodeURIComponent(region)}/minutes`)).status).toBe(404);
  });
});

describe('contents', () => {
  it('have minutes, newest first, whether the newest of all is known or not', async () => {
    const before = ODD.concat('a');
    for (const content of before) for (const n of [0, 1, 5_000]) await putContentMinute(fixture, content, at(n));
    await putMarkers(fixture);
    const check = async () => {
      for (const content of before) {
        const { items } = await get(`content/${encodeURIComponent(content)}/minutes?to=2024-06-01T13:00:00Z`);
        expect(items).toMatchObject([
          { content_id: content, window_start: '2024-06-01T12:01:00Z' },
          { content_id: content, window_start: '2024-06-01T12:00:00Z' },
        ]);
      }
    };
    await check();
    await ready();
    await check();
    expect(await walk('content/a/minutes')).toHaveLength(3);
    expect(await get('content/a/minutes?from=2025-01-01T00:00:00Z')).toEqual({ items: [] });
    expect((await fixture.get('/api/v1/content/b/minutes')).status).toBe(404);
  });

  it('are ranked by downloads or failures of the newest minutes', async () => {
    await putContentMinute(fixture, 'old', at(-70), 10_000);
    await putContentMinute(fixture, 'a', at(0), 10, 5);
    await putContentMinute(fixture, 'b', at(-1), 30, 0);
    await putContentMinute(fixture, 'a', at(-30), 25, 0);
    await ready();
    const top = (query: string) => get<{ items: { content_id: string }[] }>(`content/top${query}`);
    expect(await top('')).toEqual({
      by: 'downloads',
      from: '2024-06-01T11:01:00Z',
      to: '2024-06-01T12:01:00Z',
      contents: 2,
      complete: true,
      items: [
        { content_id: 'a', downloads: 35, successes: 30, failures: 5, success_rate: 0.8571 },
        { content_id: 'b', downloads: 30, successes: 30, failures: 0, success_rate: 1 },
      ],
    });
    expect((await top('?minutes=2')).items.map((item) => item.content_id)).toEqual(['b', 'a']);
    expect((await top('?by=failures')).items.map((item) => item.content_id)).toEqual(['a']);
    expect((await top('?by=success_rate')).items.map((item) => item.content_id)).toEqual(['a', 'b']);
    expect((await top('?by=success_rate&minutes=1')).items).toMatchObject([{ content_id: 'a', success_rate: 0.5 }]);
    expect((await top('?by=success_rate&min_downloads=35')).items).toHaveLength(1);
    expect((await top('?limit=1')).items).toHaveLength(1);
    for (const query of ['by=size', 'minutes=61', 'minutes=0', 'limit=101', 'from=2024-06-01T00:00:00Z'])
      expect([query, (await fixture.get(`/api/v1/content/top?${query}`)).status]).toEqual([query, 400]);
  });

  it('may have the name of a route', async () => {
    await putContentMinute(fixture, 'top', at(0));
    await ready();
    expect(await get('content/top/minutes')).toMatchObject({ items: [{ content_id: 'top' }] });
  });
});

describe('the first few', () => {
  const ranked = async (path: string) => {
    const { items } = await get<{ items: { region?: string; os?: string }[] }>(path);
    return items.map(({ region, os }) => region ?? os);
  };

  it('of regions are those with the most downloads or failures, or the lowest success rate or speed, now', async () => {
    await putRegionMinute(fixture, 'well', at(0), true, { events: 900, failures: 1, success_rate: 0.9989 });
    await putRegionMinute(fixture, 'ill', at(-1), true, { failures: 30, success_rate: 0.7, avg_speed_mbps: 3 });
    await putRegionMinute(fixture, 'few', at(0), true, { events: 2, failures: 2, success_rate: 0 });
    await putRegionMinute(fixture, 'none', at(0), true, {
      events: 0,
      failures: 0,
      success_rate: null,
      avg_speed_mbps: null,
    });
    await ready();
    expect(await ranked('regions/top')).toEqual(['ill', 'few', 'well']);
    expect(await ranked('regions/top?by=downloads')).toEqual(['well', 'ill', 'few']);
    expect(await ranked('regions/top?by=success_rate')).toEqual(['few', 'ill', 'well']);
    expect(await ranked('regions/top?by=success_rate&min_downloads=20')).toEqual(['ill', 'well']);
    expect(await ranked('regions/top?by=speed&limit=1')).toEqual(['ill']);
    expect(await get('regions/top?limit=1')).toMatchObject({ by: 'failures', complete: true });
  });

  it('of kinds of devices are the same', async () => {
    await putDeviceMinute(fixture, ['mobile', 'a', ''], at(0), { failures: 3, success_rate: 0.97 });
    await putDeviceMinute(fixture, ['mobile', 'b', ''], at(0), { failures: 9, success_rate: 0.91 });
    await ready();
    expect(await ranked('devices/top')).toEqual(['b', 'a']);
    expect(await ranked('devices/top?by=success_rate&limit=1')).toEqual(['b']);
  });
});

describe('minutes of a kind of device', () => {
  it('are those of exactly this kind, newest first, in pages', async () => {
    for (const kind of [...ODD.map((version) => ['mobile', 'os', version]), ['tv', '', '']])
      for (const n of [0, 1, 2, 3]) await putDeviceMinute(fixture, kind, at(n));
    await ready();
    for (const version of ODD) {
      const path = `devices/minutes?device_type=mobile&os=os&os_version=${encodeURIComponent(version)}`;
      const seen = await walk(path);
      expect(seen.map(({ window_start }) => window_start.slice(14, 16))).toEqual(['03', '02', '01', '00']);
      expect(seen.every((minute) => minute.os_version === version)).toBe(true);
    }
    expect(await starts('devices/minutes?device_type=tv&from=2024-06-01T12:02:00Z')).toEqual(['12:03', '12:02']);
    expect(await get('devices/minutes?device_type=fridge')).toEqual({ items: [] });
  });
});

describe('devices', () => {
  it('are shown with their newest minute, in pages', async () => {
    const kinds = [...ODD.map((version) => ['mobile', 'os', version]), ['tv', '', '']];
    for (const kind of kinds) for (const n of [0, 1]) await putDeviceMinute(fixture, kind, at(n));
    await ready();
    const seen = await walk('devices');
    expect(seen).toHaveLength(kinds.length);
    expect(seen.at(-1)).toMatchObject({
      device_type: 'tv',
      os: '',
      os_version: '',
      window_start: '2024-06-01T12:01:00Z',
    });
    expect((await fixture.get('/api/v1/devices?cursor=ZXUtd2VzdA')).status).toBe(400); // a region's
  });
});

it('a mesh without region-health says so on every route', async () => {
  await using none = await openFixture(logWithout(new MemoryLog().client(), ['region-health']));
  for (const path of ['regions', 'regions/eu/minutes', 'content/top', 'content/c/minutes', 'devices']) {
    const response = await none.get(`/api/v1/${path}`);
    expect([path, response.status, response.headers.get('retry-after')]).toEqual([path, 503, '2']);
  }
  await until(async () => /region-health service has not/.test(await (await none.get('/api/v1/regions')).text()));
});
