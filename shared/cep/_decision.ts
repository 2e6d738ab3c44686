/**
 * What an event does to the partial matches in a state: which edges it takes, and whether it ends them.
 *
 * Invariants:
 * 1. A condition is asked once for an event, unless it read what a partial match holds: then once for each of those.
 * 2. When `isShared` is true after `decide`, no condition read the partial match: all in that state decide alike.
 */
import type { Edge, Nfa, State, Truth } from './nfa.ts';
import type { MatchedSoFar } from './pattern.ts';
import { type BufferNode, pathOf } from './shared-buffer.ts';

const UNKNOWN = 0;
const TRUE = 1;
const FALSE = 2;

/** A condition threw. */
export class ConditionError extends Error {
  readonly code = 'condition-failed';
  override readonly name = 'ConditionError';
}

/** One for an operator: it is its own result, so that an event allocates nothing. */
export class Decision<E> implements Truth, MatchedSoFar<E> {
  /** Take and ignore edges that the event may go, in the order of the automaton. */
  readonly edges: Edge[] = [];
  /** For each of `edges`: it takes the event, and nothing more is needed for a match. */
  readonly completes: boolean[] = [];
  /** The event must not come: nothing of the partial match stays, but matches that it made whole. */
  isStopped = false;
  isShared = true;
  t = 0;

  readonly #nfa: Nfa<E>;
  readonly #known: Uint8Array;
  readonly #open: State[] = [];
  #event: E | undefined;
  #node: BufferNode<E> | undefined;
  #wasRead = false;

  constructor(nfa: Nfa<E>) {
    this.#nfa = nfa;
    this.#known = new Uint8Array(nfa.conditions.length);
  }

  /** The event that is decided about from here on. */
  begin(event: E, t: number): void {
    this.#event = event;
    this.t = t;
    this.#known.fill(UNKNOWN);
  }

  decide(state: State, node: BufferNode<E> | undefined): void {
    this.#node = node;
    this.#wasRead = false;
    this.isStopped = false;
    this.edges.length = 0;
    this.completes.length = 0;
    const open = this.#open;
    open.push(state);
    for (let at = open.pop(); at; at = open.pop()) {
      for (const edge of at.edges) {
        if (!edge.guard(this)) continue;
        if (edge.action === 'proceed') open.push(edge.to);
        else if (edge.to.kind === 'stop') this.isStopped = true;
        else if (!this.#isTooLate(edge, state)) this.#add(edge);
      }
    }
    this.isShared = !this.#wasRead;
  }

  /** Nothing changes for a match in that state. */
  isIdle(state: State): boolean {
    return (
      !this.isStopped && this.edges.length === 1 && this.edges[0]?.action === 'ignore' && this.edges[0].to === state
    );
  }

  holds(condition: number): boolean {
    const known = this.#known[condition];
    if (known !== UNKNOWN) return known === TRUE;
    const wasRead = this.#wasRead;
    this.#wasRead = false;
    const result = this.#ask(condition);
    if (!this.#wasRead) this.#known[condition] = result ? TRUE : FALSE;
    this.#wasRead ||= wasRead;
    return result;
  }

  events(stage: string): readonly E[] {
    this.#wasRead = true;
    const number = this.#nfa.stages.indexOf(stage);
    if (number < 0) throw new Error(`There is no stage "${stage}" to read. Name a stage of the pattern.`);
    const events: E[] = [];
    for (const node of pathOf(this.#node)) if (node.stage === number) events.push(node.event.value);
    return events;
  }

  #isTooLate({ gapMs }: Edge, state: State): boolean {
    if (gapMs === undefined || !this.#node) return false;
    // The partial match would have ended before: no need to ask each.
    if (state.gapMs !== undefined && state.gapMs <= gapMs) return false;
    this.#wasRead = true;
    return this.t - this.#node.event.t >= gapMs;
  }

  #add(edge: Edge): void {
    this.edges.push(edge);
    this.completes.push(edge.action === 'take' && edge.to.kind !== 'final' && this.#reachesFinal(edge.to));
  }

  /** Everything behind the state may be left out. */
  #reachesFinal(state: State): boolean {
    for (const edge of state.edges) {
      if (edge.action !== 'proceed' || !edge.guard(this)) continue;
      if (edge.to.kind === 'final' || this.#reachesFinal(edge.to)) return true;
    }
    return false;
  }

  #ask(condition: number): boolean {
    const asked = this.#nfa.conditions[condition];
    if (!asked || this.#event === undefined) throw new Error(`There is no condition ${condition}, or no event.`);
    try {
      return asked.test(this.#event, this);
    } catch (cause) {
      const of = `of stage "${asked.stage}" in pattern "${this.#nfa.pattern}"`;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ConditionError(`The condition ${of} failed: ${reason}. Conditions must answer for every event.`, {
        cause,
      });
    }
  }
}
