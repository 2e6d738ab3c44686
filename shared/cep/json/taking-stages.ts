import type { StageSpec } from './pattern-spec.ts';

/** Names of the stages whose events are in a match, groups unfolded, in order. */
export function takingStages(stages: readonly StageSpec[]): string[] {
  return stages.flatMap(({ name, group, link }) => {
    if (group) return takingStages(group);
    return name === undefined || link === 'notNext' || link === 'notFollowedBy' ? [] : [name];
  });
}
