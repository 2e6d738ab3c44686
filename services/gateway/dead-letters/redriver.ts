/**
 * Puts dead letters back into Kafka by the code of `npm run bridge -- redrive` (shared/dead-letters/redrive.ts), with the
 * same note and the same transactional id: whatever is killed when, and whoever runs at the same time, a record goes back
 * once. It connects to Kafka for each redrive, which is rare. Owns nothing between two of them.
 */
import { randomUUID } from 'node:crypto';
import type { SchemaRegistry } from '../../../shared/avro/schema-registry.ts';
import { activeRoutes } from '../../../shared/config/active-routes.ts';
import type { Route } from '../../../shared/config/routes.ts';
import type { Settings } from '../../../shared/config/settings.ts';
import type { LetterJudge } from '../../../shared/dead-letters/letter-judge.ts';
import type { RedriveResult } from '../../../shared/dead-letters/redrive.ts';
import { explainKafkaError } from '../../../shared/kafka/explain-error.ts';
import type { Log } from '../../../shared/log/log.ts';
import { CommandError } from '../../../shared/runtime/command-error.ts';
import type { Logger } from '../../../shared/telemetry/logger.ts';

export interface RedriveChoice {
  /** Subject of DLQ, wildcards allowed. */
  readonly filter: string;
  /** Sequences in DLQ. */
  readonly seqs: readonly number[];
  readonly dryRun: boolean;
  /** Also those that would be dead letters again. */
  readonly force: boolean;
  readonly toTopic?: string | undefined;
}

/** Nothing more is sent; the message says why and what to do. `busy`: another redrive runs, or one must be looked at. */
export class NotRedrivenError extends Error {
  readonly code = 'not-redriven';
  readonly kind: 'busy' | 'unavailable';

  constructor(kind: NotRedrivenError['kind'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

export type Redrive = (choice: RedriveChoice) => Promise<readonly RedriveResult[]>;

export interface RedriverOptions {
  readonly settings: Settings;
  readonly log: Log;
  readonly logger: Logger;
  readonly stop: AbortSignal;
  /** What a bridge with these routes would make of a letter. */
  readonly openJudge: (routes: readonly Route[], registry: SchemaRegistry | undefined) => Promise<LetterJudge>;
  /** Takes a letter out of DLQ; it may be gone. */
  readonly deleteLetter: (seq: number) => Promise<void>;
}

/** Somebody waits for the answer. */
const KAFKA_TRIES = 2;

export function createRedriver(options: RedriverOptions): Redrive {
  let isRunning = false;
  return async (choice) => {
    if (isRunning) throw new NotRedrivenError('busy', 'Another redrive runs in this gateway: wait until it has ended');
    isRunning = true;
    try {
      return await runRedrive(options, choice);
    } catch (error) {
      throw asNotRedriven(error);
    } finally {
      isRunning = false;
    }
  };
}

/** Kafka's client is loaded only here: a gateway that puts nothing back has no memory for it. */
async function runRedrive(options: RedriverOptions, choice: RedriveChoice): Promise<readonly RedriveResult[]> {
  const { settings, log, logger, stop, openJudge, deleteLetter } = options;
  const [{ redrive }, { createKafkaClient }, { registryOf }] = await Promise.all([
    import('../../../shared/dead-letters/redrive.ts'),
    import('../../../shared/kafka/kafka-client.ts'),
    import('../../../shared/avro/registry-of-settings.ts'),
  ]);
  const [routes, registry] = await Promise.all([activeRoutes(settings.routesFile), registryOf(settings)]);
  const client = { clientId: 'weir-gateway', settings: settings.kafka, logger, retries: KAFKA_TRIES };
  const results = await redrive({
    ...{ ...choice, log, deleteLetter, signal: stop },
    kafka: await createKafkaClient(client),
    judge: await openJudge(routes, registry),
    transactionalId: `weir-redrive-${settings.kafkaGroup}`,
    owner: `gateway-${process.pid}-${randomUUID()}`,
  });
  const sent = results.flatMap(({ seq, status }) => (status === 'sent' || status === 'settled' ? [seq] : []));
  if (sent.length > 0) logger.info('Put dead letters back', { count: sent.length, seqs: sent.slice(0, 20).join(',') });
  return results;
}

/** Faults of ours stay what they are. */
function asNotRedriven(error: unknown): unknown {
  if (error instanceof CommandError) return new NotRedrivenError('busy', error.message, { cause: error });
  if (!(error instanceof Error)) return error;
  const isKafka = error.name.startsWith('KafkaJS') || ('code' in error && error.code === 'no-registry');
  return isKafka
    ? new NotRedrivenError('unavailable', `Cannot put back: ${explainKafkaError(error)}`, { cause: error })
    : error;
}
