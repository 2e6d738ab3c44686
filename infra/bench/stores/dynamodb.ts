/** DynamoDB Local for the row `sinks`: a server of its own, with the tables as the sink makes them. */
import {
  type AttributeValue,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  CreateTableCommand,
  DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { findDynamoDbJars } from '../../embedded/dynamodb-jars.ts';
import { startDynamoDb } from '../../embedded/dynamodb-server.ts';
import { randomFreePort } from '../../embedded/free-port.ts';
import { findJava } from '../../embedded/kafka-jars.ts';
import { cacheFolder } from '../../embedded/versions.ts';
import type { BenchMesh } from '../bench-mesh.ts';
import type { BenchStore, Customer } from './bench-store.ts';

const PLAIN = { batch: 25, parallel: 16, what: 'BatchWriteItem of 25, 16 at a time' };
const PREFIX = 'bench';
const PLAIN_TABLE = `${PREFIX}-plain`;
const SEGMENTS = `${PREFIX}-customer-segments`;

export async function openDynamoDb(mesh: BenchMesh): Promise<BenchStore> {
  await using stack = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(mesh.dataDir, 'dynamodb-'));
  const jars = await findDynamoDbJars(cacheFolder(), (line) => mesh.progress.say(line), mesh.signal);
  const java = await findJava();
  const server = await startDynamoDb({
    java,
    jars,
    dataDir,
    guard: mesh.guard,
    port: await randomFreePort(),
    tables: 'memory',
  });
  stack.defer(() => server.close());
  const client = new DynamoDBClient({
    endpoint: server.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  stack.defer(() => client.destroy());
  await client.send(
    new CreateTableCommand({
      TableName: PLAIN_TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'customer_id', AttributeType: 'N' }],
      KeySchema: [{ AttributeName: 'customer_id', KeyType: 'HASH' }],
    }),
  );
  const owned = stack.move();
  return {
    name: 'DynamoDB Local',
    sink: {
      name: 'sink-dynamodb',
      entry: 'services/sink-dynamodb/main.ts',
      env: { DYNAMODB_ENDPOINT: server.url, TABLE_PREFIX: PREFIX },
    },
    sampleEvery: 50,
    plain: PLAIN,
    async shown(customers) {
      const Keys = customers.slice(0, 100).map((id) => ({ customer_id: { N: id } }));
      const request = { [SEGMENTS]: { Keys, ConsistentRead: true, ProjectionExpression: 'customer_id' } };
      const { Responses } = await client.send(new BatchGetItemCommand({ RequestItems: request }));
      return (Responses?.[SEGMENTS] ?? []).flatMap(({ customer_id }) => customer_id?.N ?? []);
    },
    async writePlainly(customers) {
      const requests = customers.map((customer) => ({ PutRequest: { Item: itemOf(customer) } }));
      const command = new BatchWriteItemCommand({ RequestItems: { [PLAIN_TABLE]: requests } });
      const { UnprocessedItems = {} } = await client.send(command);
      if (Object.keys(UnprocessedItems).length > 0) throw new Error('Cannot compare: DynamoDB Local left items out');
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function itemOf(customer: Customer): Record<string, AttributeValue> {
  const { id, segment, recencyDays, frequency, spent, firstOrder, lastOrder } = customer;
  return {
    customer_id: { N: id },
    segment: { S: segment },
    recency_days: { N: String(recencyDays) },
    frequency: { N: String(frequency) },
    monetary_value: { N: spent },
    first_order: { S: firstOrder },
    last_order: { S: lastOrder },
  };
}
