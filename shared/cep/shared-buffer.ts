/**
 * The events that partial matches hold, each once, and who took which: a tree in which each partial match is the way
 * from a node to its root. Matches that begin alike share their beginning.
 *
 *     a (a1) <-- b (b1) <-- b (b2)     partial matches a1 b1 b2 and a1 b3: two events more than one match alone
 *            <-- b (b3)
 *
 * Flink shares nodes between branches too and tells them apart by version numbers (Dewey); here a branch is a node of
 * its own, which needs no versions and can mix up nothing. The number of edges is the same.
 *
 * Invariants (tested in cep-operator.test.ts):
 * 1. A node is held as long as a partial match, a withheld match or another node refers to it; an event as long as a
 *    node does. When nothing is live, `nodes` and `events` are 0.
 * 2. Ids of events rise in the order in which the events came.
 */

export interface BufferedEvent<E> {
  readonly id: number;
  readonly t: number;
  readonly value: E;
  references: number;
}

/** One event taken by one stage. */
export interface BufferNode<E> {
  readonly stage: number;
  readonly event: BufferedEvent<E>;
  readonly previous: BufferNode<E> | undefined;
  references: number;
}

export class SharedBuffer<E> {
  #nextId = 0;
  #events = 0;
  #nodes = 0;

  get events(): number {
    return this.#events;
  }

  get nodes(): number {
    return this.#nodes;
  }

  /** An event no node refers to yet. */
  event(value: E, t: number): BufferedEvent<E> {
    return { id: this.#nextId++, t, value, references: 0 };
  }

  /** A node nobody refers to yet: hold it, or release what was made of it. */
  take(stage: number, event: BufferedEvent<E>, previous: BufferNode<E> | undefined): BufferNode<E> {
    if (event.references++ === 0) this.#events++;
    if (previous) previous.references++;
    this.#nodes++;
    return { stage, event, previous, references: 0 };
  }

  hold(node: BufferNode<E>): void {
    node.references++;
  }

  /** Gives up one reference, and with the last one the node, and so on to the root. */
  release(node: BufferNode<E>): void {
    for (let at: BufferNode<E> | undefined = node; at; at = at.previous) {
      if (at.references <= 0) throw new Error(`A node of stage ${at.stage} was released more often than held.`);
      if (--at.references > 0) return;
      this.#nodes--;
      if (--at.event.references === 0) this.#events--;
    }
  }
}

/** The events of a partial match, in their order. */
export function pathOf<E>(node: BufferNode<E> | undefined): BufferNode<E>[] {
  const path: BufferNode<E>[] = [];
  for (let at = node; at; at = at.previous) path.push(at);
  return path.reverse();
}
