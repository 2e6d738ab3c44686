/**
 * Reads ranges of Kafka partitions by offset, beside the bridges: a group of its own that commits nothing and is
 * deleted when the reader is closed.
 *
 * Owns: the consumer, and what it has fetched and nobody has taken yet (bounded).
 * Does not own: what records mean.
 *
 * Invariants (tested in range-reading.test.ts, verify.int.test.ts and check.int.test.ts):
 * 1. `read` yields every record of its range once, in offset order, and says how far it got where Kafka has none
 *    (compacted, aborted, control records).
 * 2. The range ends, or it is an error: a partition that gives nothing for a while is never taken for one that ends.
 * 3. No bridge's group is joined, no offset is committed, and the group is gone afterwards.
 */
import { randomUUID } from 'node:crypto';
import type { Admin, Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { Source } from './source.ts';
import type { KafkaRecord } from './record.ts';
import { CommandError } from '../runtime/command-error.ts';
import { RangeReading, type ReadBatch } from './range-reading.ts';

/** First offset Kafka has, and the one it will give next. */
export interface OffsetRange {
  readonly low: number;
  readonly high: number;
}

export interface ReaderOptions {
  readonly kafka: Kafka;
  /** Topics that exist. */
  readonly topics: readonly string[];
  /** Also what an open transaction has written, or an aborted one. */
  readonly uncommitted?: boolean;
  readonly signal: AbortSignal;
  /** After how long without anything a read gives up. */
  readonly silenceMs?: number;
}

const GROUP_PREFIX = 'weir-cli-';
const SILENCE_MS = 30_000;
const JOIN_MS = 60_000;

export class KafkaReader implements AsyncDisposable {
  readonly #options: ReaderOptions;
  readonly #groupId = `${GROUP_PREFIX}${randomUUID()}`;
  readonly #admin: Admin;
  readonly #consumer: Consumer;
  readonly #readings = new Map<string, RangeReading>();
  #crash: Error | undefined;

  private constructor(options: ReaderOptions) {
    this.#options = options;
    this.#admin = options.kafka.admin();
    this.#consumer = options.kafka.consumer({
      groupId: this.#groupId,
      allowAutoTopicCreation: false,
      readUncommitted: options.uncommitted ?? false,
      maxWaitTimeInMs: 100, // a partition that is resumed waits so long for its first fetch
      sessionTimeout: 60_000,
      heartbeatInterval: 3_000,
    });
  }

  static async open(options: ReaderOptions): Promise<KafkaReader> {
    const reader = new KafkaReader(options);
    try {
      await reader.#start();
      return reader;
    } catch (error) {
      await reader[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** By partition, in their order. */
  async ranges(topic: string): Promise<Map<number, OffsetRange>> {
    const offsets = (await this.#admin.fetchTopicOffsets(topic)).sort((a, b) => a.partition - b.partition);
    return new Map(offsets.map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]));
  }

  /** From one offset to another, both included. Several partitions may be read at once, each by one reading. */
  async *read({ topic, partition }: Source, from: number, to: number): AsyncGenerator<ReadBatch> {
    if (from > to) return;
    const key = keyOf(topic, partition);
    const { signal, silenceMs = SILENCE_MS } = this.#options;
    const reading = new RangeReading({ topic, partition }, from, to, silenceMs);
    this.#readings.set(key, reading);
    if (this.#crash) reading.fail(this.#crash);
    const stop = () => reading.fail(signal.reason instanceof Error ? signal.reason : new Error('Stopped'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      this.#consumer.seek({ topic, partition, offset: String(from) });
      this.#consumer.resume([{ topic, partitions: [partition] }]);
      yield* reading.batches();
    } finally {
      signal.removeEventListener('abort', stop);
      reading.close();
      this.#readings.delete(key);
      this.#consumer.pause([{ topic, partitions: [partition] }]);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const reading of this.#readings.values()) reading.close();
    await this.#consumer.disconnect().catch(() => {});
    await this.#admin.deleteGroups([this.#groupId]).catch(() => {}); // it never came to be
    await this.#admin.disconnect().catch(() => {});
  }

  async #start(): Promise<void> {
    await this.#admin.connect();
    await this.#consumer.connect();
    const topics = [...this.#options.topics];
    if (topics.length === 0) return;
    await this.#consumer.subscribe({ topics, fromBeginning: true });
    const joined = this.#untilJoined();
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 4,
      eachBatch: (payload) => this.#eachBatch(payload),
    });
    await joined;
  }

  /** Everything is paused before the first fetch; a reading resumes what it reads. */
  #untilJoined(): Promise<void> {
    const { GROUP_JOIN, END_BATCH_PROCESS, CRASH } = this.#consumer.events;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(
      () => reject(new CommandError('Cannot read from Kafka: no answer to joining a group; check that it runs')),
      JOIN_MS,
    );
    this.#consumer.on(GROUP_JOIN, ({ payload }) => {
      for (const [topic, partitions] of Object.entries(payload.memberAssignment)) this.#hold(topic, partitions);
      clearTimeout(timer);
      resolve();
    });
    this.#consumer.on(END_BATCH_PROCESS, ({ payload }) => {
      if (payload.batchSize === 0) this.#of(payload)?.push([], Number(payload.lastOffset));
    });
    this.#consumer.on(CRASH, ({ payload }) => {
      if (payload.restart) return;
      clearTimeout(timer);
      reject(payload.error);
      this.#crash = payload.error;
      for (const reading of this.#readings.values()) reading.fail(payload.error);
    });
    return promise;
  }

  /** After a join nothing is fetched but what is being read, each from where it stands. */
  #hold(topic: string, partitions: readonly number[]): void {
    this.#consumer.pause([{ topic, partitions: [...partitions] }]);
    for (const partition of partitions) {
      const reading = this.#of({ topic, partition });
      if (!reading) continue;
      this.#consumer.seek({ topic, partition, offset: String(reading.next) });
      this.#consumer.resume([{ topic, partitions: [partition] }]);
    }
  }

  async #eachBatch({ batch, resolveOffset, heartbeat, isRunning, isStale }: EachBatchPayload): Promise<void> {
    const reading = this.#of(batch);
    if (!reading || isStale() || !isRunning()) return;
    const records = batch.messages.map(
      ({ offset, timestamp, key, value, headers }): KafkaRecord => ({
        offset: Number(offset),
        timestampMs: Number(timestamp),
        key,
        value,
        headers,
      }),
    );
    reading.push(records, Number(batch.lastOffset()));
    resolveOffset(batch.lastOffset());
    while (reading.isFull && isRunning()) {
      await heartbeat();
      await reading.room(500);
    }
  }

  #of({ topic, partition }: Source): RangeReading | undefined {
    return this.#readings.get(keyOf(topic, partition));
  }
}

function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
