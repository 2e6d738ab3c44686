/**
 * What the sessions of this process have done, for the metrics: frames and bytes that were acked, how long the acks
 * took, and how often another bridge was in the way. Totals since the start, by topic.
 */
export interface TopicTotals {
  frames: number;
  bytes: number;
  conflicts: number;
}

export class Meter {
  readonly totals = new Map<string, TopicTotals>();
  readonly #onAck: ((topic: string, seconds: number) => void) | undefined;

  /** `onAck`: called for each append that was acked. */
  constructor(onAck?: (topic: string, seconds: number) => void) {
    this.#onAck = onAck;
  }

  /** An append was acked after `ms`. */
  acked(topic: string, bytes: number, ms: number): void {
    const totals = this.#of(topic);
    totals.frames++;
    totals.bytes += bytes;
    this.#onAck?.(topic, ms / 1000);
  }

  /** An append found another bridge's message before it. */
  conflicted(topic: string): void {
    this.#of(topic).conflicts++;
  }

  #of(topic: string): TopicTotals {
    const known = this.totals.get(topic);
    if (known) return known;
    const totals: TopicTotals = { frames: 0, bytes: 0, conflicts: 0 };
    this.totals.set(topic, totals);
    return totals;
  }
}
