/**
 * One range of a Kafka partition on its way from the consumer, who pushes, to a reader, who pulls. No Kafka in here.
 */
import type { Source } from './source.ts';
import type { KafkaRecord } from './record.ts';
import { CommandError } from '../runtime/command-error.ts';

export interface ReadBatch {
  /** Of the range, in offset order. */
  readonly records: readonly KafkaRecord[];
  /** Kafka has nothing more up to and with this offset; at most the range's end. */
  readonly lastOffset: number;
}

/** Batches that wait; a batch is at most about a megabyte. */
const MAX_WAITING = 3;

export class RangeReading {
  readonly #source: Source;
  readonly #to: number;
  readonly #silenceMs: number;
  readonly #waiting: ReadBatch[] = [];
  #next: number;
  #failure: Error | undefined;
  #closed = false;
  #wakeReader: (() => void) | undefined;
  #wakePusher: (() => void) | undefined;

  constructor(source: Source, from: number, to: number, silenceMs: number) {
    this.#source = source;
    this.#next = from;
    this.#to = to;
    this.#silenceMs = silenceMs;
  }

  /** The first offset that has not been pushed. */
  get next(): number {
    return this.#next;
  }

  get isFull(): boolean {
    return this.#waiting.length >= MAX_WAITING && !this.#closed;
  }

  push(records: readonly KafkaRecord[], lastOffset: number): void {
    if (this.#closed || lastOffset < this.#next || this.#next > this.#to) return;
    const wanted = records.filter(({ offset }) => offset >= this.#next && offset <= this.#to);
    this.#next = lastOffset + 1;
    this.#waiting.push({ records: wanted, lastOffset: Math.min(lastOffset, this.#to) });
    this.#wakeReader?.();
  }

  fail(error: Error): void {
    this.#failure ??= error;
    this.#wakeReader?.();
  }

  close(): void {
    this.#closed = true;
    this.#wakePusher?.();
  }

  /** Resolves when there is room again, or after a while. */
  room(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#wakePusher = undefined;
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#wakePusher = done;
    });
  }

  async *batches(): AsyncGenerator<ReadBatch> {
    for (;;) {
      const batch = this.#waiting.shift() ?? (await this.#arrival());
      this.#wakePusher?.();
      yield batch;
      if (batch.lastOffset >= this.#to) return;
    }
  }

  async #arrival(): Promise<ReadBatch> {
    const deadline = performance.now() + this.#silenceMs;
    for (;;) {
      if (this.#failure) throw this.#failure;
      const batch = this.#waiting.shift();
      if (batch) return batch;
      const left = deadline - performance.now();
      if (left <= 0) throw this.#silent();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wakeReader = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  #silent(): CommandError {
    const { topic, partition } = this.#source;
    return new CommandError(
      `Cannot read topic "${topic}" partition ${partition} from offset ${this.#next}: Kafka has given nothing for ` +
        `${Math.round(this.#silenceMs / 1000)} s; check that it runs, and that no transaction is left open there`,
    );
  }
}
