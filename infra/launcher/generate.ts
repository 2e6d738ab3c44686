/**
 * `npm run mesh -- generate`: sends made-up records to a topic of the Kafka that the environment names, or else of the
 * mesh that runs here. Does not own what they are (shared/demo/generate.ts).
 */
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { registryOf } from '../../shared/avro/registry-of-settings.ts';
import type { Environment } from '../../shared/config/environment.ts';
import { readSettings } from '../../shared/config/settings.ts';
import type { DemoRecord } from '../../shared/demo/demo-record.ts';
import { GenerateError, generateRecords } from '../../shared/demo/generate.ts';
import { NoRegistryError, RecordSender } from '../../shared/demo/record-sender.ts';
import { explainKafkaError } from '../../shared/kafka/explain-error.ts';
import { createKafkaClient } from '../../shared/kafka/kafka-client.ts';
import { createLogger } from '../../shared/telemetry/logger.ts';
import type { GenerateCommand } from './arguments.ts';
import { askLauncher, NotRunningError, runningLauncher } from './control-client.ts';

const PREVIEWED = 5;
const MOST_SEED = 2 ** 31;
const TICK_MS = 100;
const KAFKA_TRIES = 3;

export async function generate(command: GenerateCommand, dataDir: string, env: Environment): Promise<number> {
  const { topic, count, userPrefix, rate, seed = randomInt(MOST_SEED), dryRun } = command;
  const nowMs = Date.now();
  // With a rate, the records' times are those at which they are sent, from now on.
  const lastsMs = rate === undefined ? 0 : Math.ceil((count / rate) * 1_000);
  const times = rate === undefined ? { nowMs } : { nowMs: nowMs + lastsMs, spreadMs: lastsMs };
  const records = generateRecords({ topic, count, userPrefix, seed, ...times });
  if (dryRun) {
    for (const record of records.slice(0, PREVIEWED)) console.log(`${record.key}\t${JSON.stringify(record.value)}`);
    console.log(`${count} records, seed ${seed}: nothing was sent`);
    return 0;
  }
  const settings = readSettings(await addresses(dataDir, env));
  const logger = createLogger('generate', 'error');
  const kafka = await createKafkaClient({
    ...{ clientId: 'weir-generate', settings: settings.kafka, logger },
    retries: KAFKA_TRIES,
  });
  try {
    await using sender = await RecordSender.open({ kafka, registry: await registryOf(settings), logger });
    await sendAll(sender, records, rate);
  } catch (error) {
    if (error instanceof NoRegistryError) throw new GenerateError(error.message);
    throw new GenerateError(`Cannot send to "${topic}": ${explainKafkaError(error)}`, { cause: error });
  }
  console.log(`Sent ${count} records to ${topic}, seed ${seed}`);
  return 0;
}

async function sendAll(sender: RecordSender, records: readonly DemoRecord[], rate: number | undefined): Promise<void> {
  if (rate === undefined) return sender.send(records);
  const start = performance.now();
  for (let sent = 0; sent < records.length; ) {
    const due = Math.floor(((performance.now() - start) * rate) / 1_000);
    if (due > sent) await sender.send(records.slice(sent, due));
    sent = Math.max(sent, due);
    if (sent < records.length) await sleep(TICK_MS);
  }
}

/** What the environment names goes first, as with the workers. */
async function addresses(dataDir: string, env: Environment): Promise<Environment> {
  if (env.KAFKA_BOOTSTRAP_SERVERS) return env;
  const answer = await askLauncher(runningLauncher(dataDir), { kind: 'status' });
  if (!answer.ok || !answer.report) throw new NotRunningError(answer.message);
  const urlOf = (name: string) => answer.report?.servers.find((server) => server.name === name)?.url;
  const registry = env.SCHEMA_REGISTRY_URL || urlOf('Schema registry');
  return {
    ...env,
    KAFKA_BOOTSTRAP_SERVERS: urlOf('Kafka'),
    ...(registry !== undefined && { SCHEMA_REGISTRY_URL: registry }),
  };
}
