/** Minutes of regions and devices as KV shows them. */
import { formatTime } from '../../shared/event-time/time-text.ts';
import { MINUTE_MS } from './panes.ts';
import { averageDuration, averageSpeed, successRate, type Tally } from './tally.ts';

export interface RegionMinuteValue {
  readonly region: string;
  readonly window_start: string;
  readonly window_end: string;
  readonly events: number;
  /** 0 to 1, four decimals; null: every download was taken back. */
  readonly success_rate: number | null;
  /** Three decimals; null: none was measured. */
  readonly avg_speed_mbps: number | null;
  readonly avg_duration_seconds: number | null;
  readonly successes: number;
  readonly failures: number;
  /** Downloads taken after the minute fired. */
  readonly revision: number;
  readonly final: boolean;
}

export interface DeviceMinuteValue {
  readonly device_type: string;
  readonly os: string;
  readonly os_version: string;
  readonly window_start: string;
  readonly window_end: string;
  readonly events: number;
  readonly success_rate: number | null;
  readonly avg_speed_mbps: number | null;
  readonly successes: number;
  readonly failures: number;
  readonly revision: number;
  readonly final: boolean;
}

/** Which region or device, and which minute. */
export interface MinuteOf {
  readonly start: number;
  readonly names: readonly string[];
}

export function regionMinute(
  { start, names: [region = ''] }: MinuteOf,
  tally: Tally,
  final: boolean,
): RegionMinuteValue {
  return {
    region,
    ...bounds(start),
    events: tally.events,
    success_rate: successRate(tally),
    avg_speed_mbps: averageSpeed(tally),
    avg_duration_seconds: averageDuration(tally),
    ...outcomes(tally),
    final,
  };
}

export function deviceMinute({ start, names }: MinuteOf, tally: Tally, final: boolean): DeviceMinuteValue {
  const [device_type = '', os = '', os_version = ''] = names;
  return {
    device_type,
    os,
    os_version,
    ...bounds(start),
    events: tally.events,
    success_rate: successRate(tally),
    avg_speed_mbps: averageSpeed(tally),
    ...outcomes(tally),
    final,
  };
}

function bounds(start: number) {
  return { window_start: formatTime(start), window_end: formatTime(start + MINUTE_MS) };
}

function outcomes({ events, successes, late }: Tally) {
  return { successes, failures: events - successes, revision: late };
}
