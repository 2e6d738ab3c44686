/**
 * The connection to DynamoDB: keep-alive, with a time limit for everything.
 * The SDK repeats nothing by itself: the core of the sinks must see throttling to slow down, and an outage to report it.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DynamoDbSettings } from './settings.ts';

/** A connection for each lane of each bucket. */
const MOST_SOCKETS = 128;
const CONNECT_MS = 3_000;
const REQUEST_MS = 10_000;

export function connectDynamoDb(settings: DynamoDbSettings, requestMs = REQUEST_MS): DynamoDBClient {
  const { region, endpoint, useDummyCredentials } = settings;
  return new DynamoDBClient({
    region,
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      requestTimeout: requestMs,
      throwOnRequestTimeout: true, // else it only warns
      httpAgent: { keepAlive: true, maxSockets: MOST_SOCKETS },
      httpsAgent: { keepAlive: true, maxSockets: MOST_SOCKETS },
    },
    ...(endpoint !== undefined && { endpoint }),
    ...(useDummyCredentials && { credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }),
  });
}
