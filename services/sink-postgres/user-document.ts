/** The document of a user: one row a segment, replaced as one. */
import type { SegmentResult } from '../../shared/segments/segment-result.ts';
import { RefusedValue } from './refused-value.ts';
import type { Json, Row } from './row.ts';

/** `rows` has one for each of `segment_ids`. */
export function userDocument(value: Json): Row {
  const { user_id, segments } = value;
  if (typeof user_id !== 'string' || typeof segments !== 'object' || segments === null || Array.isArray(segments))
    throw new RefusedValue('It is no document of a user: it has no "user_id" and "segments"');
  const rows: Row[] = [];
  for (const [segment_id, result] of Object.entries(segments)) rows.push(rowOf(segment_id, result));
  return { user_id, segment_ids: Object.keys(segments), rows };
}

function rowOf(segment_id: string, result: SegmentResult): Row {
  return {
    segment_id,
    qualified: result.qualified,
    value: result.value,
    timestamp: result.timestamp,
    window_start: result.windowStart,
    window_end: result.windowEnd,
    rule_id: result.ruleId,
    rules: result.rules,
  };
}
