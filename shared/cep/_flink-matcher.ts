/**
 * Evaluates an automaton step by step as Flink 2 does: every partial match is asked about every event, and matches that
 * begin with the same event are taken in the order in which Java's heap has them. For comparison, and for who moves a
 * job over and wants the same output; it is as slow as it looks.
 *
 * Invariant (tested in flink-nfa.test.ts): the matches of each step are those Flink gives.
 */
import type { CepResult } from './cep-result.ts';
import type { Decision } from './_decision.ts';
import { JavaHeap } from './_java-heap.ts';
import { type Completed, completedOf, type Matcher, type MatcherState, resultOf, skippedBefore } from './_matcher.ts';
import type { Edge, Nfa, State } from './nfa.ts';
import { type BufferedEvent, type BufferNode, pathOf, type SharedBuffer } from './shared-buffer.ts';

/** No node: the start, which is always there. */
interface Run<E> {
  readonly state: State;
  readonly node: BufferNode<E> | undefined;
  readonly start: BufferedEvent<E> | undefined;
}

export class FlinkMatcher<E> implements Matcher<E> {
  readonly #nfa: Nfa<E>;
  readonly #buffer: SharedBuffer<E>;
  readonly #decision: Decision<E>;
  readonly #withheld: JavaHeap<Completed<E>>;
  #runs: JavaHeap<Run<E>>;
  #event: BufferedEvent<E> | undefined;

  constructor(nfa: Nfa<E>, buffer: SharedBuffer<E>, decision: Decision<E>, state?: MatcherState<E>) {
    this.#nfa = nfa;
    this.#buffer = buffer;
    this.#decision = decision;
    const runs = state?.runs ?? [{ state: nfa.start, node: undefined }];
    this.#runs = runHeap(runs.map((run) => ({ ...run, start: pathOf(run.node)[0]?.event })));
    for (const { node } of runs) if (node) buffer.hold(node);
    this.#withheld = matchHeap((state?.withheld ?? []).map(completedOf));
    for (const { node } of this.#withheld.values) buffer.hold(node);
  }

  get partialMatches(): number {
    return this.#runs.size - 1;
  }

  get withheldMatches(): number {
    return this.#withheld.size;
  }

  nextDeadline(): number | undefined {
    let next: number | undefined;
    for (const run of this.#runs.values) {
      for (const deadline of this.#deadlines(run)) if (next === undefined || deadline < next) next = deadline;
    }
    return next;
  }

  process(value: E, t: number, results: CepResult<E>[]): void {
    this.#event = undefined;
    this.#decision.begin(value, t);
    const left = runHeap<E>();
    const completed = matchHeap<E>();
    for (const run of this.#runs.values) {
      this.#decision.decide(run.state, run.node);
      this.#apply(run, value, t, left, completed);
    }
    this.#settle(t, left, completed, results);
    this.#event = undefined;
  }

  expire(t: number, results: CepResult<E>[]): void {
    const left = runHeap<E>();
    const completed = matchHeap<E>();
    for (const run of this.#runs.values) {
      // The deadline since the last event comes first, when both are over.
      const deadline = this.#deadlines(run).find((at) => at <= t);
      if (!run.node || deadline === undefined) left.push(run);
      else if (run.state.kind === 'pending') completed.push(completedOf(run.node));
      else {
        if (this.#nfa.timeouts) results.push(resultOf(this.#nfa, 'timeout', deadline, pathOf(run.node)));
        this.#buffer.release(run.node);
      }
    }
    this.#settle(t, left, completed, results);
  }

  dump(): MatcherState<E> {
    return { runs: this.#runs.values, withheld: this.#withheld.values.map((match) => match.node) };
  }

  #deadlines(run: Run<E>): number[] {
    if (!run.node || !run.start) return [];
    const { gapMs } = run.state;
    const { withinMs } = this.#nfa;
    const sinceLast = gapMs === undefined ? [] : [run.node.event.t + gapMs];
    return withinMs === undefined ? sinceLast : [...sinceLast, run.start.t + withinMs];
  }

  #apply(run: Run<E>, value: E, t: number, left: JavaHeap<Run<E>>, completed: JavaHeap<Completed<E>>): void {
    const { edges, completes } = this.#decision;
    edges.forEach((edge, n) => {
      if (edge.action === 'take') this.#take(run, edge, completes[n] === true, value, t, left, completed);
      else if (run.node) this.#move(edge, run.node, run.start, left, completed);
    });
    if (!run.node) left.push(run);
    else this.#buffer.release(run.node);
  }

  #take(
    run: Run<E>,
    edge: Edge,
    completes: boolean,
    value: E,
    t: number,
    left: JavaHeap<Run<E>>,
    completed: JavaHeap<Completed<E>>,
  ): void {
    this.#event ??= this.#buffer.event(value, t);
    const node = this.#buffer.take(edge.from.stage, this.#event, run.node);
    this.#buffer.hold(node);
    this.#move(edge, node, run.start ?? this.#event, left, completed);
    if (completes) this.#complete(node, completed);
    this.#buffer.release(node);
  }

  #move(
    edge: Edge,
    node: BufferNode<E>,
    start: BufferedEvent<E> | undefined,
    left: JavaHeap<Run<E>>,
    completed: JavaHeap<Completed<E>>,
  ): void {
    if (edge.to.kind === 'final') this.#complete(node, completed);
    else if (!this.#decision.isStopped) {
      this.#buffer.hold(node);
      left.push({ state: edge.to, node, start });
    }
  }

  #complete(node: BufferNode<E>, completed: JavaHeap<Completed<E>>): void {
    this.#buffer.hold(node);
    completed.push(completedOf(node));
  }

  #settle(t: number, left: JavaHeap<Run<E>>, completed: JavaHeap<Completed<E>>, results: CepResult<E>[]): void {
    for (const match of completed.values) this.#withheld.push(match);
    const skips = this.#nfa.skip.kind !== 'noSkip';
    for (let match = this.#withheld.peek(); match; match = this.#withheld.peek()) {
      const earliest = left.peek()?.start;
      if (skips && earliest && earliest.id < match.start) break;
      this.#withheld.pop();
      if (skips) this.#skip(skippedBefore(this.#nfa, match), left);
      results.push(resultOf(this.#nfa, 'match', t, match.path));
      this.#buffer.release(match.node);
    }
    this.#runs = left;
  }

  #skip(before: number, left: JavaHeap<Run<E>>): void {
    const isGone = (node: BufferNode<E> | undefined, start: number): boolean => {
      if (!node || start >= before) return false;
      this.#buffer.release(node);
      return true;
    };
    left.removeIf((run) => isGone(run.node, run.start?.id ?? before));
    this.#withheld.removeIf((match) => isGone(match.node, match.start));
  }
}

/** The start comes last. */
function runHeap<E>(runs: readonly Run<E>[] = []): JavaHeap<Run<E>> {
  const rank = (run: Run<E>) => run.start?.id ?? Number.POSITIVE_INFINITY;
  return new JavaHeap<Run<E>>((a, b) => compareNumbers(rank(a), rank(b)), runs);
}

function matchHeap<E>(matches: readonly Completed<E>[] = []): JavaHeap<Completed<E>> {
  return new JavaHeap<Completed<E>>((a, b) => compareNumbers(a.start, b.start), matches);
}

function compareNumbers(a: number, b: number): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
