/**
 * What the Kafka group has assigned to this process: one OwnedPartition for each partition of the generation.
 *
 * Invariants:
 * 1. A session belongs to one generation of the group. A new generation ends all sessions; those of the new one begin
 *    when the old ones have ended, from what the log says.
 * 2. A batch is taken in only if it was fetched where it was asked for. Anything else makes the partition look at Kafka
 *    again: kafkajs begins a topic anew when its offset is out of range, as after the topic was made anew.
 */
import type { Batch, KafkaMessage } from 'kafkajs';
import type { BridgeStatus } from '../shared/runtime/status.ts';
import { OwnedPartition, type OwnedPartitionOptions } from './owned-partition.ts';
import type { Source } from '../shared/kafka/source.ts';
import type { KafkaRecord } from '../shared/kafka/record.ts';
import type { Session } from './partition/session.ts';

export type OptionsOf = (source: Source, confirmOwner: () => Promise<boolean>) => OwnedPartitionOptions;

const CONFIRM_TIMEOUT_MS = 30_000;

export class Assignment {
  readonly #optionsOf: OptionsOf;
  #partitions = new Map<string, OwnedPartition>();
  #leaving: Promise<unknown> = Promise.resolve();
  #confirming: ((isOwner: boolean) => void)[] = [];

  constructor(optionsOf: OptionsOf) {
    this.#optionsOf = optionsOf;
  }

  get partitions(): Iterable<OwnedPartition> {
    return this.#partitions.values();
  }

  get sessions(): Session[] {
    return [...this.#partitions.values()].flatMap(({ session }) => session ?? []);
  }

  of({ topic, partition }: Source): OwnedPartition | undefined {
    return this.#partitions.get(sourceKey(topic, partition));
  }

  /** A new generation of the group. Fetching of all its partitions is paused when this returns. */
  join(assigned: Readonly<Record<string, readonly number[]>>): void {
    this.leave();
    for (const [topic, partitions] of Object.entries(assigned))
      for (const partition of partitions) {
        const options = this.#optionsOf({ topic, partition }, () => this.#confirmOwner());
        this.#partitions.set(sourceKey(topic, partition), new OwnedPartition(options, this.#leaving));
      }
  }

  /** Takes in no more of a partition, though the group assigns it. */
  async release(partition: OwnedPartition): Promise<void> {
    const { topic, partition: number } = partition.source;
    if (this.of(partition.source) === partition) this.#partitions.delete(sourceKey(topic, number));
    partition.pauseFetch();
    await partition.drain();
    await partition[Symbol.asyncDispose]();
  }

  /** Ends all sessions; resolves when they have ended. */
  leave(): Promise<unknown> {
    this.#confirm(false);
    const left = [...this.#partitions.values()].map((partition) => partition[Symbol.asyncDispose]());
    this.#partitions = new Map();
    this.#leaving = Promise.all([this.#leaving, ...left]);
    return this.#leaving;
  }

  /** The group has just confirmed that this process is a member of its generation. */
  confirm(): void {
    this.#confirm(true);
  }

  /** Takes in a batch. False: not now; it comes again when the partition resumes. */
  take(batch: Batch): boolean {
    const owned = this.of(batch);
    const session = owned?.session;
    if (!owned || !session) return false;
    const high = Number(batch.highWatermark);
    owned.noteHigh(high);
    if (fetchedOffset(batch) !== owned.wanted || high < session.next) {
      void owned.realign();
      return false;
    }
    return owned.take(batch.messages.map(toRecord), Number(batch.lastOffset()));
  }

  /** Nothing has been fetched for a while: what was next may be another topic's now. */
  realign(): void {
    for (const partition of this.#partitions.values()) if (partition.session) void partition.realign();
  }

  async drain(): Promise<void> {
    await Promise.all([...this.#partitions.values()].map((partition) => partition.drain()));
  }

  status(): BridgeStatus[] {
    return [...this.#partitions.values()].map((partition) => partition.status());
  }

  #confirmOwner(): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), CONFIRM_TIMEOUT_MS);
      this.#confirming.push((isOwner) => {
        clearTimeout(timer);
        resolve(isOwner);
      });
    });
  }

  #confirm(isOwner: boolean): void {
    for (const resolve of this.#confirming.splice(0)) resolve(isOwner);
  }
}

function sourceKey(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}

/** The offset the fetch asked for; kafkajs has it, but not in its types. */
function fetchedOffset(batch: Batch): number {
  return 'fetchedOffset' in batch ? Number(batch.fetchedOffset) : Number(batch.firstOffset());
}

function toRecord({ offset, timestamp, key, value, headers }: KafkaMessage): KafkaRecord {
  return { offset: Number(offset), timestampMs: Number(timestamp), key, value, headers };
}
