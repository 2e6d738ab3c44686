/**
 * The automaton that a pattern compiles to. A partial match is in one state; an event moves it along edges.
 *
 *     take     the event becomes part of the match
 *     ignore   it does not, and the match goes on
 *     proceed  the match may be in the other state as well, before the event is looked at (an epsilon edge)
 *
 * An event for which a state has neither take nor ignore ends the partial match. Reaching `stop` ends it, too, with all
 * that the event made of it. A match that waits in `pending` becomes whole when its time is over.
 */
import type { Condition, SkipStrategy } from './pattern.ts';

/** Reads conditions about the event at hand, each by its number in `Nfa.conditions`. */
export interface Truth {
  holds(condition: number): boolean;
}

export type Guard = (truth: Truth) => boolean;

export type StateKind = 'normal' | 'final' | 'stop' | 'pending';

export interface State {
  readonly id: number;
  readonly kind: StateKind;
  /** Number of the stage whose event it waits for, in `Nfa.stages`. */
  readonly stage: number;
  readonly edges: Edge[];
  /** Longest time since the last event taken, ms: after it the partial match ends. */
  gapMs: number | undefined;
}

export interface Edge {
  readonly action: 'take' | 'ignore' | 'proceed';
  readonly from: State;
  readonly to: State;
  /** Longest time since the last event taken, ms, for this edge alone. */
  readonly gapMs: number | undefined;
  /** Greedy stages narrow the edges of the stage behind them while the automaton is built. */
  guard: Guard;
}

export interface StageCondition<E> {
  readonly stage: string;
  readonly test: Condition<E>;
}

export type Compat = 'default' | 'flink';

/** A compiled pattern: immutable, shared by the operators of all keys. */
export interface Nfa<E> {
  readonly pattern: string;
  readonly compat: Compat;
  readonly states: readonly State[];
  readonly start: State;
  /** Names of the stages, groups unfolded, in order. */
  readonly stages: readonly string[];
  readonly conditions: readonly StageCondition<E>[];
  readonly withinMs: number | undefined;
  /** Give out partial matches that ran out of time. */
  readonly timeouts: boolean;
  readonly skip: SkipStrategy;
  /** So many events of one kind and then anew: can be counted (see _counting-matcher.ts). */
  readonly count: number | undefined;
  /** Number of the stage that `skip` names, -1 when it names none. */
  readonly skipStage: number;
}

export const always: Guard = () => true;

export function and(a: Guard, b: Guard): Guard {
  if (a === always) return b;
  if (b === always) return a;
  return (truth) => a(truth) && b(truth);
}

export function not(a: Guard): Guard {
  return (truth) => !a(truth);
}
