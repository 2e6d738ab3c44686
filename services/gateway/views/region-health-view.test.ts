import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compactTime, formatTime } from '../../../shared/event-time/time-text.ts';
import type { Log } from '../../../shared/log/log.ts';
import { MemoryLog } from '../../../shared/log/memory-log.ts';
import { createLogger } from '../../../shared/telemetry/logger.ts';
import { NOON } from '../_fixture.ts';
import {
  logWithout,
  MINUTE_MS,
  minuteOf,
  ownPartition,
  purge,
  putContentMinute,
  putDeviceMinute,
  putMarkers,
  putRegionMinute,
  storesOf,
  until,
} from '../_services.ts';
import { ContentMinutes, TOP_MINUTES, type TopQuery } from './content-minutes.ts';
import { RegionHealthView, type RegionHealthViewOptions } from './region-health-view.ts';

const logger = createLogger('view', 'debug', () => {});
const ALL = { limit: 1000 };
const HOUR: TopQuery = { by: 'downloads', minutes: 60, limit: 10 };
const at = (minutes: number) => NOON + minutes * MINUTE_MS;

async function openCurrent(log: Log, options: Partial<RegionHealthViewOptions> = {}): Promise<RegionHealthView> {
  const view = new RegionHealthView({ log, logger, retryMs: 1, ...options });
  await until(() => view.regionState === 'current' && view.recentState === 'current');
  return view;
}

describe('RegionHealthView', () => {
  it('follows the newest minute of regions and devices, whatever order minutes are written in (invariant 1)', async () => {
    const log = new MemoryLog().client();
    const stores = storesOf(log);
    await putMarkers(stores);
    await putRegionMinute(stores, 'us/east', at(0), true);
    await putRegionMinute(stores, '', at(0), true);
    await putDeviceMinute(stores, ['mobile', 'ios', '18.1'], at(1));
    await putDeviceMinute(stores, ['mobile', 'ios', '18.1'], at(0));
    await putDeviceMinute(stores, ['tv', '', ''], at(0));
    await using view = await openCurrent(log);
    expect(view.regions(ALL).items.map(({ region }) => region)).toEqual(['', 'us/east']);
    expect(view.devices(ALL)).toMatchObject({
      items: [
        { os: 'ios', window_start: formatTime(at(1)) },
        { device_type: 'tv', os: '' },
      ],
      complete: true,
    });
    await putRegionMinute(stores, 'us/east', at(2), true);
    await purge(log, 'region-health', 'all.region.latest.=');
    await putDeviceMinute(stores, ['tv', '', ''], at(2));
    await until(
      () => view.regions(ALL).items.length === 1 && view.regions(ALL).items[0]?.window_start === formatTime(at(2)),
    );
    await until(() => view.devices(ALL).items[1]?.window_start === formatTime(at(2)));
  });

  it('leaves out what has expired (invariant 1)', async () => {
    const log = new MemoryLog().client();
    await putMarkers(storesOf(log));
    const value = JSON.stringify({ region: 'eu', ...minuteOf(NOON), avg_duration_seconds: 1 });
    await log.append('$KV.region-health.all.region.latest.eu', value, { headers: { 'Nats-TTL': '60s' } });
    let now = 59_999;
    await using view = await openCurrent(log, { now: () => now });
    expect(view.regions(ALL).items).toHaveLength(1);
    now = 60_000;
    expect(view.regions(ALL).items).toHaveLength(0);
  });

  it('says what there is no room for, and goes on with what there is (invariant 1)', async () => {
    const log = new MemoryLog().client();
    const stores = storesOf(log);
    for (const region of ['a', 'b', 'c']) await putRegionMinute(stores, region, at(0), true);
    for (const type of ['a', 'b', 'c']) await putDeviceMinute(stores, [type, 'os', '1'], at(0));
    await using view = await openCurrent(log, { capacity: 2 });
    expect([view.regions(ALL).complete, view.devices(ALL).complete]).toEqual([false, false]);
    await putRegionMinute(stores, 'a', at(1), true);
    await putDeviceMinute(stores, ['a', 'os', '1'], at(1));
    await until(() => view.regions(ALL).items[0]?.window_start === formatTime(at(1)));
    await until(() => view.devices(ALL).items[0]?.window_start === formatTime(at(1)));
    expect(view.regions(ALL).items.map(({ region }) => region)).toEqual(['a', 'b']);
  });

  it('reads the last writes only of a large bucket, but every region (invariant 1; invariant 3 of bucket-reader.ts)', async () => {
    const log = new MemoryLog().client();
    const stores = storesOf(log);
    await putRegionMinute(stores, 'quiet', at(-90), true);
    await putDeviceMinute(stores, ['old', 'os', '1'], at(-90));
    for (let n = 0; n < 30; n++) await putContentMinute(stores, `c${n}`, at(0));
    await putDeviceMinute(stores, ['new', 'os', '1'], at(0));
    await using view = await openCurrent(log, { lastWrites: 11 });
    expect(view.regions(ALL)).toMatchObject({ items: [{ region: 'quiet' }], complete: true });
    expect(view.devices(ALL)).toMatchObject({ items: [{ device_type: 'new' }], complete: false });
    expect(view.top({ ...HOUR, minutes: 1 })).toMatchObject({ contents: 10, complete: false });
  });

  it('is absent without the bucket, and current with an empty one', async () => {
    const base = new MemoryLog().client();
    await using absent = new RegionHealthView({ log: logWithout(base, ['region-health']), logger, retryMs: 1 });
    await until(() => absent.regionState === 'absent' && absent.recentState === 'absent');
    await putMarkers(storesOf(base));
    await using view = await openCurrent(base);
    expect(view.regions(ALL)).toEqual({ items: [], complete: true });
    expect(view.top(HOUR)).toEqual({ from: null, to: null, contents: 0, complete: true, items: [] });
    expect(view.newestContentMinute).toBeUndefined();
  });

  it('knows nothing of contents that were deleted (invariant 2)', async () => {
    const log = new MemoryLog().client();
    await putMarkers(storesOf(log));
    await putContentMinute(storesOf(log), 'a/b', at(0));
    await putContentMinute(storesOf(log), 'b', at(0));
    await using view = await openCurrent(log);
    expect(view.newestContentMinute).toBe(at(0));
    await purge(log, 'region-health', `${ownPartition('a/b')}.content.1m.a=2Fb.${compactTime(at(0))}`);
    await until(() => view.top(HOUR).contents === 1);
  });
});

describe('the top of contents', () => {
  const minute = fc.record({
    content: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    minute: fc.integer({ min: 0, max: 90 }),
    downloads: fc.integer({ min: 0, max: 9 }),
    failures: fc.integer({ min: 0, max: 3 }),
  });

  it('is a recount of the minutes as last written (invariant 2)', () => {
    const query = fc.record({
      by: fc.constantFrom('downloads' as const, 'failures' as const),
      minutes: fc.integer({ min: 1, max: TOP_MINUTES }),
      limit: fc.integer({ min: 1, max: 6 }),
    });
    fc.assert(
      fc.property(fc.array(minute), query, (writes, { by, minutes, limit }) => {
        const contents = new ContentMinutes(true);
        const last = new Map<string, (typeof writes)[number]>();
        let newest = -1;
        for (const write of writes) {
          apply(contents, write.content, write.minute, write.downloads + write.failures, write.failures);
          newest = Math.max(newest, write.minute);
          last.set(`${write.content} ${write.minute}`, write);
        }
        const totals = new Map<string, number>();
        for (const write of last.values()) {
          if (write.minute <= newest - minutes) continue;
          const value = by === 'failures' ? write.failures : write.downloads + write.failures;
          totals.set(write.content, (totals.get(write.content) ?? 0) + value);
        }
        const wanted = [...totals]
          .filter(([, value]) => value > 0)
          .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
          .slice(0, limit);
        const top = contents.top({ by, minutes, limit }, 0);
        expect(top.items.map((item) => [item.content_id, item[by]])).toEqual(wanted);
        expect(top.items.every((item) => item.successes + item.failures === item.downloads)).toBe(true);
        expect([top.contents, top.complete]).toEqual([totals.size, true]);
        if (newest >= 0) expect([top.from, top.to]).toEqual([at(newest - minutes + 1), at(newest + 1)]);
      }),
    );
  });

  it('is of the newest hour, and says when there was no room for all of it (invariants 2 and 3)', () => {
    const contents = new ContentMinutes(true, 4);
    for (const [content, start] of [
      ['a', 0],
      ['b', 0],
      ['a', 1],
      ['b', 1],
      ['a', 2],
    ] as const)
      apply(contents, content, start);
    const top = (minutes: number) => contents.top({ ...HOUR, minutes }, 0);
    expect([top(1).complete, top(2).complete, top(3).complete]).toEqual([true, true, false]);
    expect(top(60).items).toMatchObject([
      { content_id: 'a', downloads: 20 },
      { content_id: 'b', downloads: 10 },
    ]);
    apply(contents, 'a', 61); // minutes 0 and 1 are of another hour
    expect(top(60)).toMatchObject({ contents: 1, items: [{ downloads: 20 }], complete: true });
    apply(contents, 'z', 1);
    expect(top(60).contents).toBe(1);
  });

  it('counts a value once, however often it is written (invariant 3)', () => {
    const contents = new ContentMinutes(true, 2);
    for (const minute of [0, 1, 1, 0, 1]) apply(contents, 'a', minute);
    expect(contents.top({ ...HOUR, minutes: 2 }, 0)).toMatchObject({ items: [{ downloads: 20 }], complete: true });
  });

  it('does not vouch for minutes that may have been written to before the part that is read (invariant 2)', () => {
    const contents = new ContentMinutes(false);
    apply(contents, 'a', 0, 10, 0, 1_000_000);
    apply(contents, 'a', 1, 10, 0, 1_120_000); // two minutes later by the server's clock
    apply(contents, 'a', 2, 10, 0, 1_120_001);
    const top = (minutes: number) => contents.top({ ...HOUR, minutes }, 0);
    expect([top(1).complete, top(2).complete]).toEqual([true, false]);
  });

  it('leaves out what has expired', () => {
    const contents = new ContentMinutes(true);
    const value = { content_id: 'a', downloads: 3, failures: 1 };
    contents.apply('a', compactTime(at(0)), { value: { ...contentMinute('a', 0), ...value }, expiresMs: 500 }, 0);
    expect([contents.top(HOUR, 499).contents, contents.top(HOUR, 500).contents]).toEqual([1, 0]);
  });

  function contentMinute(content: string, start: number) {
    const bounds = { window_start: formatTime(at(start)), window_end: formatTime(at(start + 1)) };
    return { content_id: content, ...bounds, downloads: 0, successes: 0, failures: 0, revision: 0, final: true };
  }

  function apply(contents: ContentMinutes, content: string, start: number, downloads = 10, failures = 0, storedMs = 0) {
    const value = { ...contentMinute(content, start), downloads, successes: downloads - failures, failures };
    contents.apply(content, compactTime(at(start)), { value, expiresMs: Number.POSITIVE_INFINITY }, storedMs);
  }
});
