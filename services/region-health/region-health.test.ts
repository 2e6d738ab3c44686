import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compactTime, formatTime } from '../../shared/event-time/time-text.ts';
import { encodeId } from '../../shared/events/id.ts';
import type { DownloadEvent } from '../../shared/events/download.ts';
import { partitionName, partitionOf } from '../../shared/events/partition.ts';
import { checkLaw } from '../../shared/testing/law.ts';
import { type Outcome, runStages } from '../../shared/testing/stage-harness.ts';
import { combineRegionHealth } from './combine.ts';
import {
  advance,
  data,
  download,
  generateDownloads,
  MINUTE,
  progress,
  retraction,
  START,
  toSteps,
} from './_downloads.ts';
import { readRegionHealthOptions } from './main.ts';
import { DEFAULT_REGION_HEALTH } from './options.ts';
import { regionHealth } from './region-health.ts';

const STAGES = [regionHealth(), combineRegionHealth()];
const BOUND = 10_000;

function contentKey(content: string, start: number): string {
  return `${partitionName(partitionOf(content))}.content.1m.${encodeId(content)}.${compactTime(start)}`;
}

function value(outcome: Outcome, key: string): unknown {
  return JSON.parse(outcome.results.get(key) ?? 'null');
}

/** Minutes, without alerts and the latest ones. */
function minutesIn({ results }: Outcome): Map<string, object> {
  const isMinute = (key: string) => /\.(content|region|device)\.1m\./.test(key);
  return new Map([...results].filter(([key]) => isMinute(key)).map(([key, text]) => [key, JSON.parse(text) as object]));
}

describe('one minute', () => {
  const steps = [
    data(
      download(30, 'c-1', { seconds: 2.5, mbps: 80.1 }),
      download(0, 'c-1', { status: 'FAILED' }), // out of order, and nothing was measured
      download(59.999, 'c-2', { seconds: 1.0005, mbps: 20.2 }),
      download(10, 'c-1', { region: 'us', device: 'tv', os: '', osVersion: '', mbps: 7 }),
      download(60, 'c-1', { region: 'us' }),
    ),
    progress(60),
  ];

  test('by hand: contents', () => {
    const outcome = checkLaw(STAGES, steps);
    expect(outcome.results.get(contentKey('c-1', START))).toBe(
      '{"content_id":"c-1","window_start":"2024-06-01T10:00:00Z","window_end":"2024-06-01T10:01:00Z",' +
        '"downloads":3,"successes":2,"failures":1,"revision":0,"final":true}',
    );
    expect(value(outcome, contentKey('c-2', START))).toMatchObject({ downloads: 1, successes: 1, failures: 0 });
    expect(value(outcome, contentKey('c-1', START + MINUTE))).toMatchObject({ downloads: 1, final: false });
  });

  test('by hand: regions, over contents of different partitions, and the latest of each', () => {
    expect(partitionOf('c-1')).not.toBe(partitionOf('c-2'));
    const outcome = checkLaw(STAGES, steps);
    const eu =
      '{"region":"eu","window_start":"2024-06-01T10:00:00Z","window_end":"2024-06-01T10:01:00Z","events":3,' +
      '"success_rate":0.6667,"avg_speed_mbps":50.15,"avg_duration_seconds":1.751,"successes":2,"failures":1,' +
      '"revision":0,"final":true}';
    expect(outcome.results.get('all.region.1m.eu.20240601T100000Z')).toBe(eu);
    expect(outcome.results.get('all.region.latest.eu')).toBe(eu);
    expect(value(outcome, 'all.region.1m.us.20240601T100000Z')).toMatchObject({
      events: 1,
      avg_speed_mbps: 7,
      avg_duration_seconds: null,
    });
    expect(value(outcome, 'all.region.latest.us')).toMatchObject({
      window_start: '2024-06-01T10:01:00Z',
      avg_speed_mbps: null,
      final: false,
    });
  });

  test('by hand: devices, with what they do not say of themselves empty', () => {
    const outcome = checkLaw(STAGES, steps);
    expect(outcome.results.get('all.device.1m.mobile.android.14=2E1.20240601T100000Z')).toBe(
      '{"device_type":"mobile","os":"android","os_version":"14.1","window_start":"2024-06-01T10:00:00Z",' +
        '"window_end":"2024-06-01T10:01:00Z","events":3,"success_rate":0.6667,"avg_speed_mbps":50.15,' +
        '"successes":2,"failures":1,"revision":0,"final":true}',
    );
    expect(value(outcome, 'all.device.1m.tv.=.=.20240601T100000Z')).toMatchObject({
      os: '',
      os_version: '',
      events: 1,
    });
  });

  test('is live until every partition has passed its end', () => {
    const live = runStages(STAGES, [data(download(5, 'c-1'), download(50, 'c-2')), progress(59)]);
    expect(value(live, contentKey('c-1', START))).toMatchObject({ downloads: 1, final: false });
    expect(value(live, 'all.region.1m.eu.20240601T100000Z')).toMatchObject({ events: 2, final: false });
    expect(value(live, 'all.region.latest.eu')).toMatchObject({ events: 2, final: false });
  });

  test('the latest of a region is not replaced by a late one, but by its own revision', () => {
    const at = (seconds: number) => download(seconds, 'c-1');
    const two = [data(at(0)), progress(60), data(at(70)), progress(120)];
    expect(value(checkLaw(STAGES, [...two, data(at(1))]), 'all.region.latest.eu')).toMatchObject({
      window_start: '2024-06-01T10:01:00Z',
      revision: 0,
    });
    expect(value(checkLaw(STAGES, [...two, data(at(71))]), 'all.region.latest.eu')).toMatchObject({ revision: 1 });
  });

  test('a record that came twice is two downloads, and a correction is none', () => {
    const [twice, wrong] = [download(1, 'c-1'), download(2, 'c-1', { mbps: 500, seconds: 1 })];
    const outcome = checkLaw(STAGES, [
      data(twice, twice, wrong),
      data(retraction(wrong), { ...wrong, region: 'us', status: 'FAILED' as const }),
      progress(60),
    ]);
    expect(value(outcome, contentKey('c-1', START))).toMatchObject({ downloads: 3, failures: 1 });
    expect(value(outcome, 'all.region.1m.eu.20240601T100000Z')).toMatchObject({ events: 2, avg_speed_mbps: null });
    expect(value(outcome, 'all.region.1m.us.20240601T100000Z')).toMatchObject({ events: 1, success_rate: 0 });
  });

  test('with everything taken back is empty, and says so', () => {
    const only = download(1, 'c-1', { mbps: 5 });
    const outcome = checkLaw(STAGES, [data(only, retraction(only)), progress(60)]);
    expect(value(outcome, 'all.region.1m.eu.20240601T100000Z')).toMatchObject({ events: 0, success_rate: null });
    expect(value(outcome, contentKey('c-1', START))).toMatchObject({ downloads: 0 });
  });
});

describe('late downloads', () => {
  test('within the lateness a minute fires again with a higher revision; later they go to LATE', () => {
    const outcome = checkLaw(STAGES, [
      data(download(0, 'c-1')),
      progress(60),
      data(download(1, 'c-1', { status: 'FAILED' }), download(1, 'c-2')),
      progress(359),
      data(download(2, 'c-1')),
      progress(360),
      data(download(3, 'c-1')),
    ]);
    expect(value(outcome, contentKey('c-1', START))).toMatchObject({
      downloads: 3,
      failures: 1,
      revision: 2,
      final: true,
    });
    expect(value(outcome, contentKey('c-2', START))).toMatchObject({ downloads: 1, revision: 1, final: true });
    expect(value(outcome, 'all.region.1m.eu.20240601T100000Z')).toMatchObject({ events: 4, revision: 3, final: true });
    expect(outcome.late.map((text) => JSON.parse(text))).toMatchObject([
      {
        reason: 'too late for its minute',
        event: { id: 'c-1-3' },
        window: { start: START, end: START + MINUTE },
        watermark: START + 360_000 - 1,
      },
    ]);
  });

  test('a retraction of a download that was never counted changes nothing and is reported', () => {
    const [counted, measured] = [download(1, 'c-1'), download(1, 'c-1', { mbps: 3 })];
    const outcome = checkLaw(STAGES, [
      data(counted),
      data(
        retraction(measured),
        retraction({ ...counted, status: 'FAILED' }),
        retraction({ ...counted, region: 'us' }),
        retraction({ ...counted, k: 'c-9' }),
        retraction({ ...counted, osVersion: '99' }),
      ),
      progress(60),
    ]);
    expect([...minutesIn(outcome).keys()].sort()).toEqual([
      'all.device.1m.mobile.android.14=2E1.20240601T100000Z',
      'all.region.1m.eu.20240601T100000Z',
      contentKey('c-1', START),
    ]);
    expect(value(outcome, contentKey('c-1', START))).toMatchObject({ downloads: 1 });
    expect(outcome.late).toHaveLength(5);
  });
});

/** The definition, read literally, over what is left when retractions have taken back what they name. */
function recount(events: readonly DownloadEvent[]): Map<string, object> {
  const standing: DownloadEvent[] = [];
  for (const event of events) {
    if (!event.retract) standing.push(event);
    else
      standing.splice(
        standing.findLastIndex(({ id }) => id === event.id),
        1,
      );
  }
  const expected = new Map<string, object>();
  const group = (key: (event: DownloadEvent, start: string) => string, describe: (held: DownloadEvent[]) => object) => {
    const groups = Map.groupBy(standing, (event) => key(event, compactTime(event.t - (event.t % MINUTE))));
    for (const [name, held] of groups) {
      const t = held[0]?.t ?? 0;
      const successes = held.filter(({ status }) => status === 'SUCCESS').length;
      const window_start = formatTime(t - (t % MINUTE));
      const common = { window_start, successes, failures: held.length - successes, revision: 0, final: true };
      expected.set(name, { ...common, ...describe(held) });
    }
  };
  const mean = (values: (number | undefined)[]) => {
    const known = values.filter((each) => each !== undefined);
    const thousandths = known.reduce((sum, each) => sum + Number(each.toFixed(3).replace('.', '')), 0);
    return known.length === 0 ? null : Math.round(thousandths / known.length) / 1_000;
  };
  const rates = (held: DownloadEvent[]) => ({
    events: held.length,
    success_rate:
      Math.round((held.filter(({ status }) => status === 'SUCCESS').length / held.length) * 10_000) / 10_000,
    avg_speed_mbps: mean(held.map(({ mbps }) => mbps)),
  });
  group(
    ({ k, t }) => contentKey(k, t - (t % MINUTE)),
    (held) => ({ content_id: held[0]?.k, downloads: held.length }),
  );
  group(
    ({ region }, start) => `all.region.1m.${encodeId(region)}.${start}`,
    (held) => ({
      region: held[0]?.region,
      ...rates(held),
      avg_duration_seconds: mean(held.map(({ seconds }) => seconds)),
    }),
  );
  group(
    ({ device, os, osVersion }, start) => `all.device.1m.${[device, os, osVersion].map(encodeId).join('.')}.${start}`,
    (held) => ({ device_type: held[0]?.device, os: held[0]?.os, os_version: held[0]?.osVersion, ...rates(held) }),
  );
  return expected;
}

test('final minutes equal a recount, for any downloads, corrections, disorder within the bound, cuts and crashes', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 30 }), (seed, parts, batch) => {
      const events = generateDownloads({ seed, downloads: 120, minutes: 6, disorderMs: BOUND - 1, changed: 0.1 });
      const steps = [...toSteps(events, parts, batch, BOUND), ...advance(parts, 30 * MINUTE)];
      const outcome = checkLaw(STAGES, steps);
      const isEmpty = (minute: object) =>
        'events' in minute ? minute.events === 0 : 'downloads' in minute && minute.downloads === 0;
      const minutes = new Map([...minutesIn(outcome)].filter(([, minute]) => !isEmpty(minute))); // all taken back
      const expected = recount(events);
      expect([...minutes.keys()].sort()).toEqual([...expected.keys()].sort());
      for (const [key, minute] of expected) expect(minutes.get(key)).toMatchObject(minute);
      expect(outcome.late).toEqual([]);
    }),
    { numRuns: 8 },
  );
});

test('state is bounded by event time, in both stages', () => {
  const events = generateDownloads({ seed: 3, downloads: 300, minutes: 30, disorderMs: 0, changed: 0 });
  const outcome = runStages(STAGES, [...toSteps(events, 1, 10, 0), ...advance(1, 60 * MINUTE)]);
  const isRun = (key: string) => key.startsWith('all.run.');
  expect([...outcome.state.keys()].filter((key) => !isRun(key))).toEqual([]);
});

describe('options', () => {
  test('come from the environment', () => {
    expect(readRegionHealthOptions({})).toEqual(DEFAULT_REGION_HEALTH);
    const env = {
      WEIR_REGION_LATENESS_SECONDS: '60',
      WEIR_REGION_RETENTION_DAYS: '7',
      WEIR_REGION_MIN_SAMPLES: '5',
      WEIR_REGION_WARNING_SUCCESS_RATE: '0.95',
      WEIR_REGION_CRITICAL_SUCCESS_RATE: '0.5',
      WEIR_REGION_MIN_SPEED_MBPS: '2.5',
      WEIR_REGION_MAX_ERROR_RATE: '0.2',
    };
    expect(readRegionHealthOptions(env)).toEqual({
      latenessMs: MINUTE,
      retentionMs: 7 * 24 * 60 * MINUTE,
      minSamples: 5,
      warningSuccessRate: 0.95,
      criticalSuccessRate: 0.5,
      minSpeedMbps: 2.5,
      maxErrorRate: 0.2,
    });
  });

  test.each([
    ['WEIR_REGION_MIN_SAMPLES', '0', 'expected a whole number from 1'],
    ['WEIR_REGION_WARNING_SUCCESS_RATE', '90', 'expected a number from 0 to 1'],
    ['WEIR_REGION_MIN_SPEED_MBPS', 'fast', 'expected a number from 0'],
  ])('%s="%s" is refused', (name, text, message) => {
    expect(() => readRegionHealthOptions({ [name]: text })).toThrow(`Cannot use ${name}="${text}": ${message}`);
  });

  test('that contradict themselves are refused by both stages', () => {
    const options = { ...DEFAULT_REGION_HEALTH, criticalSuccessRate: 0.95 };
    for (const stage of [regionHealth, combineRegionHealth])
      expect(() => stage(options)).toThrow(
        'Cannot use "0.95" as criticalSuccessRate: it is over warningSuccessRate "0.9"',
      );
    expect(() => regionHealth({ ...DEFAULT_REGION_HEALTH, latenessMs: -1 })).toThrow('Cannot use "-1" as latenessMs');
    expect(() => regionHealth({ ...DEFAULT_REGION_HEALTH, maxErrorRate: Number.NaN })).toThrow('as maxErrorRate');
  });
});
