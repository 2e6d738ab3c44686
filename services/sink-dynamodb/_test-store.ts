/** A target on a real DynamoDB Local, and what the store holds, for tests. */
import { type AttributeValue, type DynamoDBClient, GetItemCommand, paginateScan } from '@aws-sdk/client-dynamodb';
import { randomUUID } from 'node:crypto';
import { connectDynamoDb } from './client.ts';
import { DynamoDbTarget } from './dynamodb-target.ts';
import { itemOf } from './items.ts';
import { type DynamoDbSettings, readDynamoDbSettings } from './settings.ts';
import { tableOf } from './tables.ts';

export class TestStore implements AsyncDisposable {
  readonly settings: DynamoDbSettings;
  readonly client: DynamoDBClient;
  readonly #opened: AsyncDisposable[] = [];

  /** Tables of a prefix of its own. */
  constructor(endpoint: string, prefix = `t-${randomUUID().slice(0, 8)}`) {
    this.settings = readDynamoDbSettings({ DYNAMODB_ENDPOINT: endpoint, TABLE_PREFIX: prefix });
    this.client = connectDynamoDb(this.settings);
  }

  /** As another process opens it; `endpoint`: of a proxy in front. */
  open(changes: Partial<DynamoDbSettings> = {}, requestMs?: number): DynamoDbTarget {
    const settings = { ...this.settings, ...changes };
    const target = new DynamoDbTarget(connectDynamoDb(settings, requestMs), settings);
    this.#opened.push(target);
    return target;
  }

  tableName(bucket: string): string {
    return `${this.settings.tablePrefix}-${tableOf(bucket).name}`;
  }

  /** The item of a bucket's key, deleted ones too. */
  async item(bucket: string, key: string): Promise<Record<string, AttributeValue> | undefined> {
    const table = tableOf(bucket);
    const entry = { key, revision: 1, storedAtMs: 0, value: undefined };
    const item = itemOf(entry, { table, bucket, life: 1, retentionMs: undefined, nowMs: 0 });
    if (!item) return undefined;
    const { Item } = await this.client.send(
      new GetItemCommand({
        TableName: this.tableName(bucket),
        Key: { [table.key.attribute]: item.key },
        ConsistentRead: true,
      }),
    );
    return Item;
  }

  /** The item unless it is a deleted one. */
  async read(bucket: string, key: string): Promise<Record<string, AttributeValue> | undefined> {
    const item = await this.item(bucket, key);
    return item?.deleted ? undefined : item;
  }

  /** Every item of a bucket that is not deleted, by the bucket's key. */
  async all(bucket: string): Promise<Map<string, Record<string, AttributeValue>>> {
    const items = new Map<string, Record<string, AttributeValue>>();
    const pages = paginateScan({ client: this.client }, { TableName: this.tableName(bucket), ConsistentRead: true });
    for await (const { Items = [] } of pages)
      for (const item of Items)
        if (!item.deleted && (item.bucket?.S ?? bucket) === bucket) items.set(item.kv_key?.S ?? '', item);
    return items;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const opened of this.#opened) await opened[Symbol.asyncDispose]();
    this.client.destroy();
  }
}
