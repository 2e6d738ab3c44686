/** Where the compiler is: a stage, what stands around it, and the group it is in. */
import type { Compat } from './nfa.ts';
import type { GroupStage, Stage } from './pattern.ts';
import { isNegative } from './validate-pattern.ts';

export interface Place<E> {
  readonly stage: Stage<E>;
  readonly group: GroupPlace<E> | undefined;
  /** The stage behind this one; for the last of a group, the one behind the group. */
  readonly following: Stage<E> | undefined;
  /** First of its group: it follows whatever stands before the group, and, in a loop, the group's last. */
  readonly isHead: boolean;
  /** Every notFollowedBy in front of this stage with nothing but stages that may be skipped between. */
  readonly passedNots: readonly Place<E>[];
}

export interface GroupPlace<E> {
  readonly stage: GroupStage<E>;
  /** This copy of the group is the entry to its loop, or there is no loop. */
  readonly isFirst: boolean;
  /** The stage behind the group. */
  readonly following: Stage<E> | undefined;
  /** A match may go on without this copy of the group. */
  readonly isLeavable: boolean;
  /** Every notFollowedBy in front of the group, for its head in the first round. Flink has none. */
  readonly passedNots: readonly Place<E>[];
}

export function placeOf<E>(
  stages: readonly Stage<E>[],
  n: number,
  group: GroupPlace<E> | undefined,
  following: Stage<E> | undefined,
  compat: Compat,
): Place<E> {
  const stage = stages[n];
  if (!stage) throw new Error(`A pattern has no stage ${n}.`);
  const isHead = group !== undefined && n === 0;
  const at = { stage, group, following, isHead };
  const own = passedNots(stages, n, compat).map((passed) => ({ ...at, stage: passed, passedNots: [] }));
  return { ...at, passedNots: isHead ? [...own, ...group.passedNots] : own };
}

function passedNots<E>(stages: readonly Stage<E>[], n: number, compat: Compat): Stage<E>[] {
  const nots: Stage<E>[] = [];
  for (let at = n - 1; at >= 0; at--) {
    const stage = stages[at];
    if (!stage) break;
    // Flink forgets a notFollowedBy that stands before a notNext.
    const isNot = stage.link === 'notFollowedBy' || (compat !== 'flink' && isNegative(stage));
    if (!isNot && !stage.optional) break;
    if (stage.link === 'notFollowedBy') nots.push(stage);
  }
  return nots;
}
