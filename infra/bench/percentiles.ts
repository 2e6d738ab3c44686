/** Percentiles by nearest rank: always a value that was measured. */
import type { LatencyFigures } from './result.ts';

/** The smallest value that at least `share` (0 to 1) of the sorted values do not exceed. */
export function percentile(sorted: readonly number[], share: number): number {
  if (!(share >= 0 && share <= 1)) throw new RangeError(`Cannot take percentile "${share}": expected 0 to 1`);
  const at = Math.max(0, Math.ceil(sorted.length * share) - 1);
  return sorted[at] ?? Number.NaN;
}

export function latencyFigures(values: Iterable<number>): LatencyFigures {
  const sorted = Float64Array.from(values).sort();
  const list = Array.from(sorted);
  return { p50: percentile(list, 0.5), p99: percentile(list, 0.99), max: percentile(list, 1) };
}
