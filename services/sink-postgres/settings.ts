/** How long the tables keep what is of one moment. What is of now (customers, products, rules) is kept while its key is there. */
import { type Environment, numberSetting } from '../../shared/config/environment.ts';

export interface RetentionSettings {
  /** Minutes of contents, regions and devices, and windows of customers; undefined: for ever. */
  readonly minutesDays: number | undefined;
  /** Windows of sales, and alerts; undefined: for ever. */
  readonly windowsDays: number | undefined;
}

const MOST_DAYS = 36_500;

export function readRetention(env: Environment): RetentionSettings {
  return {
    minutesDays: days(env, 'WEIR_POSTGRES_RETENTION_DAYS', 30),
    windowsDays: days(env, 'WEIR_POSTGRES_WINDOWS_RETENTION_DAYS', 365),
  };
}

/** 0: for ever. */
function days(env: Environment, name: string, fallback: number): number | undefined {
  const value = numberSetting(env, name, fallback, { least: 0, most: MOST_DAYS });
  return value === 0 ? undefined : value;
}
