/** Whether a mesh keeps up: how its lag in the last third of a run compares with that in the first. Pure. */
import type { LagSample } from './result.ts';

/** Below this a lag is one of the moment. */
const NOTHING_S = 1;

export interface LagTrend {
  /** Medians of the first and the last third, and the largest of all, seconds. */
  readonly early: number;
  readonly late: number;
  readonly worst: number;
  /** The last third is more than a second, and more than half as much again, behind the first. */
  readonly isGrowing: boolean;
}

/** A sample that nobody answered is as bad as can be. */
export function lagTrend(samples: readonly LagSample[]): LagTrend {
  const seconds = samples.map((sample) => (Number.isNaN(sample.seconds) ? Number.POSITIVE_INFINITY : sample.seconds));
  const third = Math.ceil(seconds.length / 3);
  const early = median(seconds.slice(0, third));
  const late = median(seconds.slice(-third));
  return { early, late, worst: Math.max(0, ...seconds), isGrowing: late > NOTHING_S && late > early * 1.5 };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
