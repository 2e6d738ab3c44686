/**
 * Segments for a mesh that has none and never had: so that the demo's users are in some.
 * Never touches rules that somebody made, or deleted.
 */
import type { Log } from '../../shared/log/log.ts';
import { bucketStream, EVENTS, keySubject, rulesSubject } from '../../shared/log/names.ts';
import type { SegmentDefinition, SegmentRule, SegmentRuleSet } from '../../shared/segments/rule-set.ts';

const SEGMENTS = 'segments';

/** True: the demo's segments are in the log now. */
export async function offerDemoSegments(log: Log, at: string): Promise<boolean> {
  const subject = rulesSubject(SEGMENTS);
  if (await log.last(EVENTS, subject)) return false;
  if (await keepsRules(log)) return false; // the log has let them go since
  const appended = await log.append(subject, JSON.stringify(demoSegments(at)), { expectedLast: 0 });
  return appended.kind === 'stored';
}

/** Buyers, big spenders and readers of the last minutes, and who reads without buying. */
export function demoSegments(at: string): SegmentRuleSet {
  const stamps = { revision: 1, createdAt: at, updatedAt: at };
  const independent = (id: string, name: string, windowMinutes: 5 | 30 | 60, rule: Omit<SegmentRule, 'id'>) =>
    ({
      id,
      name,
      type: 'INDEPENDENT',
      windowMinutes,
      rules: [{ id: 'r1', ...rule }],
      baseSegmentIds: [],
      ...stamps,
    }) satisfies SegmentDefinition;
  const derived = (id: string, name: string, baseSegmentIds: string[], combine: 'AND' | 'NOT') =>
    ({
      id,
      name,
      type: 'DERIVED',
      windowMinutes: 30,
      rules: [],
      baseSegmentIds,
      combine,
      ...stamps,
    }) satisfies SegmentDefinition;
  const segments = [
    independent('buyers', 'Bought in half an hour', 30, {
      eventType: 'purchase',
      attribute: 'count',
      operator: 'GTE',
      value: 1,
    }),
    independent('big-spenders', 'Spent over $500 in an hour', 60, {
      eventType: 'purchase',
      attribute: 'sum',
      operator: 'GT',
      value: 500,
    }),
    independent('readers', 'Three pages in half an hour', 30, {
      eventType: 'view',
      attribute: 'count',
      operator: 'GTE',
      value: 3,
    }),
    independent('here-now', 'Viewed something in five minutes', 5, {
      eventType: 'view',
      attribute: 'count',
      operator: 'GTE',
      value: 1,
    }),
    derived('engaged-buyers', 'Read and bought', ['buyers', 'readers'], 'AND'),
    derived('no-purchase', 'Did not buy in half an hour', ['buyers'], 'NOT'),
  ];
  return { version: 1, segments };
}

async function keepsRules(log: Log): Promise<boolean> {
  try {
    await log.state(bucketStream(SEGMENTS));
  } catch (error) {
    if (error instanceof Error && error.name === 'StreamNotFoundError') return false;
    throw error;
  }
  return (await log.lastOfEach(bucketStream(SEGMENTS), [keySubject(SEGMENTS, '*.rules')])).length > 0;
}
