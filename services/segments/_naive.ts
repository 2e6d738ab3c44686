/**
 * Segments, read literally: all events of a user in a list, every rule counted from scratch. For tests; shares nothing
 * with the stage but the shape of rules and events.
 */
import type { UserEvent } from '../../shared/events/user-event.ts';
import type { SegmentDefinition, SegmentRule } from '../../shared/segments/rule-set.ts';

const HOUR = 3_600_000;
const STEP = 1_000;

export type NaiveStep =
  | { readonly kind: 'event'; readonly event: UserEvent }
  | { readonly kind: 'watermark'; readonly at: number }
  | { readonly kind: 'rules'; readonly segments: readonly SegmentDefinition[] };

export interface NaiveOutcome {
  /** Users with an event in the last hour; none when there are no rules, for then they have no documents of their own. */
  readonly held: readonly string[];
  /** By user, also of those that were held once. */
  readonly documents: ReadonlyMap<string, object>;
  /** `segment user`. */
  readonly members: ReadonlySet<string>;
  readonly late: number;
}

export function runNaively(steps: readonly NaiveStep[]): NaiveOutcome {
  const users = new Map<string, UserEvent[]>();
  const gone = new Map<string, object>();
  let segments: readonly SegmentDefinition[] = [];
  let time = Number.MIN_SAFE_INTEGER;
  let late = 0;
  const newest = (events: readonly UserEvent[]) => Math.max(...events.map(({ t }) => t));
  const leave = (user: string, at: number) => {
    users.delete(user);
    if (segments.length > 0) gone.set(user, documentOf(user, [], segments, at, true));
  };
  const take = (event: UserEvent) => {
    const events = users.get(event.k) ?? [];
    const at = events.findIndex(({ t, type, value }) => t === event.t && type === event.type && value === event.value);
    if (event.t + HOUR <= time || (event.retract && at === -1)) late++;
    else if (event.retract) {
      events.splice(at, 1);
      if (events.length === 0) leave(event.k, event.t);
    } else users.set(event.k, [...events, event]);
  };
  for (const step of steps) {
    if (step.kind === 'rules') segments = step.segments;
    if (step.kind === 'watermark') {
      time = Math.floor(step.at / STEP) * STEP;
      for (const [user, events] of users) if (newest(events) + HOUR <= time) leave(user, newest(events) + HOUR);
    }
    if (step.kind === 'event') take(step.event);
    if (segments.length > 0) for (const user of users.keys()) gone.delete(user);
  }
  const documents = new Map(gone);
  if (segments.length > 0)
    for (const [user, events] of users)
      documents.set(user, documentOf(user, events, segments, lastChange(events, segments, time), false));
  return { held: segments.length > 0 ? [...users.keys()] : [], documents, members: membersIn(documents), late };
}

/** The user's latest event, or the last time at which one left a window, if that is later and has come. */
function lastChange(events: readonly UserEvent[], segments: readonly SegmentDefinition[], time: number): number {
  const newest = Math.max(...events.map(({ t }) => t));
  const now = Math.max(newest, time);
  const leavings = segments.flatMap(({ windowMinutes, window }) => {
    const size = windowMinutes * 60_000;
    return events.map(({ t }) => (window === 'tumbling' ? t - (((t % size) + size) % size) + size : t + size));
  });
  return Math.max(newest, ...leavings.filter((at) => at <= now));
}

function documentOf(
  user: string,
  events: readonly UserEvent[],
  segments: readonly SegmentDefinition[],
  asOf: number,
  isGone: boolean,
): object {
  const iso = (ms: number) => new Date(ms).toISOString().replace('.000Z', 'Z');
  const byId = new Map(segments.map((segment) => [segment.id, segment]));
  const qualifies = (segment: SegmentDefinition): boolean => {
    if (isGone) return false;
    if (segment.type === 'INDEPENDENT') return segment.rules.every((rule) => holds(rule, compared(segment, rule)));
    const bases = segment.baseSegmentIds.map((id) => qualifies(byId.get(id)!));
    if (segment.combine === 'OR') return bases.includes(true);
    if (segment.combine === 'NOT') return !bases.includes(true);
    return !bases.includes(false);
  };
  const compared = ({ windowMinutes, window }: SegmentDefinition, { eventType, attribute }: SegmentRule): number => {
    const size = windowMinutes * 60_000;
    const start = window === 'tumbling' ? Math.floor(asOf / size) * size - 1 : asOf - size;
    const counted = events.filter(({ t, type }) => type === eventType && t > start && t <= asOf);
    if (attribute === 'count') return counted.length;
    return Number(counted.reduce((sum, { value }) => sum + BigInt(Math.round(value * 100)), 0n)) / 100;
  };
  const results = segments.map((segment) => {
    const size = segment.windowMinutes * 60_000;
    const start = segment.window === 'tumbling' ? Math.floor(asOf / size) * size : asOf - size;
    const values = segment.rules.map((rule) => [rule.id, compared(segment, rule)] as const);
    const failing = segment.rules.findIndex((rule, at) => !holds(rule, values[at]![1]));
    const [ruleId, value] = values[Math.max(0, failing)] ?? [
      null,
      segment.baseSegmentIds.filter((id) => qualifies(byId.get(id)!)).length,
    ];
    return [
      segment.id,
      {
        qualified: qualifies(segment),
        value,
        timestamp: iso(asOf),
        windowStart: iso(start),
        windowEnd: iso(segment.window === 'tumbling' ? start + size : asOf),
        ruleId,
        ...(values.length > 1 && { rules: Object.fromEntries(values) }),
      },
    ];
  });
  return { user_id: user, segments: Object.fromEntries(results), updated: iso(asOf) };
}

function holds({ operator, value: threshold }: SegmentRule, value: number): boolean {
  if (operator === 'GT') return value > threshold;
  if (operator === 'LT') return value < threshold;
  if (operator === 'EQ') return value === threshold;
  if (operator === 'NEQ') return value !== threshold;
  return operator === 'GTE' ? value >= threshold : value <= threshold;
}

function membersIn(documents: ReadonlyMap<string, object>): Set<string> {
  const members = new Set<string>();
  for (const [user, document] of documents) {
    const { segments } = document as { segments: Record<string, { qualified: boolean }> };
    for (const [id, { qualified }] of Object.entries(segments)) if (qualified) members.add(`${id} ${user}`);
  }
  return members;
}
