/**
 * So many may do something at once; who comes later waits for its turn.
 *
 * Invariants (slots.test.ts): never more than `size` at once, in the order of coming; who gives up takes no turn away.
 */
export class Slots {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(size: number) {
    this.#free = size;
  }

  get free(): number {
    return this.#free;
  }

  /** Disposing it gives the turn on. With an aborted signal it is none, and comes at once. */
  async take(signal: AbortSignal): Promise<Disposable> {
    if (signal.aborted) return NONE;
    if (this.#free > 0) this.#free--;
    else if (!(await this.#wait(signal))) return NONE;
    let isTaken = true;
    return {
      [Symbol.dispose]: () => {
        if (isTaken) this.#give();
        isTaken = false;
      },
    };
  }

  /** True: it is its turn. */
  #wait(signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(go), 1);
        resolve(false);
      };
      const go = () => {
        signal.removeEventListener('abort', giveUp);
        resolve(true);
      };
      this.#waiting.push(go);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  #give(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}

const NONE: Disposable = { [Symbol.dispose]: () => {} };
