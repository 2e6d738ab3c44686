/**
 * The sink port on DynamoDB.
 *
 * Owns: which table and which life a bucket is written to, and what is noticed of tables that vanish.
 * Does not own: order, repetition and pace (shared/sink), the guard (statements.ts), items (items.ts).
 *
 * Invariants (dynamodb-target.int.test.ts, the contract of sinks, *.fault.test.ts):
 * 1. Those of the port. In particular no item goes back to an older revision, whatever comes late, from whomever.
 * 2. A table that was deleted, restored or made anew is written from the beginning.
 */
import { type AttributeValue, type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { randomUUID } from 'node:crypto';
import { createdMsOf, firstLife } from '../../shared/sink/life.ts';
import type { RefusedEntry, SinkEntry, SinkPosition, SinkSource, SinkTarget } from '../../shared/sink/sink-target.ts';
import { ValueError } from './attribute-value.ts';
import { BatchWriter, NoTableError, type PendingItem } from './batch-writer.ts';
import { classifyError, unavailable } from './failure.ts';
import { epochSeconds, itemOf, versionOf } from './items.ts';
import { Positions } from './positions.ts';
import { Tables } from './provision.ts';
import type { DynamoDbSettings } from './settings.ts';
import { Statements } from './statements.ts';
import { POSITIONS, RESULT_TABLES, type ResultTable, SOURCES, tableOf } from './tables.ts';

interface Claim {
  readonly life: number;
  readonly table: ResultTable;
  readonly identity: string;
  readonly writer: BatchWriter;
  /** When the table was last seen to be the one that was claimed, by performance.now(). */
  checkedAt: number;
  /** A write found no table: nothing is written before it is known which one is there. */
  isTableDoubted: boolean;
}

/** What BatchExecuteStatement takes. */
const BATCH_SIZE = 25;
const CHECK_EVERY_MS = 10_000;

export class DynamoDbTarget implements SinkTarget, AsyncDisposable {
  readonly name = 'dynamodb';
  readonly sources: readonly SinkSource[] = SOURCES.map(({ bucket, keys }) => ({ bucket, keys }));
  readonly batchSize = BATCH_SIZE;
  readonly #client: DynamoDBClient;
  readonly #retentionMs: number | undefined;
  readonly #tables: Tables;
  readonly #positions: Positions;
  readonly #owner = randomUUID();
  readonly #claims = new Map<string, Claim>();

  /** Takes the client over. */
  constructor(
    client: DynamoDBClient,
    settings: Pick<DynamoDbSettings, 'tablePrefix' | 'createTables' | 'retentionMs'>,
  ) {
    this.#client = client;
    this.#retentionMs = settings.retentionMs;
    this.#tables = new Tables(client, settings);
    this.#positions = new Positions(client, this.#tables.nameOf(POSITIONS));
  }

  /** Throws when tables are not there, and names all of them. */
  async requireTables(): Promise<void> {
    await this.#tables.requireAll([POSITIONS, ...RESULT_TABLES]);
  }

  async claim(bucket: string, life: number): Promise<SinkPosition | undefined> {
    const table = tableOf(bucket);
    await this.#tables.require(POSITIONS);
    const identity = await this.#tables.require(table);
    const position = await this.#positions.claim(bucket, life, { identity, owner: this.#owner });
    this.#claims.set(bucket, {
      life: position?.life ?? life,
      table,
      identity,
      writer: new BatchWriter(this.#client, new Statements(this.#tables.nameOf(table), table)),
      checkedAt: performance.now(),
      isTableDoubted: false,
    });
    return position;
  }

  async write(bucket: string, entries: readonly SinkEntry[], signal: AbortSignal): Promise<readonly RefusedEntry[]> {
    signal.throwIfAborted();
    const claim = this.#claimOf(bucket);
    if (claim.isTableDoubted) await this.#checkTable(bucket, claim);
    const refused: RefusedEntry[] = [];
    const pending = this.#itemsOf(bucket, claim, entries, refused);
    if (pending.length === 0) return refused;
    try {
      return [...refused, ...(await claim.writer.write(pending, signal))];
    } catch (error) {
      if (!(error instanceof NoTableError)) throw error;
      claim.isTableDoubted = true;
      throw this.#gone(bucket, claim, error);
    }
  }

  async save(bucket: string, position: SinkPosition): Promise<void> {
    const claim = this.#claimOf(bucket);
    if (claim.isTableDoubted || performance.now() - claim.checkedAt > CHECK_EVERY_MS)
      await this.#checkTable(bucket, claim);
    await this.#positions.save(bucket, position, { identity: claim.identity, owner: this.#owner });
  }

  async *storedKeys(bucket: string, signal: AbortSignal): AsyncGenerator<string> {
    const { table, life } = this.#claimOf(bucket);
    const since = versionOf(firstLife(createdMsOf(life)), 0); // what is older is of a bucket before this one
    const now = epochSeconds(Date.now());
    const values: Record<string, AttributeValue> = { ':now': now, ':since': since };
    if (table.isShared) values[':bucket'] = { S: bucket };
    const isAlive = (attribute: string) => `(attribute_not_exists(${attribute}) OR ${attribute} > :now)`;
    const pages = paginateScan(
      { client: this.#client },
      {
        TableName: this.#tables.nameOf(table),
        ConsistentRead: true,
        ProjectionExpression: 'kv_key',
        FilterExpression: [
          'attribute_exists(kv_key) AND attribute_not_exists(deleted) AND kv_version >= :since',
          isAlive('kv_expires'),
          isAlive('#ttl'),
          ...(table.isShared ? ['#bucket = :bucket'] : []),
        ].join(' AND '),
        ExpressionAttributeNames: { '#ttl': 'ttl', ...(table.isShared && { '#bucket': 'bucket' }) },
        ExpressionAttributeValues: values,
      },
      { abortSignal: signal },
    );
    try {
      for await (const { Items = [] } of pages)
        for (const { kv_key: key } of Items) if (key?.S !== undefined) yield key.S;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw unavailable(classifyError(error), `list the keys of "${bucket}"`, error) ?? error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.destroy();
  }

  #claimOf(bucket: string): Claim {
    const claim = this.#claims.get(bucket);
    if (!claim) throw new Error(`Cannot write bucket "${bucket}": it was not claimed`);
    return claim;
  }

  #itemsOf(bucket: string, claim: Claim, entries: readonly SinkEntry[], refused: RefusedEntry[]): PendingItem[] {
    const { table, life } = claim;
    const options = { table, bucket, life, retentionMs: this.#retentionMs, nowMs: Date.now() };
    const pending: PendingItem[] = [];
    for (const entry of entries) {
      const { key, revision } = entry;
      try {
        const item = itemOf(entry, options);
        if (item) pending.push({ key, revision, item });
      } catch (error) {
        if (!(error instanceof ValueError)) throw error;
        refused.push({ key, revision, reason: error.message });
      }
    }
    return pending;
  }

  /** Ends the claim, by an error, when another table has the name by now: its items must be written from the first. */
  async #checkTable(bucket: string, claim: Claim): Promise<void> {
    const found = await this.#tables.identity(claim.table);
    if (found === undefined) throw this.#gone(bucket, claim);
    if (found !== claim.identity)
      throw new Error(
        `Cannot go on with "${bucket}": table "${this.#tables.nameOf(claim.table)}" was made anew; it is written from the beginning`,
      );
    claim.checkedAt = performance.now();
    claim.isTableDoubted = false;
  }

  /** Where tables are made by this sink, claiming the bucket again makes it; else somebody has to. */
  #gone(bucket: string, { table }: Claim, cause?: Error): Error {
    if (!this.#tables.createsTables) return this.#tables.missing([table]);
    return new Error(`Cannot go on with "${bucket}": table "${this.#tables.nameOf(table)}" is gone; it is made anew`, {
      cause,
    });
  }
}
