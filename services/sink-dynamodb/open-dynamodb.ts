/**
 * Opens the store: waits until DynamoDB answers and has every table, and says what it waits for.
 * Where tables are made, that is done here too, so that the first results find them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SinkSurroundings } from '../../shared/sink/run-sink.ts';
import { SinkUnavailableError } from '../../shared/sink/sink-target.ts';
import { connectDynamoDb } from './client.ts';
import { DynamoDbTarget } from './dynamodb-target.ts';
import type { DynamoDbSettings } from './settings.ts';

type Surroundings = Pick<SinkSurroundings, 'logger' | 'signal' | 'waiting'>;

const ASK_AGAIN_MS = 2_000;

export async function openDynamoDb(
  settings: DynamoDbSettings,
  { logger, signal, waiting }: Surroundings,
  askAgainMs = ASK_AGAIN_MS,
): Promise<DynamoDbTarget> {
  const target = new DynamoDbTarget(connectDynamoDb(settings), settings);
  try {
    let told: string | undefined;
    for (let reason = await notReady(target); reason !== undefined; reason = await notReady(target)) {
      waiting(reason);
      if (reason !== told) logger.warn(reason);
      told = reason;
      await sleep(askAgainMs, undefined, { signal });
    }
    return target;
  } catch (error) {
    await target[Symbol.asyncDispose]();
    throw error;
  }
}

async function notReady(target: DynamoDbTarget): Promise<string | undefined> {
  try {
    await target.requireTables();
    return undefined;
  } catch (error) {
    if (error instanceof SinkUnavailableError) return error.message;
    throw error;
  }
}
