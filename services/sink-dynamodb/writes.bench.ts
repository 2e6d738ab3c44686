/**
 * What guarded writes cost beside the plain ones, on one DynamoDB Local: `node services/sink-dynamodb/writes.bench.ts`.
 * The figures behind ADR 9. DynamoDB Local is a server for tests: its times say nothing about AWS, the client's own do.
 */
import {
  BatchWriteItemCommand,
  PutItemCommand,
  TransactionCanceledException,
  ConditionalCheckFailedException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { startTestDynamoDb } from '../../shared/testing/servers.ts';
import { entryOf, FROZEN_LIFE } from './_frozen-writer.ts';
import { TestStore } from './_test-store.ts';
import { type Attributes, itemOf } from './items.ts';
import { CUSTOMER_SEGMENTS } from './tables.ts';

const ITEMS = 4_000;
const LANES = 8;
const BATCH = 25;
const signal = new AbortController().signal;

type Write = (ids: readonly number[], revision: number) => Promise<void>;

await using server = await startTestDynamoDb();
await using store = new TestStore(server.endpoint);
const target = store.open();
const TableName = store.tableName('rfm');
const guard = 'attribute_not_exists(kv_version) OR kv_version < :version';

function whole(id: number, revision: number): Attributes {
  const options = { table: CUSTOMER_SEGMENTS, bucket: 'rfm', life: FROZEN_LIFE, retentionMs: undefined, nowMs: 0 };
  const item = itemOf(entryOf(id, revision), options);
  if (!item) throw new Error(`Cannot make an item of customer "${id}"`);
  return { customer_id: item.key, ...item.attributes };
}

function guarded(id: number, revision: number) {
  const Item = whole(id, revision);
  return {
    TableName,
    Item,
    ConditionExpression: guard,
    ExpressionAttributeValues: { ':version': Item.kv_version ?? { N: '0' } },
  };
}

const WAYS: Readonly<Record<string, { readonly batch: number; readonly write: Write }>> = {
  'BatchWriteItem, no guard': {
    batch: BATCH,
    async write(ids, revision) {
      const puts = ids.map((id) => ({ PutRequest: { Item: whole(id, revision) } }));
      await store.client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: puts } }));
    },
  },
  'this sink': {
    batch: BATCH,
    async write(ids, revision) {
      const entries = ids.map((id) => entryOf(id, revision));
      await target.write('rfm', entries, signal);
    },
  },
  'PutItem, guarded': {
    batch: 1,
    async write(ids, revision) {
      const puts = ids.map((id) => store.client.send(new PutItemCommand(guarded(id, revision))));
      await Promise.all(puts).catch(unless(ConditionalCheckFailedException));
    },
  },
  'TransactWriteItems, guarded': {
    batch: BATCH,
    async write(ids, revision) {
      const TransactItems = ids.map((id) => ({ Put: guarded(id, revision) }));
      const command = new TransactWriteItemsCommand({ TransactItems });
      await store.client.send(command).catch(unless(TransactionCanceledException));
    },
  },
};

function unless(kind: abstract new (...given: never[]) => Error): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof kind)) throw error;
  };
}

async function measure(name: string, batch: number, write: Write, firstId: number, revision: number): Promise<void> {
  let next = 0;
  const startedAt = performance.now();
  const before = process.cpuUsage();
  const lane = async () => {
    while (next < ITEMS) {
      const from = firstId + next;
      next += batch;
      await write(
        Array.from({ length: batch }, (_, at) => from + at),
        revision,
      );
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  const { user, system } = process.cpuUsage(before);
  const rate = Math.round((ITEMS / (performance.now() - startedAt)) * 1_000);
  process.stdout.write(`${name.padEnd(40)} ${String(rate).padStart(6)}/s ${Math.round((user + system) / ITEMS)} us\n`);
}

await target.claim('rfm', FROZEN_LIFE);
for (const round of [0, 1])
  for (const [at, [name, { batch, write }]] of Object.entries(WAYS).entries()) {
    const firstId = (round * 10 + at) * ITEMS;
    await measure(`${name}: new items`, batch, write, firstId, 1);
    await measure(`${name}: newer revisions`, batch, write, firstId, 2);
    await measure(`${name}: older revisions`, batch, write, firstId, 1);
  }
