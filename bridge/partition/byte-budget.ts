/**
 * The bound on bytes that were handed over and are not acked yet, for the whole process. Whoever is over it waits.
 */
export class ByteBudget {
  readonly #limit: number;
  #used = 0;
  #waiting: (() => void)[] = [];

  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  get used(): number {
    return this.#used;
  }

  get isFull(): boolean {
    return this.#used >= this.#limit;
  }

  take(bytes: number): void {
    this.#used += bytes;
  }

  release(bytes: number): void {
    this.#used -= bytes;
    if (this.#used < 0) throw new Error(`Released more bytes than were taken: ${this.#used}`);
    if (this.isFull) return;
    for (const resume of this.#waiting.splice(0)) resume();
  }

  /** Resolves when there is room, or after this time. */
  room(timeoutMs: number): Promise<void> {
    if (!this.isFull) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
