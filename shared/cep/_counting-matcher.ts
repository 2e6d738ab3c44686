/**
 * Evaluates `begin(x).timesOrMore(n)` with skipPastLastEvent (n events within a window, then anew) by counting.
 *
 * Why that is the same: between the events of a relaxed loop every event that fits is taken, so the partial match that
 * began with the i-th of the fitting events holds all of them from the i-th on. The first one to hold n is the one that
 * began first, nothing can withhold it, and skipping past its last event gives up all others. So the last n - 1 fitting
 * events inside the window say everything, and an event costs one step in place of n.
 *
 * Invariants (tested in counting-matcher.test.ts):
 * 1. Results and snapshots are those of IndexedMatcher.
 * 2. A condition that reads the match may answer differently for each partial match: then IndexedMatcher takes over.
 */
import type { CepResult } from './cep-result.ts';
import type { Decision } from './_decision.ts';
import { IndexedMatcher } from './_indexed-matcher.ts';
import { type Matcher, type MatcherState, resultOf } from './_matcher.ts';
import type { Nfa, State } from './nfa.ts';
import { type BufferNode, pathOf, type SharedBuffer } from './shared-buffer.ts';

export class CountingMatcher<E> implements Matcher<E> {
  readonly #nfa: Nfa<E>;
  readonly #buffer: SharedBuffer<E>;
  readonly #decision: Decision<E>;
  readonly #count: number;
  /** The fitting events inside the window, at most one less than make a match; nodes with none before them. */
  readonly #held: BufferNode<E>[] = [];
  #general: IndexedMatcher<E> | undefined;
  #isIterative = false;

  constructor(nfa: Nfa<E>, count: number, buffer: SharedBuffer<E>, decision: Decision<E>, state?: MatcherState<E>) {
    this.#nfa = nfa;
    this.#count = count;
    this.#buffer = buffer;
    this.#decision = decision;
    if (state && state.runs.length > 0) this.#general = new IndexedMatcher(nfa, buffer, decision, state);
  }

  get partialMatches(): number {
    return this.#general?.partialMatches ?? this.#held.length;
  }

  get withheldMatches(): number {
    return this.#general?.withheldMatches ?? 0;
  }

  nextDeadline(): number | undefined {
    if (this.#general) return this.#general.nextDeadline();
    const { withinMs } = this.#nfa;
    const first = this.#held[0];
    return first && withinMs !== undefined ? first.event.t + withinMs : undefined;
  }

  process(value: E, t: number, results: CepResult<E>[]): void {
    if (!this.#general) {
      this.#decision.begin(value, t);
      this.#decision.decide(this.#nfa.start, undefined);
      this.#isIterative = !this.#decision.isShared;
      if (this.#isIterative) this.#general = this.#generalise();
    }
    if (this.#general) this.#general.process(value, t, results);
    else if (this.#decision.edges.length > 0) this.#take(value, t, results);
    if (this.#general?.partialMatches === 0 && !this.#isIterative) this.#general = undefined;
  }

  expire(t: number, results: CepResult<E>[]): void {
    if (this.#general) {
      this.#general.expire(t, results);
      return;
    }
    for (let at = this.nextDeadline(); at !== undefined && at <= t; at = this.nextDeadline()) {
      if (this.#nfa.timeouts) results.push(resultOf(this.#nfa, 'timeout', at, this.#held));
      const first = this.#held.shift();
      if (first) this.#buffer.release(first);
    }
  }

  dump(): MatcherState<E> {
    if (this.#general) return this.#general.dump();
    const chain = this.#chain();
    const runs = this.#held.map((_, first) => {
      let node: BufferNode<E> | undefined;
      for (const { stage, event } of this.#held.slice(first)) node = { stage, event, previous: node, references: 0 };
      return { state: chain[this.#held.length - first] ?? this.#nfa.start, node };
    });
    return { runs, withheld: [] };
  }

  #take(value: E, t: number, results: CepResult<E>[]): void {
    const node = this.#buffer.take(this.#nfa.start.stage, this.#buffer.event(value, t), undefined);
    this.#buffer.hold(node);
    this.#held.push(node);
    if (this.#held.length < this.#count) return;
    results.push(resultOf(this.#nfa, 'match', t, this.#held));
    for (const each of this.#held) this.#buffer.release(each);
    this.#held.length = 0;
  }

  /** The states that a partial match goes through, by how many events it holds. */
  #chain(): State[] {
    const chain = [this.#nfa.start];
    for (let n = 1; n < this.#count; n++) {
      const next = chain.at(-1)?.edges.find((edge) => edge.action === 'take')?.to;
      if (next) chain.push(next);
    }
    return chain;
  }

  /** The partial matches as IndexedMatcher has them, with nodes of their own. */
  #generalise(): IndexedMatcher<E> {
    const { runs } = this.dump();
    const own = runs.map(({ state, node }) => {
      let last: BufferNode<E> | undefined;
      for (const { stage, event } of pathOf(node)) last = this.#buffer.take(stage, event, last);
      return { state, node: last };
    });
    const general = new IndexedMatcher(this.#nfa, this.#buffer, this.#decision, { runs: own, withheld: [] });
    for (const node of this.#held) this.#buffer.release(node);
    this.#held.length = 0;
    return general;
  }
}
