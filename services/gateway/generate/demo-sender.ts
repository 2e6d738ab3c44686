/**
 * Sends demo records to the Kafka of the settings. It connects when first asked to, for most gateways never are, and
 * anew after an error. Owns its producer. What the records are is shared/demo's.
 *
 * Invariant (generate.int.test.ts): an answer comes within seconds also while Kafka is away, and says what to do.
 */
import type { Settings } from '../../../shared/config/settings.ts';
import type { DemoRecord } from '../../../shared/demo/demo-record.ts';
import type { RecordSender } from '../../../shared/demo/record-sender.ts';
import { explainKafkaError } from '../../../shared/kafka/explain-error.ts';
import type { Logger } from '../../../shared/telemetry/logger.ts';

/** Kafka does not take them; the message says what to do. */
export class NotSentError extends Error {
  readonly code = 'not-sent';
}

/** Somebody waits for the answer. */
const KAFKA_TRIES = 2;

export class DemoSender implements AsyncDisposable {
  readonly #settings: Settings;
  readonly #logger: Logger;
  #sender: Promise<RecordSender> | undefined;

  constructor(settings: Settings, logger: Logger) {
    this.#settings = settings;
    this.#logger = logger;
  }

  /** Resolves when Kafka has all of them. Throws NotSentError; then a part of them may have been sent. */
  async send(records: readonly DemoRecord[]): Promise<void> {
    this.#sender ??= this.#open();
    const opening = this.#sender;
    try {
      await (await opening).send(records);
    } catch (error) {
      if (isNoRegistry(error)) throw new NotSentError(error.message, { cause: error });
      if (this.#sender === opening) this.#sender = undefined;
      void close(opening);
      throw new NotSentError(`Cannot send to Kafka: ${explainKafkaError(error)}`, { cause: error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#sender) await close(this.#sender);
  }

  /** Kafka's client is loaded only here: a gateway that sends nothing has no memory for it. */
  async #open(): Promise<RecordSender> {
    const [{ RecordSender }, { createKafkaClient }, { registryOf }] = await Promise.all([
      import('../../../shared/demo/record-sender.ts'),
      import('../../../shared/kafka/kafka-client.ts'),
      import('../../../shared/avro/registry-of-settings.ts'),
    ]);
    const [settings, logger] = [this.#settings, this.#logger];
    const client = { clientId: 'weir-gateway', settings: settings.kafka, logger, retries: KAFKA_TRIES };
    const [kafka, registry] = await Promise.all([createKafkaClient(client), registryOf(settings)]);
    return RecordSender.open({ kafka, registry, logger });
  }
}

function isNoRegistry(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'no-registry';
}

async function close(opening: Promise<RecordSender>): Promise<void> {
  const sender = await opening.catch(() => undefined);
  await sender?.[Symbol.asyncDispose]().catch(() => {}); // it may be what failed
}
