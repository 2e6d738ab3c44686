/**
 * A user as the stage holds it, and as KV shows it: one document of all segments (shared/segments/segment-result.ts).
 *
 * Hot path: runs once per changed user and commit. The times are written once a window, not once a segment.
 */
import { formatTime } from '../../shared/event-time/time-text.ts';
import { comparedValue, countHeld, decidingRule, type PlannedSegment } from '../../shared/segments/evaluate.ts';
import { windowEnd, windowStart } from '../../shared/segments/rule-window.ts';
import type { Due } from './due-users.ts';
import type { Rules } from './rules.ts';
import type { UserEvents } from './user-events.ts';

export interface User extends Due {
  readonly id: string;
  /** As a token of keys. */
  readonly token: string;
  /** The id as JSON text: it never changes and is written with every commit. */
  readonly idText: string;
  readonly events: UserEvents;
  /** The rules it was evaluated by; undefined: by rules that are not known any more. */
  rules: Rules | undefined;
  /** In each segment of these. */
  qualified: boolean[];
  /** When it was forgotten, ms; undefined: it is held. */
  goneAt: number | undefined;
}

export function encodeUser(user: User): string {
  const { idText, events, rules, qualified } = user;
  if (!rules) throw new Error(`Cannot write user ${idText}: it was not evaluated`);
  const { totals } = events;
  const asOf = user.goneAt ?? events.asOf;
  const timestamp = formatTime(asOf);
  const times = rules.windows.map(
    (window) =>
      `,"timestamp":"${timestamp}","windowStart":"${formatTime(windowStart(window, asOf))}",` +
      `"windowEnd":"${formatTime(windowEnd(window, asOf))}","ruleId":`,
  );
  let text = `{"user_id":${idText},"segments":{`;
  for (let at = 0; at < rules.segments.length; at++) {
    const segment = rules.segments[at] as PlannedSegment;
    const [no, yes] = rules.heads[at] as readonly [string, string];
    const ruleIds = rules.ruleIds[at] as readonly string[];
    const rule = ruleIds.length === 1 ? segment.rules[0] : decidingRule(segment, totals);
    const value = rule ? comparedValue(rule, totals) : countHeld(segment.bases, qualified);
    const ruleId = rule ? ruleIds[segment.rules.indexOf(rule)] : 'null';
    const comma = at === 0 ? '' : ',';
    text += `${comma}${qualified[at] ? yes : no}${value}${times[segment.window]}${ruleId}`;
    text += ruleIds.length > 1 ? `${ruleValues(segment, ruleIds, totals)}}` : '}';
  }
  return `${text}},"updated":"${timestamp}"}`;
}

function ruleValues({ rules }: PlannedSegment, ruleIds: readonly string[], totals: readonly number[]): string {
  return `,"rules":{${rules.map((rule, at) => `${ruleIds[at]}:${comparedValue(rule, totals)}`).join(',')}}`;
}
