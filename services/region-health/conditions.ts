/**
 * What is wrong with a minute of a region: one condition for each type of alert.
 *
 * A minute with fewer samples than `minSamples` is neither healthy nor not: one failed download is no outage, and one
 * that worked is no all-clear. Rates are compared unrounded.
 */
import type { Severity } from '../../shared/alerts/alert.ts';
import type { RegionHealthOptions } from './options.ts';
import { averageSpeed, SCALE as SPEED_SCALE, successRate, type Tally } from './tally.ts';

/** As the system that is replaced has them; `details.level` of an alert. */
export type Level = 'WARNING' | 'CRITICAL';

const SEVERITY_OF: Readonly<Record<Level, Severity>> = { WARNING: 'medium', CRITICAL: 'critical' };

export interface Finding {
  readonly severity: Severity;
  /** Begins the description; the region's name follows. */
  readonly what: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export type Verdict = 'unknown' | 'healthy' | Finding;

export interface Condition {
  /** `anomaly_type` of its alerts. */
  readonly type: string;
  judge(tally: Tally, options: RegionHealthOptions): Verdict;
}

const lowSuccessRate: Condition = {
  type: 'low_success_rate',
  judge(tally, { minSamples, warningSuccessRate, criticalSuccessRate }) {
    if (tally.events < minSamples) return 'unknown';
    const rate = tally.successes / tally.events;
    if (rate >= warningSuccessRate) return 'healthy';
    const isCritical = rate < criticalSuccessRate;
    const threshold = isCritical ? criticalSuccessRate : warningSuccessRate;
    return finding(isCritical ? 'CRITICAL' : 'WARNING', tally, {
      what: `Success rate ${percent(rate)}, under ${percent(threshold)}`,
      threshold,
    });
  },
};

const highErrorRate: Condition = {
  type: 'high_error_rate',
  judge(tally, { minSamples, maxErrorRate }) {
    if (tally.events < minSamples) return 'unknown';
    const rate = (tally.events - tally.successes) / tally.events;
    if (rate <= maxErrorRate) return 'healthy';
    return finding('WARNING', tally, {
      what: `Error rate ${percent(rate)}, over ${percent(maxErrorRate)}`,
      threshold: maxErrorRate,
    });
  },
};

const lowSpeed: Condition = {
  type: 'low_speed',
  judge(tally, { minSamples, minSpeedMbps }) {
    if (tally.speeds < minSamples) return 'unknown';
    if (tally.speedSum >= minSpeedMbps * SPEED_SCALE * tally.speeds) return 'healthy';
    return finding('WARNING', tally, {
      what: `Average speed ${averageSpeed(tally)} Mbit/s, under ${minSpeedMbps} Mbit/s`,
      threshold: minSpeedMbps,
    });
  },
};

export const CONDITIONS: readonly Condition[] = [lowSuccessRate, highErrorRate, lowSpeed];

function finding(level: Level, tally: Tally, { what, threshold }: { what: string; threshold: number }): Finding {
  const { events, successes, speeds } = tally;
  return {
    severity: SEVERITY_OF[level],
    what,
    details: {
      level,
      threshold,
      events,
      failures: events - successes,
      success_rate: successRate(tally),
      avg_speed_mbps: averageSpeed(tally),
      speed_samples: speeds,
    },
  };
}

/** 0.8333 to "83.3 %". */
function percent(share: number): string {
  return `${Math.round(share * 1_000) / 10} %`;
}
