/**
 * A flag that can be awaited: `raise` wakes the one who waits, or makes the next wait return at once.
 * Invariant: no raise is lost, and any number of raises before a wait are one.
 */
export class Signal {
  #raised = false;
  #waiting: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerDue = Number.POSITIVE_INFINITY;

  raise(): void {
    clearTimeout(this.#timer);
    this.#timerDue = Number.POSITIVE_INFINITY;
    this.#raised = this.#waiting.length === 0;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Raises after this long, unless it is raised before or sooner. */
  raiseWithin(ms: number): void {
    const due = performance.now() + ms;
    if (this.#raised || this.#timerDue <= due) return;
    clearTimeout(this.#timer);
    this.#timerDue = due;
    this.#timer = setTimeout(() => this.raise(), ms);
  }

  wait(): Promise<void> {
    return this.#enter().promise;
  }

  async waitAtMost(ms: number): Promise<void> {
    const { promise, leave } = this.#enter();
    const timer = setTimeout(leave, ms);
    await promise;
    clearTimeout(timer);
  }

  /** `leave` resolves the wait without taking a raise. */
  #enter(): { promise: Promise<void>; leave: () => void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#raised) {
      this.#raised = false;
      resolve();
    } else this.#waiting.push(resolve);
    const leave = () => {
      this.#waiting = this.#waiting.filter((waiting) => waiting !== resolve);
      resolve();
    };
    return { promise, leave };
  }
}
