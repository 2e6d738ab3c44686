/**
 * One page of a collection that is in no order: the entries with the smallest keys behind a cursor, ascending.
 * For collections that change more often than they are listed: keeping them sorted would cost at every change.
 *
 * Invariants (first-by-key.test.ts):
 * 1. A page is what sorting all accepted entries and cutting would give.
 * 2. Paging by key (not by offset): an entry that keeps its key is neither repeated nor hidden by others that come and go.
 */
import type { Page } from './newest-list.ts';

export interface KeyPageQuery<V> {
  /** Keys > after: where the page before ended. */
  readonly after?: string | undefined;
  readonly limit: number;
  readonly accept: (value: V) => boolean;
}

export function firstByKey<V>(
  values: Iterable<V>,
  keyOf: (value: V) => string,
  { after, limit, accept }: KeyPageQuery<V>,
): Page<V> {
  const found: { key: string; value: V }[] = []; // ascending, one more than the page
  for (const value of values) {
    const key = keyOf(value);
    if (after !== undefined && key <= after) continue;
    const last = found[limit];
    if ((last !== undefined && key >= last.key) || !accept(value)) continue;
    found.splice(placeOf(found, key), 0, { key, value });
    if (found.length > limit + 1) found.pop();
  }
  const items = found.slice(0, limit).map(({ value }) => value);
  const next = found[limit - 1]?.key;
  return found.length > limit && next !== undefined ? { items, next } : { items };
}

function placeOf(found: readonly { readonly key: string }[], key: string): number {
  let low = 0;
  let high = found.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((found[middle]?.key ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
