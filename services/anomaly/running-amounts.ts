/**
 * Mean and standard deviation of the amounts so far, one amount at a time.
 *
 * The same values as Welford's method, kept as whole numbers (count, sum, sum of squares) instead of floating point:
 * Welford's is there to keep floats from cancelling out, whole numbers do not, and they can be taken back without
 * a trace, which floats cannot. (B. P. Welford, Technometrics 4(3), 1962.)
 *
 * Invariants (tested in running-amounts.test.ts):
 * 1. Mean and deviation are those of the amounts added and not removed, in whatever order; the deviation is the sample's
 *    (n - 1).
 * 2. Removing an amount leaves exactly the state that adding the others gives.
 */

/** Count, sum and sum of squares, as KV shows them: digits of any length, as text. */
export type RunningAmountsValue = readonly [count: number, sum: string, squares: string];

export class RunningAmounts {
  #count = 0;
  #sum = 0n;
  #squares = 0n;

  static decode([count, sum, squares]: RunningAmountsValue): RunningAmounts {
    const amounts = new RunningAmounts();
    amounts.#count = count;
    amounts.#sum = BigInt(sum);
    amounts.#squares = BigInt(squares);
    return amounts;
  }

  /** JSON text of a RunningAmountsValue. */
  encode(): string {
    return `[${this.#count},"${this.#sum}","${this.#squares}"]`;
  }

  get count(): number {
    return this.#count;
  }

  /** Minor units. NaN when there are none. */
  get mean(): number {
    return Number(this.#sum) / this.#count;
  }

  /** Minor units. NaN for fewer than two. */
  get deviation(): number {
    const spread = BigInt(this.#count) * this.#squares - this.#sum * this.#sum; // n^2 times the variance
    return Math.sqrt(Number(spread) / this.#count / (this.#count - 1));
  }

  /** `amount` in minor units. */
  add(amount: number): void {
    const whole = BigInt(amount);
    this.#count++;
    this.#sum += whole;
    this.#squares += whole * whole;
  }

  /** False, and nothing changed: no amounts of which this is one have this sum. */
  remove(amount: number): boolean {
    const whole = BigInt(amount);
    const count = this.#count - 1;
    const sum = this.#sum - whole;
    const squares = this.#squares - whole * whole;
    const isPossible = count === 0 ? sum === 0n && squares === 0n : BigInt(count) * squares >= sum * sum;
    if (count < 0 || !isPossible) return false;
    this.#count = count;
    this.#sum = sum;
    this.#squares = squares;
    return true;
  }
}
