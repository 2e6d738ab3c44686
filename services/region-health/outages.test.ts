import { describe, expect, test } from 'vitest';
import type { Alert } from '../../shared/alerts/alert.ts';
import { MINUTE, START } from './_downloads.ts';
import { CONDITIONS, type Verdict } from './conditions.ts';
import { DEFAULT_REGION_HEALTH as OPTIONS } from './options.ts';
import { findAlerts, type RegionMinute } from './outages.ts';
import { createTally, type Tally } from './tally.ts';

const DAY = 24 * 60 * MINUTE;

function tally(successes: number, failures: number, mbps = 50): Tally {
  const events = successes + failures;
  return { ...createTally(), events, successes, speeds: events, speedSum: events * mbps * 1_000 };
}

const GOOD = tally(100, 0);
const BAD = tally(85, 15);
const WORSE = tally(70, 30);
const FEW = tally(0, 19);

function condition(type: string) {
  const found = CONDITIONS.find((each) => each.type === type);
  if (!found) throw new Error(`no condition ${type}`);
  return found;
}

function alertsOf(minutes: readonly RegionMinute[], run?: Alert): Alert[] {
  return findAlerts('eu', condition('low_success_rate'), OPTIONS, run, minutes);
}

function minutes(...tallies: Tally[]): RegionMinute[] {
  return tallies.map((each, n) => ({ start: START + n * MINUTE, tally: each }));
}

describe('a minute', () => {
  const level = (verdict: Verdict) => (typeof verdict === 'string' ? verdict : verdict.details.level);

  test.each([
    ['low_success_rate', tally(90, 10), 'healthy'],
    ['low_success_rate', tally(89, 11), 'WARNING'],
    ['low_success_rate', tally(80, 20), 'WARNING'],
    ['low_success_rate', tally(79, 21), 'CRITICAL'],
    ['low_success_rate', tally(0, 20), 'CRITICAL'],
    ['low_success_rate', tally(0, 19), 'unknown'],
    ['high_error_rate', tally(90, 10), 'healthy'],
    ['high_error_rate', tally(89, 11), 'WARNING'],
    ['high_error_rate', tally(0, 19), 'unknown'],
    ['low_speed', tally(20, 0, 10), 'healthy'],
    ['low_speed', tally(20, 0, 9.999), 'WARNING'],
    ['low_speed', { ...tally(20, 0, 1), speeds: 19, speedSum: 1 }, 'unknown'],
  ])('%s of %o is %s', (type, each, expected) => {
    expect(level(condition(type).judge(each, OPTIONS))).toBe(expected);
  });
});

describe('a run of bad minutes', () => {
  test('is one alert, with all that a reader needs', () => {
    expect(alertsOf(minutes(GOOD, BAD, WORSE, BAD))).toEqual([
      {
        alert_id: 'eu-low_success_rate-20240601T100100Z',
        anomaly_type: 'low_success_rate',
        region: 'eu',
        severity: 'critical',
        description: 'Success rate 70 %, under 80 %, in region eu',
        timestamp: '2024-06-01T10:02:00Z',
        details: {
          level: 'CRITICAL',
          threshold: 0.8,
          events: 100,
          failures: 30,
          success_rate: 0.7,
          avg_speed_mbps: 50,
          speed_samples: 100,
          window_start: '2024-06-01T10:02:00Z',
        },
        count: 3,
        first: '2024-06-01T10:01:00Z',
        last: '2024-06-01T10:03:00Z',
        occurrences: [1, 2, 3].map((n) => [START + n * MINUTE, `20240601T100${n}00Z`]),
      },
    ]);
  });

  test('ends with the first minute that is well, and the next one is another', () => {
    expect(alertsOf(minutes(BAD, GOOD, BAD))).toMatchObject([
      { first: '2024-06-01T10:00:00Z', count: 1, resolved: '2024-06-01T10:01:00Z', severity: 'medium' },
      { first: '2024-06-01T10:02:00Z', count: 1 },
    ]);
    expect(alertsOf(minutes(BAD, GOOD, BAD)).at(-1)).not.toHaveProperty('resolved');
  });

  test('is neither ended nor added to by minutes with too few downloads, or none', () => {
    const [first, second, third] = minutes(BAD, FEW, BAD, GOOD);
    const much = [{ start: START + 60 * MINUTE, tally: GOOD }];
    expect(alertsOf([first, second, third, ...much].filter((each) => each !== undefined))).toMatchObject([
      { count: 2, last: '2024-06-01T10:02:00Z', resolved: '2024-06-01T11:00:00Z' },
    ]);
  });

  test('names the first twenty minutes only', () => {
    const [alert] = alertsOf(minutes(...Array<Tally>(30).fill(BAD)));
    expect(alert?.count).toBe(30);
    expect(alert?.occurrences).toHaveLength(20);
  });

  test('goes on from a run, and is then what it would have been without the cut (invariant 1)', () => {
    const all = minutes(GOOD, BAD, WORSE, FEW, BAD, GOOD, BAD);
    for (let cut = 0; cut <= all.length; cut++) {
      const before = alertsOf(all.slice(0, cut));
      const run = before.find(({ resolved }) => resolved === undefined);
      const over = before.filter((alert) => alert !== run);
      expect([...over, ...alertsOf(all.slice(cut), run)]).toEqual(alertsOf(all));
    }
  });

  test('does not go on after thirty days in which nothing could be told (invariant 2)', () => {
    const late = (tally: Tally, ms: number) => [...minutes(BAD), { start: START + ms, tally }];
    expect(alertsOf(late(BAD, 30 * DAY - MINUTE))).toHaveLength(1);
    expect(alertsOf(late(BAD, 30 * DAY))).toMatchObject([{ count: 1 }, { count: 1 }]);
    expect(alertsOf(late(GOOD, 30 * DAY))[0]).not.toHaveProperty('resolved');
  });

  test('of downloads without a region says so', () => {
    const [alert] = findAlerts('', condition('low_speed'), OPTIONS, undefined, minutes(tally(20, 0, 2)));
    expect(alert).toMatchObject({
      alert_id: '=-low_speed-20240601T100000Z',
      region: '',
      description: 'Average speed 2 Mbit/s, under 10 Mbit/s, in downloads without a region',
    });
  });
});
