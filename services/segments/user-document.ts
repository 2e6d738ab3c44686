/**
 * A user as the stage holds it, and as KV shows it: one document of all segments (shared/segments/segment-result.ts).
 *
 * Hot path: runs once per changed user and commit. The times are written once a window, not once a segment.
 */
import { formatTime } from '../../shared/event-time/time-text.ts';
import { comparedValue, countHeld, decidingRule } from '../../shared/segments/evaluate.ts';
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
  let text = '';
  for (let at = 0; at < rules.segments.length; at++) {
    const segment = rules.segments[at];
    if (!segment) continue;
    const head = `${text === '' ? '' : ','}${rules.heads[at]}${qualified[at]}`;
    const time = times[segment.window];
    const ruleIds = rules.ruleIds[at];
    const rule = ruleIds?.length === 1 ? segment.rules[0] : decidingRule(segment, totals);
    if (!rule) {
      text += `${head},"value":${countHeld(segment.bases, qualified)}${time}null}`;
      continue;
    }
    text += `${head},"value":${comparedValue(rule, totals)}${time}${ruleIds?.[segment.rules.indexOf(rule)]}`;
    if (segment.rules.length > 1) {
      const values = segment.rules.map((each, n) => `${ruleIds?.[n]}:${comparedValue(each, totals)}`);
      text += `,"rules":{${values.join(',')}}`;
    }
    text += '}';
  }
  return `{"user_id":${idText},"segments":{${text}},"updated":"${timestamp}"}`;
}
