/**
 * The rule set of the segments: in the log, else as the stages keep it; and how far the partitions are with it.
 * A partition that has taken a rule set over keeps it in its store under `<partition>.rules`.
 */
import { PARTITIONS } from '../../../shared/events/partition.ts';
import type { Log } from '../../../shared/log/log.ts';
import { bucketStream, keySubject } from '../../../shared/log/names.ts';
import { readRuleSet } from '../../../shared/segments/read-rule-set.ts';
import type { SegmentRuleSet } from '../../../shared/segments/rule-set.ts';
import { entryText, isDeleteMarker } from '../../../shared/store/entry.ts';
import { readIfThere } from '../views/optional-bucket.ts';
import { RuleSetLog } from './rule-set-log.ts';

export const SEGMENTS = 'segments';
const NO_RULES: SegmentRuleSet = { version: 0, segments: [] };

export function rulesOfSegments(log: Log): RuleSetLog<SegmentRuleSet> {
  return new RuleSetLog({ log, name: SEGMENTS, parse: parseRuleSet, kept: () => keptRules(log) });
}

/** How many partitions count by this version or a later one, as their stores show. */
export async function partitionsInForce(log: Log): Promise<(version: number) => number> {
  const versions = (await keptTexts(log)).map((text) => (JSON.parse(text) as Partial<SegmentRuleSet>).version ?? 0);
  return (version) => versions.filter((inForce) => inForce >= version).length;
}

/** The newest of what the partitions keep: a partition that is behind must not bring back what was deleted. */
async function keptRules(log: Log): Promise<SegmentRuleSet> {
  const sets = (await keptTexts(log)).map((text) => parseRuleSet(JSON.parse(text)));
  return sets.reduce((newest, set) => (set.version > newest.version ? set : newest), NO_RULES);
}

async function keptTexts(log: Log): Promise<string[]> {
  const subjects = PARTITIONS.map((partition) => keySubject(SEGMENTS, `${partition}.rules`));
  const read = await readIfThere(log, SEGMENTS, () => log.lastOfEach(bucketStream(SEGMENTS), subjects));
  return read.kind === 'read' ? read.value.filter((message) => !isDeleteMarker(message)).map(entryText) : [];
}

function parseRuleSet(json: unknown): SegmentRuleSet {
  const reading = readRuleSet(json);
  if (reading.kind === 'right') return reading.set;
  throw new Error(`Cannot use the stored rules of the segments: ${reading.problems.join('; ')}; store right ones`);
}
