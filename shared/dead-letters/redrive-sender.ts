/**
 * Sends records back to Kafka, a batch in a transaction, by a producer of which one at a time can exist: opening it ends
 * what a former one has left open, and whatever that one sends later is refused by the broker.
 */
import { type Kafka, Partitioners, type Producer, type Transaction } from 'kafkajs';
import { explainKafkaError } from '../kafka/explain-error.ts';
import type { Source } from '../kafka/source.ts';
import type { KafkaRecord } from '../kafka/record.ts';
import { CommandError } from '../runtime/command-error.ts';

export interface Outgoing {
  readonly target: Source;
  readonly record: KafkaRecord;
}

/** Nothing of the batch is in Kafka: the broker refused it. */
export class BatchRefusedError extends Error {
  readonly code = 'batch-refused';
}

const TRANSACTION_MS = 60_000;

export class RedriveSender implements AsyncDisposable {
  readonly #producer: Producer;

  private constructor(producer: Producer) {
    this.#producer = producer;
  }

  static async open(kafka: Kafka, transactionalId: string): Promise<RedriveSender> {
    const producer = kafka.producer({
      transactionalId,
      maxInFlightRequests: 1,
      transactionTimeout: TRANSACTION_MS,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: { retries: 5 },
    });
    const sender = new RedriveSender(producer);
    try {
      await producer.connect();
      const first = await producer.transaction(); // asks for its epoch, which fences off a former producer
      await first.abort();
      return sender;
    } catch (cause) {
      await sender[Symbol.asyncDispose]();
      throw new CommandError(
        `Cannot begin a transaction "${transactionalId}" in Kafka: the user needs the right to write with it`,
        { cause },
      );
    }
  }

  /**
   * Resolves when all are in Kafka. Rejects with BatchRefusedError when none is; with any other error it is not known.
   * `onSent`: they are sent, and not committed yet.
   */
  async send(batch: readonly Outgoing[], onSent?: () => Promise<void>): Promise<void> {
    const transaction = await this.#producer.transaction();
    await this.#sendOrAbort(transaction, batch);
    await onSent?.();
    try {
      await transaction.commit();
    } catch (cause) {
      throw new CommandError(
        'Cannot tell whether the last batch was sent: Kafka did not answer to its commit. Run the redrive again: it looks',
        { cause },
      );
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#producer.disconnect().catch(() => {});
  }

  async #sendOrAbort(transaction: Transaction, batch: readonly Outgoing[]): Promise<void> {
    const topics = Map.groupBy(batch, ({ target }) => target.topic);
    const topicMessages = Array.from(topics, ([topic, some]) => ({ topic, messages: some.map(toMessage) }));
    try {
      await transaction.sendBatch({ topicMessages });
    } catch (cause) {
      await transaction.abort();
      throw new BatchRefusedError(explainKafkaError(cause), { cause });
    }
  }
}

function toMessage({ target, record }: Outgoing) {
  const { key, value, timestampMs, headers = {} } = record;
  return { partition: target.partition, key, value, timestamp: String(timestampMs), headers: { ...headers } };
}
