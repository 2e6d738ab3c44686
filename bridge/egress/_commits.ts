/** Commit frames of real stages, folded from steps without servers: what the egress reads, for its tests. */
import type { StageDefinition } from '../../shared/events/stage.ts';
import { ALL, PARTITIONS } from '../../shared/events/partition.ts';
import { logSubject } from '../../shared/log/names.ts';
import { PartitionState } from '../../shared/runtime/partition-state.ts';
import { framesOf, type Step } from '../../shared/testing/stage-harness.ts';

export interface TestCommit {
  readonly subject: string;
  readonly partition: string;
  readonly payload: Uint8Array;
}

/** A commit a step and partition, and behind each one of the stage behind. */
export function commitsOf<E extends { readonly k: string }>(
  stages: readonly StageDefinition<never>[],
  steps: readonly Step<E>[],
): TestCommit[] {
  const [first, second] = stages;
  if (!first) return [];
  const states = PARTITIONS.map((partition) => new PartitionState(first, partition));
  const behind = second && new PartitionState(second, ALL);
  for (const state of behind ? [...states, behind] : states) state.open();
  const commits: TestCommit[] = [];
  const counts = new Map<string, number>();
  const commit = (state: PartitionState, partition: string) => {
    const n = (counts.get(partition) ?? 0) + 1;
    counts.set(partition, n);
    const { payload } = state.takeCommit(1, n);
    const subject = logSubject(first.service, partition);
    const taken = { subject, partition, payload: new TextEncoder().encode(payload) };
    commits.push(taken);
    return taken;
  };
  for (const message of framesOf(steps, Number.MAX_SAFE_INTEGER)) {
    for (const [at, partition] of PARTITIONS.entries()) {
      const state = states[at];
      if (!state || !(message.subject.includes(`.${partition}.`) || message.subject.includes('.progress.'))) continue;
      state.fold(message);
      const { subject, payload } = commit(state, partition);
      behind?.fold({ subject, payload, seq: commits.length });
    }
    if (behind) commit(behind, ALL);
  }
  return commits;
}
