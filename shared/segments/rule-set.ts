/**
 * Segments as data: what is stored in the log of events as `rules.segments`, edited through the gateway, followed by the
 * stage.
 *
 * Owns: the types, reading a rule set of any origin, and what makes one wrong. Does not own: evaluation (evaluate.ts).
 *
 * Invariants (rule-set.test.ts):
 * 1. checkRuleSet names every problem at once, each in a sentence that says what to change.
 * 2. A rule set without problems can be evaluated: bases exist, come before what follows them, and speak of the same
 *    window.
 */
import { USER_EVENT_TYPES, type UserEventType } from '../events/user-event.ts';
import { cyclesOf } from './_cycles.ts';
import { isExactValue, MAX_VALUE, VALUE_DIGITS } from './value.ts';

export const SEGMENT_WINDOWS = [5, 30, 60] as const;
export type SegmentWindowMinutes = (typeof SEGMENT_WINDOWS)[number];
export const RULE_ATTRIBUTES = ['count', 'sum'] as const;
export type RuleAttribute = (typeof RULE_ATTRIBUTES)[number];
export const RULE_OPERATORS = ['GT', 'LT', 'EQ', 'NEQ', 'GTE', 'LTE'] as const;
export type RuleOperator = (typeof RULE_OPERATORS)[number];
export const SEGMENT_TYPES = ['INDEPENDENT', 'DERIVED'] as const;
export type SegmentType = (typeof SEGMENT_TYPES)[number];
export const WINDOW_KINDS = ['trailing', 'tumbling'] as const;
export type WindowKind = (typeof WINDOW_KINDS)[number];
export const COMBINES = ['AND', 'OR', 'NOT'] as const;
export type Combine = (typeof COMBINES)[number];

export interface SegmentRule {
  /** Unique in its segment. */
  readonly id: string;
  readonly eventType: UserEventType;
  readonly attribute: RuleAttribute;
  readonly operator: RuleOperator;
  /** The threshold. */
  readonly value: number;
}

export interface SegmentDefinition {
  readonly id: string;
  readonly name: string;
  readonly type: SegmentType;
  readonly windowMinutes: SegmentWindowMinutes;
  /** Default: trailing, the minutes up to now. Tumbling: the minutes since the last full multiple of the window. */
  readonly window?: WindowKind;
  /** INDEPENDENT: all must hold. */
  readonly rules: readonly SegmentRule[];
  /** DERIVED. */
  readonly baseSegmentIds: readonly string[];
  /** Default: AND, in all bases. OR: in one of them. NOT: in none of them. */
  readonly combine?: Combine;
  readonly revision: number;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface SegmentRuleSet {
  /** Rises with every change. */
  readonly version: number;
  readonly segments: readonly SegmentDefinition[];
  /** What changed, for readers of the log; the stage does not look at it. */
  readonly change?: unknown;
}

export const MAX_SEGMENTS = 1_000;
export const MAX_RULES = 50;
export const MAX_BASES = 50;

/** A segment's id is a token of keys and addresses as it stands. */
const SEGMENT_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** The type of event a text means, `orders` being another word for purchases; undefined: none. */
export function parseEventType(text: string): UserEventType | undefined {
  return text === 'orders' ? 'purchase' : USER_EVENT_TYPES.find((type) => type === text);
}

/** All that is wrong with a rule set, in sentences; empty: nothing. */
export function checkRuleSet(set: SegmentRuleSet): string[] {
  const problems: string[] = [];
  if (!Number.isSafeInteger(set.version) || set.version < 0)
    problems.push(`The rule set's version "${set.version}" is no whole number from 0 on`);
  if (set.segments.length > MAX_SEGMENTS)
    return [...problems, `There are ${set.segments.length} segments; remove some, the most is ${MAX_SEGMENTS}`];
  const byId = new Map<string, SegmentDefinition>();
  for (const segment of set.segments) {
    if (byId.has(segment.id)) problems.push(`There are several segments "${segment.id}"; give each an id of its own`);
    byId.set(segment.id, segment);
  }
  for (const segment of set.segments) problems.push(...checkSegment(segment), ...checkBases(segment, byId));
  for (const cycle of cyclesOf(byId))
    problems.push(`Segments follow one another in a circle: ${cycle.join(' -> ')}; remove one of these bases`);
  return problems;
}

function checkSegment(segment: SegmentDefinition): string[] {
  const { id, type, rules, baseSegmentIds, combine } = segment;
  const problems: string[] = [];
  const say = (problem: string) => problems.push(`Segment "${id}" ${problem}`);
  if (!SEGMENT_ID.test(id))
    say('has an id that is no text of 1 to 64 of the characters A-Z a-z 0-9 _ -; choose another');
  if (segment.name.trim() === '') say('has no name; give it one');
  checkOneOf(segment.windowMinutes, SEGMENT_WINDOWS, 'window of minutes', say);
  checkOneOf(segment.window ?? 'trailing', WINDOW_KINDS, 'kind of window', say);
  checkOneOf(combine ?? 'AND', COMBINES, 'way to combine', say);
  checkOneOf(type, SEGMENT_TYPES, 'type', say);
  if (type === 'INDEPENDENT') {
    if (rules.length === 0) say('has no rules; add one');
    if (rules.length > MAX_RULES) say(`has ${rules.length} rules; the most is ${MAX_RULES}`);
    if (baseSegmentIds.length > 0) say('is INDEPENDENT and has bases; remove them, or make it DERIVED');
  } else {
    if (rules.length > 0) say('is DERIVED and has rules; remove them, or make it INDEPENDENT');
    if (baseSegmentIds.length === 0) say('is DERIVED and has no bases; name one');
    if (baseSegmentIds.length > MAX_BASES) say(`has ${baseSegmentIds.length} bases; the most is ${MAX_BASES}`);
  }
  const ids = new Set<string>();
  for (const rule of rules) {
    if (ids.has(rule.id)) say(`has several rules "${rule.id}"; give each an id of its own`);
    ids.add(rule.id);
    checkRule(rule, (problem) => say(`has rule "${rule.id}" ${problem}`));
  }
  return problems;
}

function checkRule(rule: SegmentRule, say: (problem: string) => void): void {
  if (rule.id === '') say('without an id; give it one');
  checkOneOf(rule.eventType, USER_EVENT_TYPES, 'event type', (problem) => say(`that ${problem}`));
  checkOneOf(rule.attribute, RULE_ATTRIBUTES, 'attribute', (problem) => say(`that ${problem}`));
  checkOneOf(rule.operator, RULE_OPERATORS, 'operator', (problem) => say(`that ${problem}`));
  if (!Number.isFinite(rule.value)) say(`with the threshold "${rule.value}"; it must be a number`);
  else if (!isExactValue(rule.value))
    say(`with the threshold ${rule.value}; the most is ${MAX_VALUE}, with ${VALUE_DIGITS} decimals`);
  else if (rule.attribute === 'count' && rule.value < 0)
    say(`with the threshold ${rule.value}; a count is never below 0`);
}

function checkBases(segment: SegmentDefinition, byId: ReadonlyMap<string, SegmentDefinition>): string[] {
  const problems: string[] = [];
  const describe = ({ windowMinutes, window = 'trailing' }: SegmentDefinition) => `${window} ${windowMinutes} minutes`;
  const seen = new Set<string>();
  for (const id of segment.baseSegmentIds) {
    const base = byId.get(id);
    if (seen.has(id)) problems.push(`Segment "${segment.id}" names its base "${id}" twice; name it once`);
    seen.add(id);
    if (!base)
      problems.push(`Segment "${segment.id}" follows "${id}", which is no segment; create it or remove it here`);
    else if (describe(base) !== describe(segment))
      problems.push(
        `Segment "${segment.id}" (${describe(segment)}) follows "${id}" (${describe(base)}); bases must have the same window`,
      );
  }
  return problems;
}

function checkOneOf(
  value: string | number,
  allowed: readonly (string | number)[],
  what: string,
  say: (problem: string) => void,
): void {
  if (!allowed.includes(value)) say(`has the ${what} "${value}"; choose one of ${allowed.join(', ')}`);
}
