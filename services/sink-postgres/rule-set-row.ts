/** The rule set of a partition as a row: its segments under the names that the views `segments` and `segment_rules` have. */
import { readRuleSet } from '../../shared/segments/read-rule-set.ts';
import type { SegmentDefinition } from '../../shared/segments/rule-set.ts';
import { RefusedValue } from './refused-value.ts';
import type { Json, Row } from './row.ts';

export function ruleSetRow(value: Json): Row {
  const reading = readRuleSet(value);
  if (reading.kind === 'wrong') throw new RefusedValue(`It is no rule set: ${reading.problems.join('; ')}`);
  return { version: reading.set.version, document: reading.set.segments.map(segmentOf) };
}

function segmentOf(segment: SegmentDefinition): Json {
  const { id, name, type, windowMinutes, window = 'trailing', baseSegmentIds, revision, rules } = segment;
  const combine = type === 'DERIVED' ? (segment.combine ?? 'AND') : null;
  return {
    segment_id: id,
    ...{ name, type, combine, revision },
    window_minutes: windowMinutes,
    window_kind: window,
    base_segment_ids: baseSegmentIds,
    created_at: timeOf(segment.createdAt),
    updated_at: timeOf(segment.updatedAt),
    rules: rules.map(({ id, eventType, attribute, operator, value }) => ({
      ...{ rule_id: id, event_type: eventType, attribute, operator, threshold: value },
    })),
  };
}

/** One unreadable text would make every question to the view fail. */
function timeOf(text: string): string | null {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}
