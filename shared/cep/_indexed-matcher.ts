/**
 * Evaluates an automaton so that an event costs what it changes, not what is live.
 *
 * Partial matches are kept by state: those in one state decide alike (but where a condition reads what they hold), so an
 * event that changes nothing for a state costs one decision, however many matches wait there. They are also kept by the
 * event they begin with, in order: what runs out of time, what is skipped and what withholds a match is found in front.
 *
 * Invariants (tested in cep-operator.test.ts and brute-force.test.ts):
 * 1. Deadlines pass one by one, in order, each at its own time: results do not depend on when time is advanced.
 * 2. The partial matches of a state, and those of a start, are in the order they were made; with a gap, by the time of
 *    their last event.
 */
import type { CepResult } from './cep-result.ts';
import type { Decision } from './_decision.ts';
import { type Link, LinkedList } from './_linked-list.ts';
import {
  type Completed,
  compareTaken,
  completedOf,
  type Matcher,
  type MatcherState,
  resultOf,
  skippedBefore,
} from './_matcher.ts';
import type { Edge, Nfa, State } from './nfa.ts';
import { type BufferedEvent, type BufferNode, pathOf, type SharedBuffer } from './shared-buffer.ts';

interface Run<E> {
  readonly state: State;
  readonly node: BufferNode<E>;
  readonly start: Start<E>;
  readonly number: number;
  inState?: Link<Run<E>>;
  inStart?: Link<Run<E>>;
}

/** Partial matches that begin with the same event. */
interface Start<E> {
  readonly event: BufferedEvent<E>;
  readonly runs: LinkedList<Run<E>>;
  link?: Link<Start<E>>;
}

export class IndexedMatcher<E> implements Matcher<E> {
  readonly #nfa: Nfa<E>;
  readonly #buffer: SharedBuffer<E>;
  readonly #decision: Decision<E>;
  readonly #byState: LinkedList<Run<E>>[] = [];
  readonly #starts = new LinkedList<Start<E>>();
  /** By the event they begin with, then as they became whole. */
  #withheld: Completed<E>[] = [];
  #fresh: Completed<E>[] = [];
  #made: Run<E>[] = [];
  readonly #emptied: Start<E>[] = [];
  #nextNumber = 0;
  #size = 0;
  #event: BufferedEvent<E> | undefined;
  #startOfEvent: Start<E> | undefined;

  constructor(nfa: Nfa<E>, buffer: SharedBuffer<E>, decision: Decision<E>, state?: MatcherState<E>) {
    this.#nfa = nfa;
    this.#buffer = buffer;
    this.#decision = decision;
    if (state) this.#restore(state);
  }

  get partialMatches(): number {
    return this.#size;
  }

  get withheldMatches(): number {
    return this.#withheld.length;
  }

  nextDeadline(): number | undefined {
    const { withinMs } = this.#nfa;
    const first = this.#starts.first?.value;
    let next = withinMs !== undefined && first ? first.event.t + withinMs : undefined;
    for (const runs of this.#byState) {
      const run = runs?.first?.value;
      if (run?.state.gapMs === undefined) continue;
      const deadline = run.node.event.t + run.state.gapMs;
      if (next === undefined || deadline < next) next = deadline;
    }
    return next;
  }

  process(value: E, t: number, results: CepResult<E>[]): void {
    this.#decision.begin(value, t);
    for (const runs of this.#byState) if (runs?.first) this.#decideAll(runs, value, t);
    this.#decision.decide(this.#nfa.start, undefined);
    this.#apply(undefined, value, t);
    this.#insertMade();
    this.#dropEmptied();
    this.#settle(t, results);
    this.#event = undefined;
    this.#startOfEvent = undefined;
  }

  expire(t: number, results: CepResult<E>[]): void {
    for (let at = this.nextDeadline(); at !== undefined && at <= t; at = this.nextDeadline()) {
      this.#expireAt(at, results);
      this.#dropEmptied();
      this.#settle(at, results);
    }
  }

  dump(): MatcherState<E> {
    const runs: Run<E>[] = [];
    for (let start = this.#starts.first; start; start = start.next) {
      for (let link = start.value.runs.first; link; link = link.next) runs.push(link.value);
    }
    runs.sort((a, b) => a.number - b.number);
    return { runs, withheld: this.#withheld.map((match) => match.node) };
  }

  #restore({ runs, withheld }: MatcherState<E>): void {
    const starts = new Map<BufferedEvent<E>, Start<E>>();
    const nodes = runs.map(({ node }) => node).filter((node) => node !== undefined);
    const events = new Set(nodes.map((node) => rootOf(node)));
    for (const event of [...events].sort((a, b) => a.id - b.id)) {
      const start: Start<E> = { event, runs: new LinkedList() };
      start.link = this.#starts.append(start);
      starts.set(event, start);
    }
    for (const { state, node } of runs) {
      const start = node && starts.get(rootOf(node));
      if (node && start) this.#make(state, node, start);
    }
    this.#insertMade();
    for (const node of withheld) this.#complete(node);
    this.#withheld = this.#fresh;
    this.#fresh = [];
  }

  #decideAll(runs: LinkedList<Run<E>>, value: E, t: number): void {
    const first = runs.first;
    if (!first) return;
    this.#decision.decide(first.value.state, first.value.node);
    const { isShared } = this.#decision;
    if (isShared && this.#decision.isIdle(first.value.state)) return;
    for (let link: Link<Run<E>> | undefined = first; link; link = link.next) {
      if (!isShared && link !== first) this.#decision.decide(link.value.state, link.value.node);
      this.#apply(link.value, value, t);
    }
  }

  /** Goes the edges that were decided on, from a partial match or from the start. */
  #apply(run: Run<E> | undefined, value: E, t: number): void {
    const { edges, completes, isStopped } = this.#decision;
    let stays = false;
    for (let n = 0; n < edges.length; n++) {
      const edge = edges[n];
      if (edge?.action === 'take') this.#take(run, edge, completes[n] === true, isStopped, value, t);
      else if (edge && run) {
        if (edge.to === run.state) stays = !isStopped;
        else if (edge.to.kind === 'final') this.#complete(run.node);
        else if (!isStopped) this.#make(edge.to, run.node, run.start);
      }
    }
    if (run && !stays) this.#remove(run);
  }

  #take(run: Run<E> | undefined, edge: Edge, completes: boolean, isStopped: boolean, value: E, t: number): void {
    this.#event ??= this.#buffer.event(value, t);
    const node = this.#buffer.take(edge.from.stage, this.#event, run?.node);
    this.#buffer.hold(node);
    if (completes || edge.to.kind === 'final') this.#complete(node);
    if (edge.to.kind !== 'final' && !isStopped) {
      this.#startOfEvent ??= { event: this.#event, runs: new LinkedList() };
      this.#make(edge.to, node, run ? run.start : this.#startOfEvent);
    }
    this.#buffer.release(node);
  }

  #complete(node: BufferNode<E>): void {
    this.#buffer.hold(node);
    this.#fresh.push(completedOf(node));
  }

  /** Inserted only after the event: what it makes must not see it again. */
  #make(state: State, node: BufferNode<E>, start: Start<E>): void {
    this.#buffer.hold(node);
    this.#made.push({ state, node, start, number: this.#nextNumber++ });
  }

  #insertMade(): void {
    for (const run of this.#made) this.#insert(run);
    this.#made.length = 0;
  }

  #insert(run: Run<E>): void {
    const { state, start } = run;
    this.#byState[state.id] ??= new LinkedList();
    const runs = this.#byState[state.id];
    let after = runs?.last;
    // A deadline is looked for in front only.
    while (state.gapMs !== undefined && after && after.value.node.event.t > run.node.event.t) after = after.previous;
    const inState = runs?.insertAfter(after, run);
    if (inState) run.inState = inState;
    run.inStart = start.runs.append(run);
    start.link ??= this.#starts.append(start);
    this.#size++;
  }

  #remove(run: Run<E>): void {
    const { start } = run;
    if (run.inState) this.#byState[run.state.id]?.remove(run.inState);
    if (run.inStart) start.runs.remove(run.inStart);
    // Not dropped yet: the event at hand may give it another.
    if (start.runs.size === 0) this.#emptied.push(start);
    this.#size--;
    this.#buffer.release(run.node);
  }

  #dropEmptied(): void {
    for (const start of this.#emptied) {
      if (start.runs.size > 0 || !start.link) continue;
      this.#starts.remove(start.link);
      delete start.link;
    }
    this.#emptied.length = 0;
  }

  #expireAt(deadline: number, results: CepResult<E>[]): void {
    const { withinMs } = this.#nfa;
    for (let start = this.#starts.first; start && withinMs !== undefined; start = start.next) {
      if (start.value.event.t + withinMs > deadline) break;
      for (let link = start.value.runs.first; link; link = link.next) this.#timeOut(link.value, deadline, results);
    }
    for (const runs of this.#byState) {
      for (let link = runs?.first; link; link = link.next) {
        const { node, state } = link.value;
        if (state.gapMs === undefined || node.event.t + state.gapMs > deadline) break;
        this.#timeOut(link.value, deadline, results);
      }
    }
  }

  #timeOut(run: Run<E>, deadline: number, results: CepResult<E>[]): void {
    if (this.#endsByTime(run.state)) this.#complete(run.node);
    else if (this.#nfa.timeouts) results.push(resultOf(this.#nfa, 'timeout', deadline, pathOf(run.node)));
    this.#remove(run);
  }

  /** It waits for its time to be over, or could have gone there. Flink waits for one more event in the second case. */
  #endsByTime(state: State): boolean {
    if (state.kind === 'pending') return true;
    return state.edges.some((edge) => edge.action === 'proceed' && this.#endsByTime(edge.to));
  }

  /** Gives out the matches that nothing can take precedence of any more, and gives up what they skip. */
  #settle(t: number, results: CepResult<E>[]): void {
    if (this.#fresh.length === 0 && this.#withheld.length === 0) return;
    if (this.#fresh.length > 0) {
      if (this.#fresh.length > 1) this.#fresh.sort(compareTaken);
      this.#withheld.push(...this.#fresh);
      this.#fresh.length = 0;
      if (this.#withheld.length > 1) this.#withheld.sort((a, b) => a.start - b.start);
    }
    const skips = this.#nfa.skip.kind !== 'noSkip';
    let given = 0;
    for (let match = this.#withheld[0]; match; match = this.#withheld[given]) {
      const earliest = this.#starts.first?.value;
      if (skips && earliest && earliest.event.id < match.start) break;
      given++;
      results.push(resultOf(this.#nfa, 'match', t, match.path));
      if (skips) given = this.#skip(given, skippedBefore(this.#nfa, match));
      this.#buffer.release(match.node);
    }
    this.#withheld.splice(0, given);
  }

  /** Gives up what begins before that id. Returns how many of the withheld are done with. */
  #skip(given: number, before: number): number {
    for (let start = this.#starts.first; start && start.value.event.id < before; start = start.next) {
      for (let link = start.value.runs.first; link; link = link.next) this.#remove(link.value);
    }
    this.#dropEmptied();
    let at = given;
    for (let match = this.#withheld[at]; match && match.start < before; match = this.#withheld[at]) {
      this.#buffer.release(match.node);
      at++;
    }
    return at;
  }
}

function rootOf<E>(node: BufferNode<E>): BufferedEvent<E> {
  let root = node;
  while (root.previous) root = root.previous;
  return root.event;
}
