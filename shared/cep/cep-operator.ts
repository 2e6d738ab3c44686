/**
 * Finds a pattern in the events of one key.
 *
 * Owns the partial matches of that key. Does not own order and lateness: events come in event-time order
 * (shared/event-time/event-time-order.ts), those that are equal in time in the order that was decided there.
 *
 *     release events up to the watermark -> process(event, t) for each -> advanceTime(watermark)
 *
 * Invariants (tested in cep-operator.test.ts):
 * 1. Results depend on the events and their order only, not on when time was advanced or a snapshot was taken
 *    (compat `flink` excepted: there time is advanced in the steps in which the caller does it).
 * 2. What is held is what live partial and withheld matches refer to; `isIdle` when that is nothing.
 * 3. An operator in which a condition threw is not to be used again: go back to its last snapshot.
 */
import { CountingMatcher } from './_counting-matcher.ts';
import { Decision } from './_decision.ts';
import { FlinkMatcher } from './_flink-matcher.ts';
import { IndexedMatcher } from './_indexed-matcher.ts';
import type { Matcher, MatcherState } from './_matcher.ts';
import type { Nfa } from './nfa.ts';
import { SharedBuffer } from './shared-buffer.ts';
import type { CepResult } from './cep-result.ts';
import { type CepSnapshot, decodeState, encodeState } from './snapshot.ts';

export interface CepStats {
  readonly partialMatches: number;
  readonly withheldMatches: number;
  readonly events: number;
  readonly nodes: number;
}

const NOTHING: readonly never[] = Object.freeze([]);

/** Makes the operators of all keys; they share what a single event needs. */
export function operatorsOf<E>(nfa: Nfa<E>): (snapshot?: CepSnapshot<E>) => CepOperator<E> {
  const decision = new Decision(nfa);
  return (snapshot) => new CepOperator(nfa, snapshot, decision);
}

export class CepOperator<E> {
  readonly #nfa: Nfa<E>;
  readonly #buffer = new SharedBuffer<E>();
  readonly #matcher: Matcher<E>;
  /** No event before this time may come. Not in the snapshot: it only catches callers that mix up the order. */
  #openFrom = Number.NEGATIVE_INFINITY;
  #results: CepResult<E>[] = [];

  constructor(nfa: Nfa<E>, snapshot?: CepSnapshot<E>, decision: Decision<E> = new Decision(nfa)) {
    this.#nfa = nfa;
    this.#matcher = this.#matcherOf(decision, snapshot && decodeState(nfa, snapshot, this.#buffer));
  }

  /** The next event. What ran out of time before it comes first in the results. */
  process(event: E, t: number): readonly CepResult<E>[] {
    if (!(t >= this.#openFrom)) {
      throw new Error(
        `Cannot match an event at t=${t}: pattern "${this.#nfa.pattern}" is open from t=${this.#openFrom} on. Give events in event-time order, and advance the time only after them.`,
      );
    }
    this.#openFrom = t;
    this.#matcher.expire(t, this.#results);
    this.#matcher.process(event, t, this.#results);
    return this.#take();
  }

  /** No event with t <= watermark will come any more. */
  advanceTime(watermark: number): readonly CepResult<E>[] {
    // Flink takes the watermark for a time that is reached, not for one that is over, and so waits 1 ms longer.
    const reached = this.#nfa.compat === 'flink' ? watermark : watermark + 1;
    if (reached > this.#openFrom) this.#openFrom = reached;
    this.#matcher.expire(reached, this.#results);
    return this.#take();
  }

  /** When the next partial match runs out of time: `advanceTime(nextDeadline - 1)` will find it. */
  get nextDeadline(): number | undefined {
    return this.#matcher.nextDeadline();
  }

  /** Nothing is held: the operator is as good as a new one, and needs not be stored. */
  get isIdle(): boolean {
    return this.#matcher.partialMatches === 0 && this.#matcher.withheldMatches === 0;
  }

  get stats(): CepStats {
    const { partialMatches, withheldMatches } = this.#matcher;
    return { partialMatches, withheldMatches, events: this.#buffer.events, nodes: this.#buffer.nodes };
  }

  /** What the constructor takes up again: plain JSON, if the events are. */
  snapshot(): CepSnapshot<E> {
    return encodeState(this.#matcher.dump());
  }

  #matcherOf(decision: Decision<E>, state: MatcherState<E> | undefined): Matcher<E> {
    const { compat, count } = this.#nfa;
    if (compat === 'flink') return new FlinkMatcher(this.#nfa, this.#buffer, decision, state);
    if (count === undefined) return new IndexedMatcher(this.#nfa, this.#buffer, decision, state);
    return new CountingMatcher(this.#nfa, count, this.#buffer, decision, state);
  }

  #take(): readonly CepResult<E>[] {
    if (this.#results.length === 0) return NOTHING;
    const results = this.#results;
    this.#results = [];
    return results;
  }
}
