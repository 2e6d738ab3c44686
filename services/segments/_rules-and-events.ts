/** Rule sets, events and steps for the tests of segments. */
import fc from 'fast-check';
import { decodeId } from '../../shared/events/id.ts';
import { USER_EVENT_TYPES, type UserEvent } from '../../shared/events/user-event.ts';
import {
  COMBINES,
  RULE_ATTRIBUTES,
  RULE_OPERATORS,
  SEGMENT_WINDOWS,
  type SegmentDefinition,
  type SegmentRule,
  WINDOW_KINDS,
} from '../../shared/segments/rule-set.ts';
import type { UserSegments } from '../../shared/segments/segment-result.ts';
import type { Outcome, Step } from '../../shared/testing/stage-harness.ts';
import type { NaiveStep } from './_naive.ts';

export const START = Date.parse('2024-06-01T10:00:00Z');
export const MINUTE = 60_000;
const TOPIC = 'order_events';

/** `minutes` after START. */
export function event(minutes: number, k: string, rest: Partial<UserEvent> = {}): UserEvent {
  return { t: START + minutes * MINUTE, k, type: 'purchase', value: 10, ...rest };
}

export function rule(rest: Partial<SegmentRule> = {}): SegmentRule {
  return { id: 'r1', eventType: 'purchase', attribute: 'count', operator: 'GTE', value: 2, ...rest };
}

export function segment(id: string, rest: Partial<SegmentDefinition> = {}): SegmentDefinition {
  const at = '2024-06-01T00:00:00Z';
  const shape = { type: 'INDEPENDENT', windowMinutes: 5, rules: [rule()], baseSegmentIds: [] } as const;
  return { id, name: id, ...shape, revision: 1, createdAt: at, updatedAt: at, ...rest };
}

export function derived(
  id: string,
  baseSegmentIds: string[],
  rest: Partial<SegmentDefinition> = {},
): SegmentDefinition {
  return segment(id, { type: 'DERIVED', rules: [], baseSegmentIds, ...rest });
}

export function events(...list: UserEvent[]): NaiveStep[] {
  return list.map((each) => ({ kind: 'event', event: each }));
}

export function watermark(minutes: number): NaiveStep {
  return { kind: 'watermark', at: START + minutes * MINUTE };
}

export function rules(...segments: SegmentDefinition[]): NaiveStep {
  return { kind: 'rules', segments };
}

/** As bridge and gateway would write them. */
export function toSteps(steps: readonly NaiveStep[]): Step<UserEvent>[] {
  let version = 0;
  return steps.map((step): Step<UserEvent> => {
    switch (step.kind) {
      case 'event':
        return { topic: TOPIC, kafkaPartition: 0, events: [step.event] };
      case 'watermark':
        return { topic: TOPIC, kafkaPartition: 0, progress: { watermark: step.at } };
      case 'rules':
        return { name: 'segments', rules: { version: ++version, segments: step.segments } };
      default:
        return step satisfies never;
    }
  });
}

/** Documents by user, as texts. */
export function documentsIn({ results }: Outcome): Map<string, UserSegments> {
  const documents = new Map<string, UserSegments>();
  for (const [key, text] of results) {
    const [, table, token] = key.split('.');
    if (table === 'user') documents.set(decodeId(token ?? ''), JSON.parse(text) as UserSegments);
  }
  return documents;
}

/** `segment user`. */
export function membersIn({ results }: Outcome): Set<string> {
  const keys = [...results.keys()].map((key) => key.split('.')).filter(([, table]) => table === 'member');
  return new Set(keys.map(([, , id, token]) => `${id} ${decodeId(token ?? '')}`));
}

const USERS = ['ann', 'bob', 'c.>', ''];

/** Minutes in tenths, so that events meet the ends of windows. */
const anyMinutes = fc.integer({ min: 0, max: 1_500 }).map((tenths) => tenths / 10);
const anyEvent = fc.record({
  t: anyMinutes.map((minutes) => START + Math.round(minutes * MINUTE)),
  k: fc.constantFrom(...USERS),
  type: fc.constantFrom(...USER_EVENT_TYPES),
  value: fc.integer({ min: -500, max: 3_000 }).map((cents) => cents / 100),
});

const anyRule = fc.record({
  eventType: fc.constantFrom(...USER_EVENT_TYPES),
  attribute: fc.constantFrom(...RULE_ATTRIBUTES),
  operator: fc.constantFrom(...RULE_OPERATORS),
  value: fc.integer({ min: 0, max: 6 }),
});

const anySegment = fc.record({
  windowMinutes: fc.constantFrom(...SEGMENT_WINDOWS),
  window: fc.constantFrom(...WINDOW_KINDS),
  rules: fc.array(anyRule, { minLength: 1, maxLength: 3 }),
  /** Becomes a derived segment when there are others before it to follow. */
  combine: fc.option(fc.constantFrom(...COMBINES), { nil: undefined }),
});

const anyRules = fc.array(fc.option(anySegment, { nil: undefined }), { maxLength: 5 }).map((shapes): NaiveStep => {
  const segments: SegmentDefinition[] = [];
  for (const [at, shape] of shapes.entries()) {
    if (!shape) continue; // the ids of the others stay: some were removed, some came
    const { windowMinutes, window, combine } = shape;
    const id = `s${at}`;
    const bases = segments.filter((other) => other.windowMinutes === windowMinutes && other.window === window);
    const own = shape.rules.map((each, n) => ({ ...each, id: `r${n}` }));
    const baseSegmentIds = bases.map((base) => base.id);
    if (combine && bases.length > 0) segments.push(derived(id, baseSegmentIds, { windowMinutes, window, combine }));
    else segments.push(segment(id, { windowMinutes, window, rules: own }));
  }
  return { kind: 'rules', segments };
});

type AnyPart =
  | { readonly part: 'event'; readonly event: UserEvent; readonly disorderMs: number; readonly isTakenBack: boolean }
  | { readonly part: 'rules'; readonly step: NaiveStep; readonly at: number };

const anyPart: fc.Arbitrary<AnyPart> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      part: fc.constant('event' as const),
      event: anyEvent,
      disorderMs: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(70 * MINUTE) }),
      isTakenBack: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      part: fc.constant('rules' as const),
      step: anyRules,
      at: anyMinutes.map((minutes) => START + minutes * MINUTE),
    }),
  },
);

/** Events of two and a half hours, mostly in order, with watermarks now and then, rule changes and retractions. */
export const anySteps: fc.Arbitrary<NaiveStep[]> = fc
  .tuple(
    anyRules,
    fc.array(anyPart, { maxLength: 60, size: 'max' }),
    fc.array(fc.nat(MINUTE * 10), { maxLength: 60, size: 'max' }),
  )
  .map(([first, parts, delays]) => {
    const arrivals = parts.flatMap((part): { at: number; step: NaiveStep }[] => {
      if (part.part === 'rules') return [part];
      const at = part.event.t + part.disorderMs;
      const taken = { at, step: { kind: 'event', event: part.event } as const };
      if (!part.isTakenBack) return [taken];
      return [taken, { at: at + MINUTE, step: { kind: 'event', event: { ...part.event, retract: true } } }];
    });
    arrivals.sort((a, b) => a.at - b.at);
    const steps: NaiveStep[] = [first];
    let reached = Number.NEGATIVE_INFINITY;
    for (const [n, { at, step }] of arrivals.entries()) {
      steps.push(step);
      const delay = delays[n];
      if (delay === undefined || at - delay <= reached) continue;
      reached = at - delay;
      steps.push({ kind: 'watermark', at: reached });
    }
    return steps;
  });
