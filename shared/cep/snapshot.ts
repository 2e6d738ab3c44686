/**
 * The state of an operator as plain JSON: each event once, each node once, all referred to by their place.
 *
 * Invariants (tested in cep-operator.test.ts):
 * 1. Places follow from the order of events and partial matches, not from what was there before: an operator restored
 *    from a snapshot gives the same snapshot, byte for byte, and so do both after the same events.
 * 2. A snapshot of another pattern is refused.
 */
import type { MatcherState } from './_matcher.ts';
import type { Nfa, State } from './nfa.ts';
import type { BufferNode, SharedBuffer } from './shared-buffer.ts';

/** Events must be JSON values; give the operator what the conditions and the match need, not the whole record. */
export interface CepSnapshot<E> {
  readonly v: 1;
  /** [t, event], in the order they came. */
  readonly events: readonly (readonly [t: number, event: E])[];
  /** Stage, event, node before it (-1: none), three numbers a node. */
  readonly nodes: readonly number[];
  /** State, node (-1: none), two numbers a partial match. */
  readonly runs: readonly number[];
  /** Nodes of matches that are whole and withheld. */
  readonly withheld: readonly number[];
}

const NONE = -1;

export function encodeState<E>(state: MatcherState<E>): CepSnapshot<E> {
  const numbers = new Map<BufferNode<E>, number>();
  const nodes: BufferNode<E>[] = [];
  const number = (node: BufferNode<E> | undefined): number => {
    if (!node) return NONE;
    for (const at of pathUpToKnown(node, numbers)) {
      numbers.set(at, nodes.length);
      nodes.push(at);
    }
    return numbers.get(node) ?? NONE;
  };
  const runs = state.runs.flatMap(({ state: at, node }) => [at.id, number(node)]);
  const withheld = state.withheld.map(number);
  const events = [...new Set(nodes.map((node) => node.event))].sort((a, b) => a.id - b.id);
  const places = new Map(events.map((event, n) => [event, n]));
  return {
    v: 1,
    events: events.map((event) => [event.t, event.value]),
    nodes: nodes.flatMap((node) => [
      node.stage,
      places.get(node.event) ?? NONE,
      node.previous ? (numbers.get(node.previous) ?? NONE) : NONE,
    ]),
    runs,
    withheld,
  };
}

export function decodeState<E>(nfa: Nfa<E>, snapshot: CepSnapshot<E>, buffer: SharedBuffer<E>): MatcherState<E> {
  const events = snapshot.events.map(([t, value]) => buffer.event(value, t));
  const nodes: BufferNode<E>[] = [];
  for (let n = 0; n < snapshot.nodes.length; n += 3) {
    const [stage = NONE, event = NONE, previous = NONE] = snapshot.nodes.slice(n, n + 3);
    if (!(stage in nfa.stages)) refuse(nfa, `stage ${stage}`);
    nodes.push(
      buffer.take(stage, known(nfa, events, event), previous === NONE ? undefined : known(nfa, nodes, previous)),
    );
  }
  const runs: { state: State; node: BufferNode<E> | undefined }[] = [];
  for (let n = 0; n < snapshot.runs.length; n += 2) {
    const [state = NONE, node = NONE] = snapshot.runs.slice(n, n + 2);
    runs.push({ state: known(nfa, nfa.states, state), node: node === NONE ? undefined : known(nfa, nodes, node) });
  }
  return { runs, withheld: snapshot.withheld.map((node) => known(nfa, nodes, node)) };
}

function pathUpToKnown<E>(node: BufferNode<E>, numbers: ReadonlyMap<BufferNode<E>, number>): BufferNode<E>[] {
  const path: BufferNode<E>[] = [];
  for (let at: BufferNode<E> | undefined = node; at && !numbers.has(at); at = at.previous) path.push(at);
  return path.reverse();
}

function known<E, V>(nfa: Nfa<E>, values: readonly V[], n: number): V {
  return values[n] ?? refuse(nfa, `number ${n}`);
}

function refuse<E>(nfa: Nfa<E>, what: string): never {
  throw new Error(
    `Cannot restore pattern "${nfa.pattern}": its snapshot has ${what}, which the pattern has not. Snapshots fit the pattern and the compat that made them only; start without one when the pattern has changed.`,
  );
}
