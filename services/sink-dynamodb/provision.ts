/**
 * Whether tables are there and of the right shape; makes them where that is wanted.
 *
 * Owns: descriptions, and the identity that tells a table from one of the same name before it.
 * Does not own: what is in them.
 *
 * Invariant (dynamodb-target.int.test.ts): nothing is made unless the settings say so, and a table of another key is
 * never written to.
 */
import {
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  type TableDescription,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { setTimeout as sleep } from 'node:timers/promises';
import { SinkUnavailableError } from '../../shared/sink/sink-target.ts';
import { classifyError, unavailable } from './failure.ts';
import type { DynamoDbSettings } from './settings.ts';
import type { TableShape } from './tables.ts';

const POLL_MS = 200;
const CREATE_MS = 60_000;

export type TableSettings = Pick<DynamoDbSettings, 'tablePrefix' | 'createTables'>;

export class Tables {
  readonly #client: DynamoDBClient;
  readonly #settings: TableSettings;

  constructor(client: DynamoDBClient, settings: TableSettings) {
    this.#client = client;
    this.#settings = settings;
  }

  get createsTables(): boolean {
    return this.#settings.createTables;
  }

  nameOf({ name }: TableShape): string {
    return `${this.#settings.tablePrefix}-${name}`;
  }

  /** Makes the table if that is wanted and needed. The identity of the table of that name. */
  async require(table: TableShape): Promise<string> {
    const found = await this.#describe(table);
    if (!found && !this.#settings.createTables) throw this.missing([table]);
    const ready = found?.TableStatus === 'ACTIVE' ? found : await this.#untilActive(table, found !== undefined);
    this.#check(table, ready);
    return identityOf(ready);
  }

  /** Undefined: there is no such table. */
  async identity(table: TableShape): Promise<string | undefined> {
    const found = await this.#describe(table);
    return found && identityOf(found);
  }

  /** Each of them; what is missing is told together. */
  async requireAll(tables: readonly TableShape[]): Promise<void> {
    const missing: TableShape[] = [];
    for (const table of tables) {
      if (this.#settings.createTables || (await this.#describe(table))) await this.require(table);
      else missing.push(table);
    }
    if (missing.length > 0) throw this.missing(missing);
  }

  missing(tables: readonly TableShape[]): SinkUnavailableError {
    const shown = tables.map((table) => `"${this.nameOf(table)}" (key "${table.key.attribute}", ${table.key.type})`);
    return new SinkUnavailableError(
      `Cannot find table ${shown.join(', ')}: create it as services/sink-dynamodb/README.md shows, or check TABLE_PREFIX ` +
        'and AWS_REGION, or set WEIR_DYNAMODB_CREATE_TABLES=true',
      'away',
    );
  }

  async #untilActive(table: TableShape, isThere: boolean): Promise<TableDescription> {
    const deadline = performance.now() + CREATE_MS;
    if (!isThere) await this.#create(table);
    for (;;) {
      const found = await this.#describe(table);
      if (found?.TableStatus === 'ACTIVE') {
        if (!isThere) await this.#enableTtl(table);
        return found;
      }
      if (performance.now() > deadline)
        throw new SinkUnavailableError(
          `Cannot use table "${this.nameOf(table)}": it is ${found?.TableStatus ?? 'not there'} for ${CREATE_MS} ms`,
          'away',
        );
      await sleep(POLL_MS);
    }
  }

  async #create(table: TableShape): Promise<void> {
    const { attribute, type } = table.key;
    const command = new CreateTableCommand({
      TableName: this.nameOf(table),
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: attribute, AttributeType: type }],
      KeySchema: [{ AttributeName: attribute, KeyType: 'HASH' }],
    });
    try {
      await this.#client.send(command);
    } catch (error) {
      if (error instanceof Error && error.name === 'ResourceInUseException') return; // another instance makes it, too
      throw unavailable(classifyError(error), `create table "${this.nameOf(table)}"`, error) ?? error;
    }
  }

  /** Deleted keys leave by it, in every table. Without it they stay, marked as deleted. */
  async #enableTtl(table: TableShape): Promise<void> {
    const command = new UpdateTimeToLiveCommand({
      TableName: this.nameOf(table),
      TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
    });
    try {
      await this.#client.send(command);
    } catch (error) {
      const failure = classifyError(error);
      if (failure.kind === 'refused') return; // it is enabled already
      throw unavailable(failure, `enable the TTL of table "${this.nameOf(table)}"`, error) ?? error;
    }
  }

  async #describe(table: TableShape): Promise<TableDescription | undefined> {
    const name = this.nameOf(table);
    try {
      const { Table } = await this.#client.send(new DescribeTableCommand({ TableName: name }));
      return Table;
    } catch (error) {
      const failure = classifyError(error);
      if (failure.kind === 'no-table') return undefined;
      throw unavailable(failure, `describe table "${name}"`, error) ?? error;
    }
  }

  #check(table: TableShape, found: TableDescription): void {
    const { attribute, type } = table.key;
    const keys = found.KeySchema ?? [];
    const typeFound = found.AttributeDefinitions?.find(({ AttributeName }) => AttributeName === attribute);
    if (keys.length === 1 && keys[0]?.AttributeName === attribute && typeFound?.AttributeType === type) return;
    const shown = keys.map(({ AttributeName, KeyType }) => `${AttributeName} ${KeyType}`).join(', ');
    throw new Error(
      `Cannot use table "${this.nameOf(table)}" with the key "${shown}": expected the one key "${attribute}" of type ` +
        `${type}; delete the table, or choose another TABLE_PREFIX`,
    );
  }
}

/** DynamoDB Local gives tables no id. */
function identityOf({ TableId, CreationDateTime }: TableDescription): string {
  return TableId ?? `made-${CreationDateTime?.getTime() ?? 0}`;
}
