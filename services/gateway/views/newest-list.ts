/**
 * A bounded list of the newest values by key, newest first: what a listing route serves from memory.
 *
 * Invariants (newest-list.test.ts):
 * 1. Keys are unique and ordered; `page` sees them newest first whatever the order of arrival.
 * 2. Never more than `capacity` values: the oldest go first, and a value older than all of a full list is not taken.
 * 3. All that were put and not deleted and are newer than `leftOut` are here.
 * 4. Paging by key (not by offset): values that arrive between two pages are neither repeated nor hidden.
 */

export interface PageQuery<V> {
  /** Keys >= from. */
  readonly from?: string | undefined;
  /** Keys < to. */
  readonly to?: string | undefined;
  /** Keys < after: where the page before ended. */
  readonly after?: string | undefined;
  readonly limit: number;
  readonly accept: (value: V) => boolean;
}

export interface Page<V> {
  readonly items: readonly V[];
  /** The key to give as `after` for the next page; absent on the last one. */
  readonly next?: string;
}

export class NewestList<V> {
  readonly #capacity: number;
  /** Ascending, so that the common arrival (a new or a recent key) moves nothing. */
  readonly #keys: string[] = [];
  readonly #values = new Map<string, V>();
  #leftOut: string | undefined;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#keys.length;
  }

  /** The newest key that there was no room for: older ones may be missing too; newer ones are all here. */
  get leftOut(): string | undefined {
    return this.#leftOut;
  }

  put(key: string, value: V): void {
    if (this.#values.has(key)) {
      this.#values.set(key, value);
      return;
    }
    const at = this.#firstAtOrAfter(key);
    this.#keys.splice(at, 0, key);
    this.#values.set(key, value);
    if (this.#keys.length > this.#capacity) this.#leaveOut(this.#keys[0] ?? key);
  }

  delete(key: string): void {
    if (!this.#values.delete(key)) return;
    this.#keys.splice(this.#firstAtOrAfter(key), 1);
  }

  page(query: PageQuery<V>): Page<V> {
    const found = this.keyed({ ...query, limit: query.limit + 1 });
    const items = found.slice(0, query.limit).map(([, value]) => value);
    const last = found[query.limit - 1]?.[0];
    return found.length > query.limit && last !== undefined ? { items, next: last } : { items };
  }

  /** The newest values that the query takes, with their keys. */
  keyed(query: PageQuery<V>): [key: string, value: V][] {
    const found: [string, V][] = [];
    for (let at = this.#endOf(query) - 1; at >= 0 && found.length < query.limit; at--) {
      const key = this.#keys[at] ?? '';
      if (query.from !== undefined && key < query.from) break;
      const value = this.#values.get(key);
      if (value !== undefined && query.accept(value)) found.push([key, value]);
    }
    return found;
  }

  #leaveOut(key: string): void {
    this.delete(key);
    if (this.#leftOut === undefined || key > this.#leftOut) this.#leftOut = key;
  }

  /** Index behind the newest key that the query allows. */
  #endOf({ to, after }: PageQuery<V>): number {
    const bounds = [to, after].filter((bound) => bound !== undefined);
    return Math.min(this.#keys.length, ...bounds.map((bound) => this.#firstAtOrAfter(bound)));
  }

  #firstAtOrAfter(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] ?? '') < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
