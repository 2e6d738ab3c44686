/**
 * How many entries may be on their way to the store at once: fewer lanes and smaller batches when it asks for less,
 * more again when it takes what it gets. Additive increase, multiplicative decrease (Chiu and Jain, 1989), as TCP does.
 *
 * Invariants (tested in write-pace.test.ts):
 * 1. Never more than `limit` entries are granted and not returned, and at least one can always be.
 * 2. Who asks first is served first.
 * 3. One moment of overload halves the limit once, however many writes it hits.
 */
export interface Grant {
  readonly entries: number;
  /** When it was granted: of a write that began before the last decrease, an overload is no news. */
  readonly round: number;
}

interface Asking {
  readonly wanted: number;
  resolve(grant: Grant): void;
}

export class WritePace {
  readonly #batchSize: number;
  readonly #most: number;
  #limit: number;
  #inFlight = 0;
  #round = 0;
  #asking: Asking[] = [];

  /** `lanes`: writes at once at most. */
  constructor(batchSize: number, lanes: number) {
    this.#batchSize = batchSize;
    this.#most = batchSize * lanes;
    this.#limit = this.#most;
  }

  get limit(): number {
    return Math.floor(this.#limit);
  }

  /** Resolves when some of `wanted` may be written. */
  take(wanted: number): Promise<Grant> {
    return new Promise((resolve) => {
      this.#asking.push({ wanted, resolve });
      this.#serve();
    });
  }

  taken(grant: Grant): void {
    const isLimiting = this.#inFlight * 2 >= this.#limit;
    if (isLimiting) {
      // Below one batch it doubles with each round; above, a batch is added.
      const share = Math.min(1, this.#batchSize / this.#limit);
      this.#limit = Math.min(this.#most, this.#limit + grant.entries * share);
    }
    this.giveBack(grant);
  }

  /** The store wants less. */
  throttled(grant: Grant): void {
    if (grant.round === this.#round) {
      this.#round++;
      this.#limit = Math.max(1, Math.min(this.#limit, this.#inFlight) / 2);
    }
    this.giveBack(grant);
  }

  giveBack(grant: Grant): void {
    this.#inFlight -= grant.entries;
    this.#serve();
  }

  #serve(): void {
    for (let [first] = this.#asking; first; [first] = this.#asking) {
      const free = this.limit - this.#inFlight;
      if (free <= 0) return;
      this.#asking.shift();
      const entries = Math.min(first.wanted, free, this.#batchSize);
      this.#inFlight += entries;
      first.resolve({ entries, round: this.#round });
    }
  }
}
