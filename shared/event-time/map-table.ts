/** A table that lives in memory only: for window operators outside a stage, and for tests. */
import type { Table } from '../events/stage.ts';

export class MapTable<V> implements Table<V> {
  readonly #values = new Map<string, V>();

  get size(): number {
    return this.#values.size;
  }

  get(id: string): V | undefined {
    return this.#values.get(id);
  }

  put(id: string, value: V): void {
    this.#values.set(id, value);
  }

  delete(id: string): void {
    this.#values.delete(id);
  }

  release(id: string): void {
    this.#values.delete(id);
  }

  entries(): IterableIterator<[id: string, value: V]> {
    return this.#values.entries();
  }
}
