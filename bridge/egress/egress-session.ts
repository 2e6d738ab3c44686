/**
 * One life of the egress of one service: from fencing whoever sent before, to the first doubt about what Kafka has.
 *
 *   open:  topics ─▶ fence (initTransactions) ─▶ position, read committed ─▶ what may come again ─▶ ready
 *   send:  results and position, in one transaction
 *
 * Invariants (egress.int.test.ts, egress.fault.test.ts):
 * 1. The position is read after the fence: nobody can move it any more.
 * 2. Results and the position behind them are committed together, or not at all.
 * 3. A session that has failed sends nothing more.
 */
import type { Kafka } from 'kafkajs';
import { ensureTopics } from './egress-topics.ts';
import { chooseCurrent, type EgressPosition, encodePosition, parsePosition, positionKey } from './position.ts';
import { readBack } from './read-back.ts';
import { identityOf } from './results-of.ts';
import type { ResultMessage } from './result-message.ts';
import { SentResults } from './sent-results.ts';
import type { EgressSettings } from './settings.ts';
import type { Waiting } from './outbox.ts';
import { keyPlacer, type SentRecord, type StoredChunk, TransactionalSender } from './transactional-sender.ts';

export interface SessionOptions {
  readonly kafka: Kafka;
  /** Names the mesh. */
  readonly group: string;
  readonly service: string;
  readonly topics: EgressSettings['topics'];
  /** When the service's log was made, ms. */
  readonly life: number;
  readonly signal: AbortSignal;
  /** For tests: something happens inside the transaction, when all is sent and nothing is committed. */
  readonly beforeCommit?: (() => Promise<void>) | undefined;
}

export class EgressSession implements AsyncDisposable {
  readonly #options: SessionOptions;
  readonly #sender: TransactionalSender;
  readonly #placers: ReadonlyMap<string, (key: string) => number>;
  readonly sent = new SentResults();
  #position: EgressPosition | undefined;

  private constructor(options: SessionOptions, sender: TransactionalSender, partitions: ReadonlyMap<string, number>) {
    this.#options = options;
    this.#sender = sender;
    this.#placers = new Map(Array.from(partitions, ([topic, count]) => [topic, keyPlacer(count)]));
  }

  static async open(options: SessionOptions): Promise<EgressSession> {
    const { kafka, group, service, topics } = options;
    const partitions = await ensureTopics(kafka, topics);
    const sender = await TransactionalSender.open(kafka, `${group}-egress-${service}`);
    const session = new EgressSession(options, sender, partitions);
    try {
      await session.#load();
      return session;
    } catch (error) {
      await sender[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** What Kafka has; undefined: nothing of this log yet. */
  get position(): EgressPosition | undefined {
    return this.#position;
  }

  /** Sends what these frames say, and that they are sent. */
  async send({ results, seq, seen }: Waiting): Promise<void> {
    const { service, group, topics, life, beforeCommit } = this.#options;
    const records = results.map(({ result, from }) => this.#record(result, from));
    let position: EgressPosition | undefined;
    const positionRecord = (stored: readonly StoredChunk[]): SentRecord => {
      this.#place(results, stored);
      position = { seq, life, seen, recall: this.sent.recallFrom() };
      const key = positionKey(group, service);
      return this.#keyed(topics.positions, key, encodePosition(service, position));
    };
    await this.#sender.send(records, positionRecord, beforeCommit);
    this.#position = position;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sender[Symbol.asyncDispose]();
  }

  #record({ topic, key, value }: ResultMessage, seq: number): SentRecord {
    const source = `${this.#options.service}/${seq}`;
    const headers = { 'content-type': 'application/json', 'mesh-source': source };
    return { ...this.#keyed(this.#options.topics[topic], key, value), headers };
  }

  #keyed(topic: string, key: string, value: string): SentRecord {
    const place = this.#placers.get(topic);
    if (!place) throw new Error(`Cannot send to topic "${topic}": Kafka did not say how many partitions it has`);
    return { topic, partition: place(key), key, value };
  }

  /** Remembers from which offsets on Kafka has what may come again. A send keeps the order of a partition's records. */
  #place(results: readonly { readonly result: ResultMessage }[], stored: readonly StoredChunk[]): void {
    let at = 0;
    for (const { chunk, offsets } of stored) {
      const base = new Map(
        offsets.map(({ topicName, partition, baseOffset }) => [`${topicName}/${partition}`, baseOffset]),
      );
      for (const { topic, partition } of chunk) {
        const identity = results[at++]?.result.identity;
        const offset = base.get(`${topic}/${partition}`);
        if (identity && offset !== undefined) this.sent.placed(identity.start, partition, Number(offset));
      }
    }
  }

  async #load(): Promise<void> {
    const { kafka, group, service, topics, life, signal } = this.#options;
    const key = positionKey(group, service);
    const newest = new Map<number, EgressPosition>();
    await readBack({ kafka, topic: topics.positions, from: () => 0, signal }, (record, partition) => {
      if (record.key?.toString() === key && record.value) newest.set(partition, parsePosition(record.value.toString()));
    });
    this.#position = chooseCurrent([...newest.values()], life);
    const recall = this.#position?.recall ?? {};
    if (Object.keys(recall).length === 0) return;
    const from = (partition: number) => recall[partition];
    await readBack({ kafka, topic: topics.analytics, from, signal }, ({ value, offset, headers }, partition) => {
      if (!headers?.['mesh-source']?.toString().startsWith(`${service}/`) || !value) return;
      const identity = identityOf(value.toString());
      if (identity) this.sent.recall(identity, partition, offset);
    });
  }
}
