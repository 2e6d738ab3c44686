/** Composition root of region-health. */
import { type Environment, numberSetting } from '../../shared/config/environment.ts';
import { runWorker, type Service } from '../../shared/runtime/worker.ts';
import { combineRegionHealth } from './combine.ts';
import { DEFAULT_REGION_HEALTH, type RegionHealthOptions } from './options.ts';
import { regionHealth } from './region-health.ts';

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;
const SHARE = { least: 0, most: 1 };

export function readRegionHealthOptions(env: Environment): RegionHealthOptions {
  const { latenessMs, retentionMs, ...rest } = DEFAULT_REGION_HEALTH;
  const whole = true;
  const lateness = { least: 0, most: 86_400, whole } as const;
  const retention = { least: 1, most: 3_650, whole } as const;
  const samples = { least: 1, most: 1_000_000_000, whole } as const;
  const speed = { least: 0, most: 1_000_000 };
  return {
    latenessMs: numberSetting(env, 'WEIR_REGION_LATENESS_SECONDS', latenessMs / SECOND_MS, lateness) * SECOND_MS,
    retentionMs: numberSetting(env, 'WEIR_REGION_RETENTION_DAYS', retentionMs / DAY_MS, retention) * DAY_MS,
    minSamples: numberSetting(env, 'WEIR_REGION_MIN_SAMPLES', rest.minSamples, samples),
    warningSuccessRate: numberSetting(env, 'WEIR_REGION_WARNING_SUCCESS_RATE', rest.warningSuccessRate, SHARE),
    criticalSuccessRate: numberSetting(env, 'WEIR_REGION_CRITICAL_SUCCESS_RATE', rest.criticalSuccessRate, SHARE),
    minSpeedMbps: numberSetting(env, 'WEIR_REGION_MIN_SPEED_MBPS', rest.minSpeedMbps, speed),
    maxErrorRate: numberSetting(env, 'WEIR_REGION_MAX_ERROR_RATE', rest.maxErrorRate, SHARE),
  };
}

export const service: Service = {
  name: 'region-health',
  /** Read when the worker starts, so that it can say what is wrong with a setting. */
  get stages() {
    const options = readRegionHealthOptions(process.env);
    return [regionHealth(options), combineRegionHealth(options)];
  },
};

if (import.meta.main) await runWorker(service);
