/** All segments of one user. */
import { flag, json, number, orAbsent, orNull, selectList, text, time } from './wire.ts';

export const USER_SEGMENT = {
  segment_id: text,
  qualified: flag,
  value: number,
  timestamp: time,
  window_start: time,
  window_end: time,
  rule_id: orNull(text),
  rules: orAbsent(json),
};

export function userSegmentsStatement(user: string) {
  const statement = `SELECT ${selectList(USER_SEGMENT)} FROM user_segments
WHERE user_id = $1 AND (expires_at IS NULL OR expires_at > now()) ORDER BY segment_id`;
  return { statement, parameters: [user] };
}
