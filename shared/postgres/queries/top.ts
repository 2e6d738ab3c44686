/** Who has most downloads, or most failures, in a span of time: sums over minutes. */
import type { Parameter } from '../database.ts';
import { type Fields, number, text } from './wire.ts';

/** A span must be bounded: what is summed are its minutes. */
export interface TopQuery {
  readonly by: 'downloads' | 'failures';
  readonly from: Date;
  readonly to: Date;
  readonly limit: number;
}

export interface TopTable<F extends Fields> {
  readonly table: string;
  /** What is told apart. */
  readonly keys: readonly string[];
  /** Its column of all downloads. */
  readonly all: 'downloads' | 'events';
  readonly fields: F;
}

export const TOP_CONTENTS = {
  ...{ table: 'content_stats', keys: ['content_id'], all: 'downloads' as const },
  fields: { content_id: text, downloads: number, successes: number, failures: number },
};
export const TOP_REGIONS = {
  ...{ table: 'region_health', keys: ['region'], all: 'events' as const },
  fields: { region: text, events: number, successes: number, failures: number },
};
export const TOP_DEVICES = {
  ...{ table: 'device_stats', keys: ['device_type', 'os', 'os_version'], all: 'events' as const },
  fields: { device_type: text, os: text, os_version: text, events: number, successes: number, failures: number },
};

/** Of equals, the first by name. */
export function topStatement<F extends Fields>({ table, keys, all }: TopTable<F>, { by, from, to, limit }: TopQuery) {
  const names = keys.join(', ');
  const statement = `SELECT ${names}, sum(${all}) AS ${all}, sum(successes) AS successes, sum(failures) AS failures
FROM ${table} WHERE window_start >= $1 AND window_start < $2
GROUP BY ${names} ORDER BY ${by === 'failures' ? 'failures' : all} DESC, ${names} LIMIT $3::int`;
  // `ORDER BY failures` is the sum: a name of the list goes before a column.
  return { statement, parameters: [from, to, limit] satisfies Parameter[] };
}
