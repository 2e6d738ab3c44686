/** For how long a store has taken nothing, and why: an alarm when that is long. */
export class Stall {
  readonly #failing = new Map<unknown, { readonly sinceMs: number; reason: string }>();
  readonly #now: () => number;
  readonly #stallMs: number;

  constructor(stallMs: number, now: () => number) {
    this.#stallMs = stallMs;
    this.#now = now;
  }

  /** `what`: a lane, or the name of a call. */
  failed(what: unknown, error: Error): void {
    const known = this.#failing.get(what);
    if (known) known.reason = error.message;
    else this.#failing.set(what, { sinceMs: this.#now(), reason: error.message });
  }

  succeeded(what: unknown): void {
    if (this.#failing.size > 0) this.#failing.delete(what);
  }

  /** The longest one. */
  alarm(): string | undefined {
    let first: { readonly sinceMs: number; readonly reason: string } | undefined;
    for (const failing of this.#failing.values()) if (!first || failing.sinceMs < first.sinceMs) first = failing;
    if (!first) return undefined;
    const ms = this.#now() - first.sinceMs;
    return ms < this.#stallMs ? undefined : `stalled for ${Math.round(ms / 1_000)} s: ${first.reason}`;
  }
}
