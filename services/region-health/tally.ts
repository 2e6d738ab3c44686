/**
 * Counts and averages of downloads: of one content, one region or one kind of device, in one minute.
 *
 * Measurements are added as whole numbers (speeds in kbit/s, durations in ms: three decimals of what was measured), so
 * a sum, and with it an average, does not depend on the order of adding. An average is rounded to three decimals, halves up;
 * a success rate to four. A measurement over `MAX_MEASURED` is taken for none: a sum of nine million of them is exact.
 *
 * Invariants (tally.test.ts):
 * 1. A tally depends on the downloads in it, not on the order of counting, merging and taking back.
 * 2. A download that was not measured is in the counts and in no average.
 */
import type { DownloadEvent } from '../../shared/events/download.ts';

/** Mbit/s, or seconds. */
export const MAX_MEASURED = 1_000_000;
/** Of sums, against what was measured. */
export const SCALE = 1_000;
const RATE_SCALE = 10_000;

export interface Tally {
  events: number;
  successes: number;
  /** Downloads with a speed, and its sum in kbit/s. */
  speeds: number;
  speedSum: number;
  /** Downloads with a duration, and its sum in ms. */
  durations: number;
  durationSum: number;
  /** Downloads (and retractions) taken after the minute fired. */
  late: number;
}

/** As it travels and is stored: the fields of a tally in their order. */
export type TallyNumbers = readonly [
  events: number,
  successes: number,
  speeds: number,
  speedSum: number,
  durations: number,
  durationSum: number,
  late: number,
];

/** What a download adds. Made once and used for each tally it is in. */
export interface Measured {
  readonly isSuccess: boolean;
  /** kbit/s. */
  readonly speed: number | undefined;
  /** ms. */
  readonly duration: number | undefined;
}

export function measure({ status, mbps, seconds }: DownloadEvent): Measured {
  return { isSuccess: status === 'SUCCESS', speed: scale(mbps), duration: scale(seconds) };
}

export function createTally([
  events,
  successes,
  speeds,
  speedSum,
  durations,
  durationSum,
  late,
]: TallyNumbers = NOTHING): Tally {
  return { events, successes, speeds, speedSum, durations, durationSum, late };
}

const NOTHING: TallyNumbers = [0, 0, 0, 0, 0, 0, 0];

/** Counts a download, or takes it back. Hot path: three times per event. */
export function count(tally: Tally, { isSuccess, speed, duration }: Measured, sign: 1 | -1): void {
  tally.events += sign;
  if (isSuccess) tally.successes += sign;
  if (speed !== undefined) {
    tally.speeds += sign;
    tally.speedSum += sign * speed;
  }
  if (duration !== undefined) {
    tally.durations += sign;
    tally.durationSum += sign * duration;
  }
}

/** False: no such download was counted, so none can be taken back. */
export function holds(tally: Tally, { isSuccess, speed, duration }: Measured): boolean {
  return (
    (isSuccess ? tally.successes : tally.events - tally.successes) > 0 &&
    (speed === undefined || tally.speeds > 0) &&
    (duration === undefined || tally.durations > 0)
  );
}

export function numbersOf(tally: Tally): TallyNumbers {
  const { events, successes, speeds, speedSum, durations, durationSum, late } = tally;
  return [events, successes, speeds, speedSum, durations, durationSum, late];
}

export function sumTallies(parts: readonly TallyNumbers[]): Tally {
  const sum = createTally();
  for (const [events, successes, speeds, speedSum, durations, durationSum, late] of parts) {
    sum.events += events;
    sum.successes += successes;
    sum.speeds += speeds;
    sum.speedSum += speedSum;
    sum.durations += durations;
    sum.durationSum += durationSum;
    sum.late += late;
  }
  return sum;
}

/** As results show it; null: no downloads. */
export function successRate({ events, successes }: Tally): number | null {
  return events === 0 ? null : Math.round((successes * RATE_SCALE) / events) / RATE_SCALE;
}

/** Mbit/s; null: none was measured. */
export function averageSpeed({ speeds, speedSum }: Tally): number | null {
  return speeds === 0 ? null : Math.round(speedSum / speeds) / SCALE;
}

/** Seconds; null: none was measured. */
export function averageDuration({ durations, durationSum }: Tally): number | null {
  return durations === 0 ? null : Math.round(durationSum / durations) / SCALE;
}

function scale(measured: number | undefined): number | undefined {
  return measured === undefined || measured > MAX_MEASURED ? undefined : Math.round(measured * SCALE);
}
