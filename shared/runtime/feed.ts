/**
 * Reads the input of stages once for all partitions and stages of this process that fold it: one consumer of the server
 * instead of one a partition, and progress frames, which every partition needs, come once instead of sixteen times.
 *
 * Invariants (tested in feed.test.ts):
 * 1. Every subscriber sees every message of its partition, and those that are for all, behind its position, in stream
 *    order; a message is decoded at most once.
 * 2. The slowest of those that got a message sets the pace: nothing is read ahead of its back-pressure.
 * 3. A subscriber that joins below what was read, or with a partition that was not read, makes the feed read again from
 *    its position; the others skip what they have. Those that join at the same time are waited for (`gatherMs`); until
 *    then a subscriber gets nothing, for what it got would take its position past what it has not got.
 */
import type { Log, StoredMessage } from '../log/log.ts';
import type { InputMessage } from './partition-state.ts';

export interface FeedSubscriber {
  readonly partition: string;
  /** Sequence of the last message it has folded. */
  readonly position: number;
  fold(message: InputMessage & { readonly timeMs: number; readonly pending: number }): void;
  backPressure(): Promise<void> | undefined;
}

export interface FeedInput {
  readonly stream: string;
  /** What to read for these partitions. */
  subjects(partitions: readonly string[]): readonly string[];
  /** Whose message it is; undefined: it is for all. */
  partitionOf(subject: string): string | undefined;
}

interface Reading {
  readonly stop: AbortController;
  readonly partitions: ReadonlySet<string>;
}

/** Partitions recover one after the other; each time one joins, all that is not folded yet is read again. */
const GATHER_MS = 100;
const MOST_GATHERED_MS = 1_000;

export class Feed {
  readonly #log: Log;
  readonly #input: FeedInput;
  readonly #onError: (error: unknown) => void;
  readonly #gatherMs: number;
  readonly #subscribers = new Set<FeedSubscriber>();
  /** Those that are read for. */
  #served: readonly FeedSubscriber[] = [];
  readonly #byPartition = new Map<string, FeedSubscriber[]>();
  #reading: Reading | undefined;
  #next = 0;
  #gathering: { readonly sinceMs: number; timer: NodeJS.Timeout } | undefined;

  constructor(log: Log, input: FeedInput, onError: (error: unknown) => void, gatherMs: number = GATHER_MS) {
    this.#log = log;
    this.#input = input;
    this.#onError = onError;
    this.#gatherMs = gatherMs;
  }

  get isEmpty(): boolean {
    return this.#subscribers.size === 0;
  }

  join(subscriber: FeedSubscriber): void {
    this.#subscribers.add(subscriber);
    const isRead = this.#reading?.partitions.has(subscriber.partition) && this.#next <= subscriber.position + 1;
    if (isRead) this.#serve([...this.#served, subscriber]);
    else this.#gather();
  }

  leave(subscriber: FeedSubscriber): void {
    this.#subscribers.delete(subscriber);
    this.#serve(this.#served.filter((served) => served !== subscriber));
    if (!this.isEmpty) return;
    clearTimeout(this.#gathering?.timer);
    this.#gathering = undefined;
    this.#reading?.stop.abort();
    this.#reading = undefined;
  }

  #serve(subscribers: readonly FeedSubscriber[]): void {
    this.#served = subscribers;
    this.#byPartition.clear();
    for (const subscriber of subscribers) {
      const peers = this.#byPartition.get(subscriber.partition);
      if (peers) peers.push(subscriber);
      else this.#byPartition.set(subscriber.partition, [subscriber]);
    }
  }

  #gather(): void {
    if (this.#gatherMs === 0) {
      this.#restart();
      return;
    }
    const sinceMs = this.#gathering?.sinceMs ?? performance.now();
    clearTimeout(this.#gathering?.timer);
    const leftMs = Math.max(0, sinceMs + MOST_GATHERED_MS - performance.now());
    const timer = setTimeout(() => this.#restart(), Math.min(this.#gatherMs, leftMs));
    this.#gathering = { sinceMs, timer };
  }

  #restart(): void {
    this.#gathering = undefined;
    this.#reading?.stop.abort();
    this.#serve([...this.#subscribers]);
    const reading: Reading = { stop: new AbortController(), partitions: new Set(this.#byPartition.keys()) };
    const from = Math.min(...Array.from(this.#subscribers, ({ position }) => position)) + 1;
    this.#next = from;
    this.#reading = reading;
    this.#read(from, reading).catch((error: unknown) => {
      if (reading.stop.signal.aborted) return;
      this.#reading = undefined; // the next to join begins anew
      this.#onError(error);
    });
  }

  async #read(fromSeq: number, { stop: { signal }, partitions }: Reading): Promise<void> {
    const { stream } = this.#input;
    const subjects = this.#input.subjects([...partitions].sort());
    for await (const message of this.#log.read({ stream, subjects, fromSeq, signal })) {
      if (signal.aborted) return;
      this.#next = message.seq + 1;
      await this.#deliver(message, signal);
    }
  }

  async #deliver(message: StoredMessage, signal: AbortSignal): Promise<void> {
    const { subject, seq, payload, timeMs, pending } = message;
    const shared = { subject, seq, payload, timeMs, pending }; // its decoded values are cached on it
    const partition = this.#input.partitionOf(subject);
    const receivers = partition === undefined ? this.#served : (this.#byPartition.get(partition) ?? []);
    for (const receiver of receivers) if (receiver.position < seq) receiver.fold(shared);
    for (const receiver of receivers)
      for (let wait = receiver.backPressure(); wait && !signal.aborted; wait = receiver.backPressure()) await wait;
  }
}
