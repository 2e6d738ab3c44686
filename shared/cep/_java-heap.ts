/**
 * A heap that keeps equal values in the order java.util.PriorityQueue does. Which of several matches that begin with the
 * same event Flink takes first, and so which ones it then skips, hangs on it. Only the `flink` compat uses it.
 */
export class JavaHeap<V> {
  readonly #compare: (a: V, b: V) => number;
  #values: V[];

  /** `values`: as `values` of another heap gave them. */
  constructor(compare: (a: V, b: V) => number, values: readonly V[] = []) {
    this.#compare = compare;
    this.#values = [...values];
  }

  /** As they lie, not in order. */
  get values(): readonly V[] {
    return this.#values;
  }

  get size(): number {
    return this.#values.length;
  }

  peek(): V | undefined {
    return this.#values[0];
  }

  push(value: V): void {
    let at = this.#values.length;
    this.#values.push(value);
    while (at > 0) {
      const above = (at - 1) >>> 1;
      if (this.#compare(value, this.#at(above)) >= 0) break;
      this.#values[at] = this.#at(above);
      at = above;
    }
    this.#values[at] = value;
  }

  pop(): V | undefined {
    const first = this.#values[0];
    const last = this.#values.pop();
    if (last !== undefined && this.#values.length > 0) this.#sink(0, last);
    return first;
  }

  /** Removes what `isGone` says, and orders the rest anew, as removeIf does. */
  removeIf(isGone: (value: V) => boolean): void {
    const kept = this.#values.filter((value) => !isGone(value));
    if (kept.length === this.#values.length) return;
    this.#values = kept;
    for (let at = (kept.length >>> 1) - 1; at >= 0; at--) this.#sink(at, this.#at(at));
  }

  #sink(from: number, value: V): void {
    const size = this.#values.length;
    let at = from;
    while (at < size >>> 1) {
      let below = 2 * at + 1;
      if (below + 1 < size && this.#compare(this.#at(below), this.#at(below + 1)) > 0) below++;
      if (this.#compare(value, this.#at(below)) <= 0) break;
      this.#values[at] = this.#at(below);
      at = below;
    }
    this.#values[at] = value;
  }

  #at(n: number): V {
    const value = this.#values[n];
    if (value === undefined) throw new Error(`A heap has no place ${n}.`);
    return value;
  }
}
