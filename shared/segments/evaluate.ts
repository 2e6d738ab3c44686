/**
 * Evaluates a rule set over totals: which segments a user is in, and why.
 *
 * A rule set is compiled once into a plan: bases before what follows them, and every rule knows its place in the
 * totals. The stage keeps totals that move; `evaluateEvents` makes them from events, for a preview.
 *
 * Invariant (evaluate.test.ts): evaluateEvents is the rules read literally.
 */
import { USER_EVENT_TYPES, type UserEvent } from '../events/user-event.ts';
import { formatTime } from '../event-time/time-text.ts';
import type { Combine, RuleOperator, SegmentDefinition, SegmentRuleSet } from './rule-set.ts';
import { leavesAt, type RuleWindow, windowEnd, windowStart } from './rule-window.ts';
import type { SegmentResult } from './segment-result.ts';
import { addToCell, cellOf, countInCell, emptyTotals, sumInCell } from './totals.ts';
import { scaleValue, unscaleValue } from './value.ts';

const MINUTE_MS = 60_000;

export interface PlannedRule {
  readonly id: string;
  /** Its place in the totals. */
  readonly cell: number;
  readonly isSum: boolean;
  readonly operator: RuleOperator;
  /** Of a sum: millionths. */
  readonly threshold: number;
}

export interface PlannedSegment {
  readonly id: string;
  /** Index in the plan's windows. */
  readonly window: number;
  /** Empty: derived. */
  readonly rules: readonly PlannedRule[];
  /** Indexes in the plan's segments, all smaller than its own. */
  readonly bases: readonly number[];
  readonly combine: Combine;
}

export interface Plan {
  readonly windows: readonly RuleWindow[];
  readonly segments: readonly PlannedSegment[];
}

/** `set` must be without problems (checkRuleSet). */
export function compileRuleSet(set: SegmentRuleSet): Plan {
  const byId = new Map(set.segments.map((segment) => [segment.id, segment]));
  const windows: RuleWindow[] = [];
  const segments: PlannedSegment[] = [];
  const places = new Map<string, number>();
  const place = (definition: SegmentDefinition): number => {
    const known = places.get(definition.id);
    if (known !== undefined) return known;
    const bases = definition.baseSegmentIds.map((id) => {
      const base = byId.get(id);
      if (!base) throw new Error(`Cannot compile segment "${definition.id}": its base "${id}" is no segment`);
      return place(base);
    });
    segments.push(planSegment(definition, bases, windows));
    places.set(definition.id, segments.length - 1);
    return segments.length - 1;
  };
  for (const segment of set.segments) place(segment);
  return { windows, segments };
}

function planSegment(definition: SegmentDefinition, bases: readonly number[], windows: RuleWindow[]): PlannedSegment {
  const { id, windowMinutes, window: kind = 'trailing', rules, combine = 'AND' } = definition;
  const sizeMs = windowMinutes * MINUTE_MS;
  let window = windows.findIndex((known) => known.kind === kind && known.sizeMs === sizeMs);
  if (window === -1) window = windows.push({ kind, sizeMs }) - 1;
  const planned = rules.map((rule): PlannedRule => {
    const isSum = rule.attribute === 'sum';
    const threshold = isSum ? scaleValue(rule.value) : rule.value;
    if (threshold === undefined)
      throw new Error(`Cannot compile segment "${id}": threshold ${rule.value} does not fit`);
    const cell = cellOf(window, USER_EVENT_TYPES.indexOf(rule.eventType));
    return { id: rule.id, cell, isSum, operator: rule.operator, threshold };
  });
  return { id, window, rules: planned, bases, combine };
}

/** `qualified`: of the plan's segments, those before this one. */
export function isQualified(
  { rules, bases, combine }: PlannedSegment,
  totals: readonly number[],
  qualified: readonly boolean[],
): boolean {
  if (rules.length > 0) {
    for (const rule of rules) if (!holds(rule, totals)) return false;
    return true;
  }
  const held = countHeld(bases, qualified);
  switch (combine) {
    case 'AND':
      return held === bases.length;
    case 'OR':
      return held > 0;
    case 'NOT':
      return held === 0;
    default:
      return combine satisfies never;
  }
}

/** In how many of its bases a user is. */
export function countHeld(bases: readonly number[], qualified: readonly boolean[]): number {
  let held = 0;
  for (const base of bases) if (qualified[base]) held++;
  return held;
}

/** The rule that a result is about: the first that does not hold, or the first. undefined: a derived segment. */
export function decidingRule({ rules }: PlannedSegment, totals: readonly number[]): PlannedRule | undefined {
  return rules.find((rule) => !holds(rule, totals)) ?? rules[0];
}

/** What a rule compares, in the unit of its threshold's text. */
export function comparedValue({ isSum, cell }: PlannedRule, totals: readonly number[]): number {
  return isSum ? unscaleValue(sumInCell(totals, cell)) : countInCell(totals, cell);
}

function holds({ cell, isSum, operator, threshold }: PlannedRule, totals: readonly number[]): boolean {
  const value = isSum ? sumInCell(totals, cell) : countInCell(totals, cell);
  switch (operator) {
    case 'GT':
      return value > threshold;
    case 'GTE':
      return value >= threshold;
    case 'LT':
      return value < threshold;
    case 'LTE':
      return value <= threshold;
    case 'EQ':
      return value === threshold;
    case 'NEQ':
      return value !== threshold;
    default:
      return operator satisfies never;
  }
}

/** All segments of one user by id, from the user's events, as of a moment (ms). Events whose value does not fit are left out. */
export function evaluateEvents(
  plan: Plan,
  events: Iterable<Pick<UserEvent, 't' | 'type' | 'value'>>,
  asOf: number,
): Map<string, SegmentResult> {
  const totals = emptyTotals(plan.windows.length);
  for (const { t, type, value } of events) {
    const scaled = scaleValue(value);
    if (t > asOf || scaled === undefined) continue;
    for (const [at, window] of plan.windows.entries())
      if (leavesAt(window, t) > asOf) addToCell(totals, cellOf(at, USER_EVENT_TYPES.indexOf(type)), 1, 1, scaled);
  }
  const qualified: boolean[] = [];
  for (const segment of plan.segments) qualified.push(isQualified(segment, totals, qualified));
  return new Map(plan.segments.map((segment, at) => [segment.id, resultOf(plan, at, totals, qualified, asOf)]));
}

function resultOf(
  plan: Plan,
  at: number,
  totals: readonly number[],
  qualified: readonly boolean[],
  asOf: number,
): SegmentResult {
  const segment = plan.segments[at];
  const window = segment && plan.windows[segment.window];
  if (!segment || !window) throw new Error(`Cannot evaluate segment ${at}: the plan has no such segment`);
  const rule = decidingRule(segment, totals);
  return {
    qualified: qualified[at] === true,
    value: rule ? comparedValue(rule, totals) : countHeld(segment.bases, qualified),
    timestamp: formatTime(asOf),
    windowStart: formatTime(windowStart(window, asOf)),
    windowEnd: formatTime(windowEnd(window, asOf)),
    ruleId: rule?.id ?? null,
    ...(segment.rules.length > 1 && {
      rules: Object.fromEntries(segment.rules.map((each) => [each.id, comparedValue(each, totals)])),
    }),
  };
}
