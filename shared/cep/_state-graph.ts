/** The states of an automaton while it is built: their numbers, their gaps, and the stops of what must not match. */
import type { Place } from './_place.ts';
import { and, type Compat, type Edge, type Guard, not, type State, type StateKind } from './nfa.ts';
import { InvalidPatternError } from './pattern.ts';

/** Nested quantifiers multiply; an automaton above this is a mistake, and would take seconds an event. */
const MAX_STATES = 10_000;

export class StateGraph<E> {
  readonly states: State[] = [];
  readonly #pattern: string;
  readonly #stages: readonly string[];
  readonly #compat: Compat;
  readonly #named = new Set<number>();
  readonly #stops = new Map<number, State>();

  constructor(pattern: string, stages: readonly string[], compat: Compat) {
    this.#pattern = pattern;
    this.#stages = stages;
    this.#compat = compat;
  }

  state(kind: StateKind, stage: number, gapMs?: number): State {
    if (this.states.length >= MAX_STATES) {
      throw new InvalidPatternError(
        `Pattern "${this.#pattern}" needs more than ${MAX_STATES} states. Lower its quantifiers.`,
      );
    }
    const state: State = { id: this.states.length, kind, stage, edges: [], gapMs };
    this.states.push(state);
    this.#named.add(stage);
    return state;
  }

  /** `isEntry`: an event may lead there; else only ignoring one does. */
  stateOf(at: Place<E>, kind: StateKind, isEntry: boolean, isFirst = false): State {
    return this.state(kind, this.stageNumber(at), this.#gap(at, isEntry, isFirst));
  }

  /** The same state once more, with no edge to what `without` names. */
  copy(
    state: State,
    without: readonly number[] = [],
    copyBehind: (behind: State) => State = (behind) => behind,
  ): State {
    const copy = this.state(state.kind, state.stage, this.#compat === 'flink' ? undefined : state.gapMs);
    for (const { action, to, guard, gapMs } of state.edges) {
      if (to.kind === 'stop' && without.includes(to.stage)) continue;
      const isBehind = action === 'proceed' && to.kind !== 'stop';
      connect(copy, action, to === state ? copy : isBehind ? copyBehind(to) : to, guard, gapMs);
    }
    return copy;
  }

  /** One for each stage that must not match, with an edge that says the event was the unwanted one. */
  stop(at: Place<E>, unwanted: Guard): State {
    const stage = this.stageNumber(at);
    const known = this.#stops.get(stage);
    if (known) return known;
    const stop = this.state('stop', stage);
    connect(stop, 'take', stop, unwanted);
    this.#stops.set(stage, stop);
    return stop;
  }

  /** Flink ends the match when a gap is over, even where it could go on without the stage: it has no gaps of edges. */
  edgeGap(at: Place<E>, isFirst: boolean): number | undefined {
    if (this.#compat === 'flink' || at.stage.kind === 'group') return undefined;
    if (!at.stage.times) return at.stage.gapMs;
    return isFirst ? undefined : at.stage.times.gapMs;
  }

  /** Called when all is built: what can be left goes on when its gap is over. */
  keepOpen(): void {
    if (this.#compat === 'flink') return;
    for (const state of this.states) {
      if (state.edges.some((edge) => edge.action === 'proceed' && edge.to.kind !== 'stop')) state.gapMs = undefined;
    }
  }

  stageNumber(at: Place<E>): number {
    return at.stage.kind === 'event' ? this.#stages.indexOf(at.stage.name) : -1;
  }

  /** Flink has the gap of a loop also in front of it and not in its last state, and none where an event was ignored. */
  #gap(at: Place<E>, isEntry: boolean, isFirst: boolean): number | undefined {
    if (this.#compat !== 'flink') return this.edgeGap(at, isFirst);
    if (at.stage.kind === 'group') return undefined;
    if (!at.stage.times) return isEntry ? at.stage.gapMs : undefined;
    const isLastBuilt = !this.#named.has(this.stageNumber(at));
    return isEntry && !isLastBuilt ? at.stage.times.gapMs : undefined;
  }
}

export function connect(from: State, action: Edge['action'], to: State, guard: Guard, gapMs?: number): void {
  from.edges.push({ action, from, to, guard, gapMs });
}

/** After a greedy loop: an event that the loop can take is the loop's. */
export function narrow(state: State, take: Guard): void {
  for (const edge of state.edges) edge.guard = and(edge.guard, not(take));
}
