/**
 * The DynamoDB that results go to: a DynamoDB Local of ours, kept running, or the endpoint that the environment names.
 * 1. Nothing is written to AWS unless DYNAMODB_ENDPOINT says so: a region and a login alone are no wish to.
 * 2. A server of ours never sees the user's credentials.
 * 3. Its tables are in memory, and written anew from the buckets when it starts: on a disk it is too slow to follow.
 */
import { join } from 'node:path';
import type { Environment } from '../../shared/config/environment.ts';
import { redactUrls } from '../../shared/telemetry/redact.ts';
import { findDynamoDbJars } from '../embedded/dynamodb-jars.ts';
import { startDynamoDb } from '../embedded/dynamodb-server.ts';
import { findJava } from '../embedded/kafka-jars.ts';
import { DYNAMODB } from '../embedded/missing-tool.ts';
import { cacheFolder, readPorts } from '../embedded/versions.ts';
import type { Edge } from './edge.ts';
import { keepServer } from './kept-server.ts';
import { announced, choosePort, type ServersOptions, serverRow } from './servers.ts';

const NAME = 'DynamoDB sink';
const LOCAL_KEY = 'local';
const REGION = 'us-east-1';

export async function bringUpDynamoDb(options: ServersOptions, taken: Set<number>): Promise<Edge & AsyncDisposable> {
  const { env, guard, say, stop } = options;
  const name = 'dynamodb';
  const java = await findJava(env, DYNAMODB);
  const jars = await findDynamoDbJars(cacheFolder(env), say, stop);
  const settings = {
    java,
    jars,
    guard,
    dataDir: join(options.dataDir, 'dynamodb'),
    port: await choosePort('DynamoDB Local', readPorts(env).dynamodb, taken, say),
    onLine: (line: string) => options.onLine(name, line),
  };
  const kept = await keepServer({ name, say, start: () => announced(() => startDynamoDb(settings), name, options) });
  const { url } = kept.current;
  return {
    rows: () => [{ ...serverRow(NAME, kept.current), look: scanCommand(url, env.TABLE_PREFIX || 'cdc-platform') }],
    environment: {
      'sink-dynamodb': {
        DYNAMODB_ENDPOINT: url,
        AWS_REGION: env.AWS_REGION || REGION,
        AWS_ACCESS_KEY_ID: LOCAL_KEY,
        AWS_SECRET_ACCESS_KEY: LOCAL_KEY,
        AWS_SESSION_TOKEN: '',
        AWS_PROFILE: '', // it would come before the key
      },
    },
    [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose](),
  };
}

/** The workers have these settings already; whether they are right, the sink says. */
export function namedDynamoDb(env: Environment): Edge {
  const url = redactUrls(env.DYNAMODB_ENDPOINT ?? '');
  const look = `aws dynamodb list-tables --endpoint-url ${url}`;
  const row = { name: NAME, url, version: 'unknown', source: 'environment DYNAMODB_ENDPOINT', look };
  return { rows: () => [row], environment: {} };
}

function scanCommand(url: string, prefix: string): string {
  const login = `AWS_ACCESS_KEY_ID=${LOCAL_KEY} AWS_SECRET_ACCESS_KEY=${LOCAL_KEY}`;
  return `${login} aws dynamodb scan --region ${REGION} --endpoint-url ${url} --table-name ${prefix}-customer-segments --max-items 3`;
}
