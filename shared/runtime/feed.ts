/**
 * Reads the input of one partition once, for all stages of this process that fold it (fused workers).
 *
 * Invariants (tested in feed.test.ts):
 * 1. Every subscriber sees every message behind its position, in stream order; a message is decoded at most once.
 * 2. The slowest subscriber sets the pace: nothing is read ahead of its back-pressure.
 * 3. A subscriber that joins below what was read makes the feed read again from there; the others skip what they have.
 */
import type { Log, StoredMessage } from '../log/log.ts';
import type { InputMessage } from './partition-state.ts';

export interface FeedSubscriber {
  /** Sequence of the last message it has folded. */
  readonly position: number;
  fold(message: InputMessage & { readonly timeMs: number; readonly pending: number }): void;
  backPressure(): Promise<void> | undefined;
}

export class Feed {
  readonly #log: Log;
  readonly #stream: string;
  readonly #subjects: readonly string[];
  readonly #onError: (error: unknown) => void;
  readonly #subscribers = new Set<FeedSubscriber>();
  #reading: { readonly stop: AbortController; readonly done: Promise<void> } | undefined;
  #next = 0;

  constructor(log: Log, stream: string, subjects: readonly string[], onError: (error: unknown) => void) {
    this.#log = log;
    this.#stream = stream;
    this.#subjects = subjects;
    this.#onError = onError;
  }

  get isEmpty(): boolean {
    return this.#subscribers.size === 0;
  }

  join(subscriber: FeedSubscriber): void {
    this.#subscribers.add(subscriber);
    if (this.#reading && this.#next <= subscriber.position + 1) return;
    this.#restart();
  }

  leave(subscriber: FeedSubscriber): void {
    this.#subscribers.delete(subscriber);
    if (this.isEmpty) {
      this.#reading?.stop.abort();
      this.#reading = undefined;
    }
  }

  #restart(): void {
    this.#reading?.stop.abort();
    const stop = new AbortController();
    const from = Math.min(...Array.from(this.#subscribers, ({ position }) => position)) + 1;
    this.#next = from;
    const done = this.#read(from, stop.signal).catch((error: unknown) => {
      if (stop.signal.aborted) return;
      this.#reading = undefined; // the next to join begins anew
      this.#onError(error);
    });
    this.#reading = { stop, done };
  }

  async #read(fromSeq: number, signal: AbortSignal): Promise<void> {
    for await (const message of this.#log.read({ stream: this.#stream, subjects: this.#subjects, fromSeq, signal })) {
      if (signal.aborted) return;
      this.#next = message.seq + 1;
      this.#deliver(message);
      await this.#pressure(signal);
    }
  }

  #deliver(message: StoredMessage): void {
    const { subject, seq, payload, timeMs, pending } = message;
    const shared = { subject, seq, payload, timeMs, pending }; // its decoded values are cached on it
    for (const subscriber of this.#subscribers) if (subscriber.position < seq) subscriber.fold(shared);
  }

  async #pressure(signal: AbortSignal): Promise<void> {
    for (const subscriber of this.#subscribers)
      for (let wait = subscriber.backPressure(); wait && !signal.aborted; wait = subscriber.backPressure()) await wait;
  }
}
