/** A rule set as the stage uses it: its plan, and the parts of every document's text that it alone decides. */
import { compileRuleSet, type Plan, type PlannedSegment } from '../../shared/segments/evaluate.ts';
import type { SegmentRuleSet } from '../../shared/segments/rule-set.ts';
import type { RuleWindow } from '../../shared/segments/rule-window.ts';

export interface Rules extends Plan {
  /** `"buyers":{"qualified":true,"value":` of each segment, and the same with false. */
  readonly heads: readonly (readonly [no: string, yes: string])[];
  /** Of each segment the ids of its rules, as JSON texts. */
  readonly ruleIds: readonly (readonly string[])[];
  /** Where each segment stands. */
  readonly places: ReadonlyMap<string, number>;
}

export const NO_RULES: Rules = { windows: [], segments: [], heads: [], ruleIds: [], places: new Map() };

/** `former`: the rules before these; when both look through the same windows, nobody's events need counting anew. */
export function rulesOf(set: SegmentRuleSet, former: Rules): Rules {
  const { windows, segments } = compileRuleSet(set);
  return {
    windows: isSame(windows, former.windows) ? former.windows : windows,
    segments,
    heads: segments.map(({ id }) => [headOf(id, false), headOf(id, true)]),
    ruleIds: segments.map(({ rules }: PlannedSegment) => rules.map(({ id }) => JSON.stringify(id))),
    places: new Map(segments.map(({ id }, at) => [id, at])),
  };
}

function headOf(id: string, qualified: boolean): string {
  return `${JSON.stringify(id)}:{"qualified":${qualified},"value":`;
}

function isSame(a: readonly RuleWindow[], b: readonly RuleWindow[]): boolean {
  return a.length === b.length && a.every(({ kind, sizeMs }, at) => kind === b[at]?.kind && sizeMs === b[at]?.sizeMs);
}
