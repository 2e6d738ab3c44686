/**
 * How the events of a window become one value.
 *
 * `add` and `merge` may change their first argument and return it; they never change the second. `merge` is
 * associative, and the order of events must not matter to the result where results are to be deterministic.
 * An accumulator is plain JSON data, for it is stored.
 */
export interface Aggregate<E, A extends NonNullable<unknown>> {
  /** A fresh accumulator that no event has touched. */
  create(): A;
  add(accumulator: A, event: E): A;
  merge(into: A, from: A): A;
}
