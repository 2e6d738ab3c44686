/** What evaluates an automaton: `flink` as Flink does it, `default` in a way that scales. And what both share. */
import type { CepResult } from './cep-result.ts';
import type { Nfa, State } from './nfa.ts';
import { type BufferNode, pathOf } from './shared-buffer.ts';

export interface Matcher<E> {
  readonly partialMatches: number;
  readonly withheldMatches: number;
  /** When the next partial match runs out of time, if no event comes. */
  nextDeadline(): number | undefined;
  /** Time must have been advanced to t before. */
  process(event: E, t: number, results: CepResult<E>[]): void;
  /** Ends the partial matches whose deadline is at or before t. */
  expire(t: number, results: CepResult<E>[]): void;
  dump(): MatcherState<E>;
}

/** All that is live, in the order in which it must be restored. */
export interface MatcherState<E> {
  /** No node: the start, where every match begins. */
  readonly runs: readonly { readonly state: State; readonly node: BufferNode<E> | undefined }[];
  readonly withheld: readonly BufferNode<E>[];
}

/** A whole match. It is withheld while a partial match that began earlier may still take precedence (skip strategies). */
export interface Completed<E> {
  readonly node: BufferNode<E>;
  readonly path: readonly BufferNode<E>[];
  /** Id of the event it begins with. */
  readonly start: number;
}

export function completedOf<E>(node: BufferNode<E>): Completed<E> {
  const path = pathOf(node);
  return { node, path, start: path[0]?.event.id ?? 0 };
}

/** Of two matches that begin with the same event and become whole by the same event: the one that took earlier ones. */
export function compareTaken<E>(a: Completed<E>, b: Completed<E>): number {
  const shared = Math.min(a.path.length, b.path.length);
  for (let n = 0; n < shared; n++) {
    const difference = (a.path[n]?.event.id ?? 0) - (b.path[n]?.event.id ?? 0);
    if (difference !== 0) return difference;
  }
  if (a.path.length !== b.path.length) return a.path.length - b.path.length;
  for (let n = 0; n < shared; n++) {
    const difference = (a.path[n]?.stage ?? 0) - (b.path[n]?.stage ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** What begins before this id is given up for the match; 0: nothing. */
export function skippedBefore<E>(nfa: Nfa<E>, match: Completed<E>): number {
  switch (nfa.skip.kind) {
    case 'noSkip':
      return 0;
    case 'skipToNext':
      return match.start + 1;
    case 'skipPastLastEvent':
      return match.node.event.id + 1;
    case 'skipToFirst':
      return match.path.find((node) => node.stage === nfa.skipStage)?.event.id ?? 0;
    case 'skipToLast':
      return match.path.findLast((node) => node.stage === nfa.skipStage)?.event.id ?? 0;
    default:
      return nfa.skip satisfies never;
  }
}

export function resultOf<E>(
  nfa: Nfa<E>,
  kind: CepResult<E>['kind'],
  t: number,
  path: readonly BufferNode<E>[],
): CepResult<E> {
  const events: Record<string, E[]> = {};
  for (const node of path) {
    const name = nfa.stages[node.stage] ?? '';
    const taken = events[name];
    if (taken) taken.push(node.event.value);
    else events[name] = [node.event.value];
  }
  const first = path[0]?.event.t ?? t;
  return { kind, t, first, last: path.at(-1)?.event.t ?? t, events };
}
