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
  #sum: Whole = 0;
  #squares: Whole = 0;

  static decode([count, sum, squares]: RunningAmountsValue): RunningAmounts {
    const amounts = new RunningAmounts();
    amounts.#count = count;
    amounts.#sum = canonical(BigInt(sum));
    amounts.#squares = canonical(BigInt(squares));
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
    const spread = minus(times(this.#count, this.#squares), times(this.#sum, this.#sum)); // n^2 times the variance
    return Math.sqrt(Number(spread) / this.#count / (this.#count - 1));
  }

  /** `amount` in minor units. */
  add(amount: number): void {
    this.#count++;
    this.#sum = plus(this.#sum, amount);
    this.#squares = plus(this.#squares, times(amount, amount));
  }

  /** False, and nothing changed: no amounts of which this is one have this sum. */
  remove(amount: number): boolean {
    const count = this.#count - 1;
    const sum = minus(this.#sum, amount);
    const squares = minus(this.#squares, times(amount, amount));
    const isPossible = count === 0 ? sum === 0 && squares === 0 : times(count, squares) >= times(sum, sum);
    if (count < 0 || !isPossible) return false;
    this.#count = count;
    this.#sum = sum;
    this.#squares = squares;
    return true;
  }
}

/** A whole number: a bigint only when it is too large for a number, for bigints cost an allocation each. */
type Whole = number | bigint;

function canonical(value: bigint): Whole {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function plus(a: Whole, b: Whole): Whole {
  const sum = Number(a) + Number(b);
  return typeof a === 'number' && typeof b === 'number' && Number.isSafeInteger(sum)
    ? sum
    : canonical(BigInt(a) + BigInt(b));
}

function minus(a: Whole, b: Whole): Whole {
  const rest = Number(a) - Number(b);
  return typeof a === 'number' && typeof b === 'number' && Number.isSafeInteger(rest)
    ? rest
    : canonical(BigInt(a) - BigInt(b));
}

function times(a: Whole, b: Whole): Whole {
  const product = Number(a) * Number(b);
  return Number.isSafeInteger(product) ? product : canonical(BigInt(a) * BigInt(b));
}
