/**
 * The times of a customer's oldest and newest orders, ascending; of all orders while they are few.
 *
 * Each time is kept as text too: it is written with every commit, and turning a number of 13 digits into text costs more
 * than the rest of a commit line.
 */

const OLDEST = 2;
const NEWEST = 3;

export class OrderTimes {
  readonly #times: number[] = [];
  readonly #texts: string[] = [];

  constructor(times: readonly number[] = []) {
    for (const time of times) this.add(time);
  }

  /** ms; 0 when there is none. */
  get first(): number {
    return this.#times[0] ?? 0;
  }

  /** ms; 0 when there is none. */
  get last(): number {
    return this.#times[this.#times.length - 1] ?? 0;
  }

  /** Adds a time, and drops one from the middle when there are too many. */
  add(time: number): void {
    let at = this.#times.length;
    while (at > 0 && (this.#times[at - 1] ?? 0) > time) at--;
    this.#times.splice(at, 0, time);
    this.#texts.splice(at, 0, String(time));
    if (this.#times.length > OLDEST + NEWEST) this.#drop(OLDEST);
  }

  /** Removes a time if it is remembered; the only one stays, for the orders between are forgotten. */
  remove(time: number): void {
    const at = this.#times.indexOf(time);
    if (at >= 0 && this.#times.length > 1) this.#drop(at);
  }

  /** The times between the first and the last as JSON: an array, or null when first and last are one and the same. */
  betweenText(): string {
    return this.#texts.length === 1 ? 'null' : `[${this.#texts.slice(1, -1).join(',')}]`;
  }

  #drop(at: number): void {
    this.#times.splice(at, 1);
    this.#texts.splice(at, 1);
  }
}
