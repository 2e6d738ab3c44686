/** Composition root of activity. */
import { type Environment, numberSetting } from '../../shared/config/environment.ts';
import { runWorker, type Service } from '../../shared/runtime/worker.ts';
import { activity, type ActivityOptions, DEFAULT_ACTIVITY } from './activity.ts';

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;

export function readActivityOptions(env: Environment): ActivityOptions {
  const { latenessMs, retentionMs } = DEFAULT_ACTIVITY;
  const whole = true;
  const lateness = { least: 0, most: 86_400, whole } as const;
  const retention = { least: 1, most: 24 * 365, whole } as const;
  return {
    latenessMs: numberSetting(env, 'WEIR_ACTIVITY_LATENESS_SECONDS', latenessMs / SECOND_MS, lateness) * SECOND_MS,
    retentionMs: numberSetting(env, 'WEIR_ACTIVITY_RETENTION_HOURS', retentionMs / HOUR_MS, retention) * HOUR_MS,
  };
}

export const service: Service = {
  name: 'activity',
  /** Read when the worker starts, so that it can say what is wrong with a setting. */
  get stages() {
    return [activity(readActivityOptions(process.env))];
  },
};

if (import.meta.main) await runWorker(service);
