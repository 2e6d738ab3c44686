/**
 * Alerts of regions: a run of minutes in which a region is not well is one alert, from its first such minute until
 * the next one in which it is well again.
 *
 *   minutes   well | bad  bad  -  bad | well       -: too few downloads to tell, or none: says nothing
 *   alert            first      last    resolved
 *
 * A minute may change while it takes late downloads, so alerts over such minutes are not added to but found anew: from
 * the run that stood when the last settled minute ended, over the minutes since. So the alerts depend on the minutes'
 * last values only. A late download can bring an alert forward, or take it back.
 *
 * Invariants (outages.test.ts):
 * 1. The alerts equal those found from all minutes at once, whenever and however often minutes changed before.
 * 2. A run without a bad minute for as long as readers keep an alert (30 days) goes on no more.
 * 3. A region is in one alert of a type at a time; its minutes are consecutive among those that say something.
 */
import { type Alert, type Severity, SEVERITIES } from '../../shared/alerts/alert.ts';
import { compactTime, formatTime } from '../../shared/event-time/time-text.ts';
import { encodeId } from '../../shared/events/id.ts';
import type { Condition, Finding } from './conditions.ts';
import type { RegionHealthOptions } from './options.ts';
import type { Tally } from './tally.ts';

/** Minutes named in an alert. */
const KEPT = 20;
const FORGET_MS = 30 * 24 * 3_600_000;

export interface RegionMinute {
  /** ms. */
  readonly start: number;
  readonly tally: Tally;
}

/** What follows from one more minute: the run that goes on, and the alert that is over. */
export interface Step {
  readonly run: Alert | undefined;
  readonly over: Alert | undefined;
}

/** The key of an alert in its table. */
export function alertKey(region: string, type: string, firstMs: number): string {
  return `${encodeId(region)}.${encodeId(type)}.${compactTime(firstMs)}`;
}

/** All alerts over these minutes (ascending), oldest first; the last one may go on. */
export function findAlerts(
  region: string,
  condition: Condition,
  options: RegionHealthOptions,
  run: Alert | undefined,
  minutes: readonly RegionMinute[],
): Alert[] {
  const alerts: Alert[] = [];
  let going = run;
  for (const minute of minutes) {
    const step = goOn(region, condition, options, going, minute);
    if (step.over) alerts.push(step.over);
    going = step.run;
  }
  return going ? [...alerts, going] : alerts;
}

export function goOn(
  region: string,
  condition: Condition,
  options: RegionHealthOptions,
  run: Alert | undefined,
  { start, tally }: RegionMinute,
): Step {
  const verdict = condition.judge(tally, options);
  if (verdict === 'unknown') return { run, over: undefined };
  if (run && start >= forgottenFrom(run)) {
    return { run: verdict === 'healthy' ? undefined : raise(region, condition, start, verdict), over: run };
  }
  if (verdict === 'healthy') return { run: undefined, over: run && { ...run, resolved: formatTime(start) } };
  return { run: run ? extend(run, start, verdict) : raise(region, condition, start, verdict), over: undefined };
}

/** From this minute on (ms) nothing is added to a run that nobody has heard of for so long: readers have it no more. */
export function forgottenFrom(run: Alert): number {
  return Date.parse(run.last) + FORGET_MS;
}

function raise(region: string, { type }: Condition, start: number, finding: Finding): Alert {
  const time = formatTime(start);
  return {
    alert_id: alertKey(region, type, start).replaceAll('.', '-'),
    anomaly_type: type,
    region,
    ...shown(region, start, finding),
    count: 1,
    first: time,
    last: time,
    occurrences: [[start, compactTime(start)]],
  };
}

function extend(run: Alert, start: number, finding: Finding): Alert {
  const isWorse = rank(finding.severity) > rank(run.severity);
  return {
    ...run,
    ...(isWorse ? shown(run.region ?? '', start, finding) : {}),
    count: run.count + 1,
    last: formatTime(start),
    occurrences: run.occurrences.length < KEPT ? [...run.occurrences, [start, compactTime(start)]] : run.occurrences,
  };
}

function shown(
  region: string,
  start: number,
  { severity, what, details }: Finding,
): Pick<Alert, 'severity' | 'description' | 'timestamp' | 'details'> {
  const timestamp = formatTime(start);
  const where = region === '' ? 'downloads without a region' : `region ${region}`;
  return { severity, description: `${what}, in ${where}`, timestamp, details: { ...details, window_start: timestamp } };
}

function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}
