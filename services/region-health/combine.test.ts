import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Alert } from '../../shared/alerts/alert.ts';
import { encodeId } from '../../shared/events/id.ts';
import type { DownloadEvent } from '../../shared/events/download.ts';
import { checkLaw } from '../../shared/testing/law.ts';
import type { Outcome, Step } from '../../shared/testing/stage-harness.ts';
import { advance, data, download, generateDownloads, MINUTE, progress, retraction, toSteps } from './_downloads.ts';
import { combineRegionHealth } from './combine.ts';
import { DEFAULT_REGION_HEALTH } from './options.ts';
import { regionHealth } from './region-health.ts';

const OPTIONS = { ...DEFAULT_REGION_HEALTH, minSamples: 4 };
const STAGES = [regionHealth(OPTIONS), combineRegionHealth(OPTIONS)];

/** Downloads of one region in one minute, over contents of many partitions. */
function minute(
  at: number,
  successes: number,
  failures: number,
  rest: Partial<DownloadEvent> = {},
): Step<DownloadEvent> {
  const downloads = Array.from({ length: successes + failures }, (_, n) =>
    download(at * 60 + n, `c-${n}`, { status: n < successes ? 'SUCCESS' : 'FAILED', mbps: 50, ...rest }),
  );
  return data(...downloads);
}

function alertsIn({ results }: Outcome): Map<string, Alert> {
  const alerts = [...results].filter(([key]) => key.startsWith('all.alert.')).sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(alerts.map(([key, text]) => [key, JSON.parse(text) as Alert]));
}

function shortly(outcome: Outcome): string[] {
  return Array.from(
    alertsIn(outcome),
    ([key, { severity, count, resolved }]) =>
      `${key.slice('all.alert.'.length)} ${severity} ${count} ${resolved?.slice(11, 16) ?? '-'}`,
  );
}

describe('alerts of a region', () => {
  test('begin with a bad minute, go on as one, and end with the next one that is well', () => {
    const outcome = checkLaw(STAGES, [
      minute(0, 10, 0),
      minute(1, 8, 2),
      minute(2, 7, 3),
      minute(3, 10, 0),
      minute(4, 17, 3),
      progress(360),
    ]);
    expect(shortly(outcome)).toEqual([
      'eu.high_error_rate.20240601T100100Z medium 2 10:03',
      'eu.high_error_rate.20240601T100400Z medium 1 -',
      'eu.low_success_rate.20240601T100100Z critical 2 10:03',
      'eu.low_success_rate.20240601T100400Z medium 1 -',
    ]);
  });

  test('are raised at the end of the minute, not before', () => {
    const live = [minute(0, 0, 10), progress(59)];
    expect(shortly(checkLaw(STAGES, live))).toEqual([]);
    expect(shortly(checkLaw(STAGES, [...live, progress(60)]))).toHaveLength(2);
  });

  test('come for low speed, and for one region do not tell of another', () => {
    const outcome = checkLaw(STAGES, [
      minute(0, 5, 0, { mbps: 9.9, region: 'us.east' }),
      minute(0, 5, 0),
      progress(60),
    ]);
    expect(shortly(outcome)).toEqual(['us=2Eeast.low_speed.20240601T100000Z medium 1 -']);
  });

  test('do not come for a failed download or two, nor are they resolved by one that worked', () => {
    expect(shortly(checkLaw(STAGES, [minute(0, 0, 3), progress(60)]))).toEqual([]);
    const outcome = checkLaw(STAGES, [
      minute(0, 0, 5),
      minute(1, 1, 0),
      progress(600),
      minute(11, 5, 0),
      progress(800),
    ]);
    expect(shortly(outcome)).toEqual([
      'eu.high_error_rate.20240601T100000Z medium 1 10:11',
      'eu.low_success_rate.20240601T100000Z critical 1 10:11',
    ]);
  });

  test('go on over many bad minutes, and through a restart after each of them', () => {
    const steps = Array.from({ length: 25 }, (_, at) => [minute(at, 3, 2), progress((at + 1) * 60)]).flat();
    const alerts = alertsIn(checkLaw(STAGES, steps));
    expect([...alerts.values()].map(({ count, first, last }) => [count, first, last])).toEqual(
      Array(2).fill([25, '2024-06-01T10:00:00Z', '2024-06-01T10:24:00Z']),
    );
  });
});

test('an outage that nobody has heard of for thirty days is followed no more; its alert stays', () => {
  const runsAfter = (days: number) => {
    const at = days * 24 * 60;
    const other = minute(at, 1, 0, { region: 'us' });
    const outcome = checkLaw(STAGES, [minute(0, 0, 10), progress(60), other, progress((at + 10) * 60)]);
    expect(shortly(outcome)).toHaveLength(2);
    return [...outcome.state.keys()].filter((key) => key.startsWith('all.run.'));
  };
  expect(runsAfter(29)).toHaveLength(2);
  expect(runsAfter(31)).toEqual([]);
});

test('the outage after one that was forgotten goes on as one', () => {
  const at = 31 * 24 * 60;
  const later = [minute(at, 0, 10), progress((at + 10) * 60), minute(at + 11, 0, 10), progress((at + 20) * 60)];
  const outcome = checkLaw(STAGES, [minute(0, 0, 10), progress(60), ...later]);
  expect(shortly(outcome).filter((line) => line.includes('low_success_rate'))).toEqual([
    'eu.low_success_rate.20240601T100000Z critical 1 -',
    'eu.low_success_rate.20240702T100000Z critical 2 -',
  ]);
});

describe('downloads that come late or out of order', () => {
  const three = [minute(0, 10, 0), minute(1, 6, 4), minute(2, 10, 0), progress(180)];
  const rate = (outcome: Outcome) => shortly(outcome).filter((line) => line.includes('low_success_rate'));

  test('take an alert back when its minute was well after all', () => {
    expect(rate(checkLaw(STAGES, three))).toEqual(['eu.low_success_rate.20240601T100100Z critical 1 10:02']);
    const outcome = checkLaw(STAGES, [...three, minute(1, 40, 0, { k: 'late' })]);
    expect(shortly(outcome)).toEqual([]);
  });

  test('join two runs, or bring one forward', () => {
    const outcome = checkLaw(STAGES, [...three, minute(3, 5, 5), progress(240), minute(2, 0, 5), minute(0, 0, 5)]);
    expect(rate(outcome)).toEqual(['eu.low_success_rate.20240601T100000Z critical 4 -']);
  });

  test('that came in any order are settled in the order of their minutes', () => {
    const steps = [minute(2, 10, 0), minute(1, 0, 10), progress(10 * 60), minute(11, 0, 10), progress(12 * 60)];
    expect(rate(checkLaw(STAGES, steps))).toEqual([
      'eu.low_success_rate.20240601T100100Z critical 1 10:02',
      'eu.low_success_rate.20240601T101100Z critical 1 -',
    ]);
  });

  test('raise and correct alerts when downloads are taken back', () => {
    const good = Array.from({ length: 4 }, (_, n) => download(60 + n, `c-${n}`, { status: 'SUCCESS', mbps: 50 }));
    const outcome = checkLaw(STAGES, [...three, data(...good.map(retraction))]);
    expect(alertsIn(outcome).get('all.alert.eu.low_success_rate.20240601T100100Z')?.details).toMatchObject({
      events: 6,
      failures: 4,
    });
  });

  test('do not touch an alert whose minutes are settled', () => {
    const outcome = checkLaw(STAGES, [...three, progress(8 * 60), minute(1, 40, 0, { k: 'late' }), progress(9 * 60)]);
    expect(rate(outcome)).toEqual(['eu.low_success_rate.20240601T100100Z critical 1 10:02']);
    expect(outcome.late).toHaveLength(40);
  });
});

/** Alerts read literally off the final minutes: a state machine over all of them at once. */
function expectedAlerts(outcome: Outcome): string[] {
  const regions = new Map<string, { at: string; events: number; successes: number; speed: number | null }[]>();
  for (const [key, text] of outcome.results) {
    if (!key.startsWith('all.region.1m.')) continue;
    const { region, window_start, events, successes, avg_speed_mbps } = JSON.parse(text);
    const list = regions.get(region) ?? [];
    regions.set(region, [...list, { at: window_start, events, successes, speed: avg_speed_mbps }]);
  }
  const lines: string[] = [];
  for (const [region, list] of regions) {
    const told = list.filter(({ events }) => events >= OPTIONS.minSamples).sort((a, b) => (a.at < b.at ? -1 : 1));
    const check = (type: string, severityOf: (each: (typeof told)[number]) => string | undefined) => {
      let run: { first: string; worst: string; count: number } | undefined;
      const close = (resolved: string) => {
        if (run) {
          const first = run.first.replace(/[-:]/g, '');
          lines.push(`${encodeId(region)}.${type}.${first} ${run.worst} ${run.count} ${resolved}`);
        }
        run = undefined;
      };
      for (const each of told) {
        const severity = severityOf(each);
        if (severity === undefined) close(each.at.slice(11, 16));
        else {
          run ??= { first: each.at, worst: severity, count: 0 };
          run.count++;
          if (severity === 'critical') run.worst = severity;
        }
      }
      close('-');
    };
    check('low_success_rate', ({ events, successes }) => {
      const rate = successes / events;
      return rate >= 0.9 ? undefined : rate < 0.8 ? 'critical' : 'medium';
    });
    check('high_error_rate', ({ events, successes }) => ((events - successes) / events > 0.1 ? 'medium' : undefined));
  }
  return lines.sort();
}

test('alerts follow from the final minutes, however late, and under any cuts and crashes', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 20 }), (seed, parts, batch) => {
      // Up to six minutes late: most minutes fire again, some downloads are too late.
      const events = generateDownloads({ seed, downloads: 130, minutes: 12, disorderMs: 6 * MINUTE, changed: 0.1 });
      const outcome = checkLaw(STAGES, [...toSteps(events, parts, batch, 1_000), ...advance(parts, 40 * MINUTE)]);
      const rates = shortly(outcome).filter((line) => !line.includes('low_speed'));
      expect(rates.sort()).toEqual(expectedAlerts(outcome));
    }),
    { numRuns: 6 },
  );
});
