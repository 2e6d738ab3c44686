/** What users may tune of region-health, with its defaults. */

export interface RegionHealthOptions {
  /** How long after it fired a minute takes late downloads, ms. */
  readonly latenessMs: number;
  /** How long readers keep a minute, ms of wall clock. */
  readonly retentionMs: number;
  /** A region's minute with fewer downloads (for speed: with fewer measured ones) says nothing: no alert, no all-clear. */
  readonly minSamples: number;
  /** Success rates (0 to 1) under which an alert is a WARNING, and CRITICAL. */
  readonly warningSuccessRate: number;
  readonly criticalSuccessRate: number;
  /** Average speed (Mbit/s) under which there is a WARNING. */
  readonly minSpeedMbps: number;
  /** Share of failures (0 to 1) over which there is a WARNING. */
  readonly maxErrorRate: number;
}

const MINUTE_MS = 60_000;

export const DEFAULT_REGION_HEALTH: RegionHealthOptions = {
  latenessMs: 5 * MINUTE_MS,
  retentionMs: 30 * 24 * 60 * MINUTE_MS,
  minSamples: 20,
  warningSuccessRate: 0.9,
  criticalSuccessRate: 0.8,
  minSpeedMbps: 10,
  maxErrorRate: 0.1,
};

/** Throws RangeError on options that cannot be used. */
export function checkOptions(options: RegionHealthOptions): void {
  const { warningSuccessRate, criticalSuccessRate } = options;
  check(options, 'latenessMs', 'whole ms, 0 or more', (ms) => Number.isSafeInteger(ms) && ms >= 0);
  check(options, 'retentionMs', 'whole ms, more than 0', (ms) => Number.isSafeInteger(ms) && ms > 0);
  check(options, 'minSamples', 'a whole number, 1 or more', (count) => Number.isSafeInteger(count) && count > 0);
  for (const name of ['warningSuccessRate', 'criticalSuccessRate', 'maxErrorRate'] as const)
    check(options, name, 'a share from 0 to 1', (share) => share >= 0 && share <= 1);
  check(options, 'minSpeedMbps', 'Mbit/s, 0 or more', (speed) => speed >= 0);
  if (criticalSuccessRate > warningSuccessRate)
    throw new RangeError(
      `Cannot use "${criticalSuccessRate}" as criticalSuccessRate: it is over warningSuccessRate "${warningSuccessRate}"; lower it`,
    );
}

function check(
  options: RegionHealthOptions,
  name: keyof RegionHealthOptions,
  expected: string,
  isUsable: (value: number) => boolean,
): void {
  if (!isUsable(options[name])) throw new RangeError(`Cannot use "${options[name]}" as ${name}: expected ${expected}`);
}
