/**
 * The windows rules look through, as of a moment.
 *
 *     trailing 5 min    ............(---------- asOf]      an event at t belongs while asOf - size < t <= asOf
 *     tumbling 5 min    ......[-------- asOf --)....      an event at t belongs while both are in the same multiple
 *
 * Either way an event belongs from t until `leavesAt(t)`, which never falls as t rises. That is all that evaluation needs.
 */
import type { WindowKind } from './rule-set.ts';

export interface RuleWindow {
  readonly kind: WindowKind;
  readonly sizeMs: number;
}

/** The first moment, ms, at which an event at t does not belong any more. */
export function leavesAt({ kind, sizeMs }: RuleWindow, t: number): number {
  return kind === 'trailing' ? t + sizeMs : (Math.floor(t / sizeMs) + 1) * sizeMs;
}

/** Trailing: belongs no more itself. Tumbling: the first ms that belongs. */
export function windowStart({ kind, sizeMs }: RuleWindow, asOf: number): number {
  return kind === 'trailing' ? asOf - sizeMs : Math.floor(asOf / sizeMs) * sizeMs;
}

/** Trailing: belongs. Tumbling: belongs no more. */
export function windowEnd({ kind, sizeMs }: RuleWindow, asOf: number): number {
  return kind === 'trailing' ? asOf : (Math.floor(asOf / sizeMs) + 1) * sizeMs;
}
