/**
 * How far each bucket was written, in table `<prefix>-sink-positions`: beside the data it speaks of.
 *
 * Invariants (dynamodb-target.int.test.ts, tables-deleted.fault.test.ts):
 * 1. A position counts for the very table it was saved for: of one that was deleted, restored or made anew, everything is
 *    read again.
 * 2. Only who claimed the bucket last saves its position.
 */
import { type AttributeValue, type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { createdMsOf, isSameStream } from '../../shared/sink/life.ts';
import { SinkFencedError, type SinkPosition } from '../../shared/sink/sink-target.ts';
import { classifyError, unavailable } from './failure.ts';

export interface ClaimedTable {
  /** Of the table that holds the bucket's items. */
  readonly identity: string;
  readonly owner: string;
}

export class Positions {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  async claim(bucket: string, life: number, { identity, owner }: ClaimedTable): Promise<SinkPosition | undefined> {
    const command = new UpdateItemCommand({
      TableName: this.#tableName,
      Key: { bucket: { S: bucket } },
      UpdateExpression: 'SET claimed_by = :owner, claimed_at = :now',
      ExpressionAttributeValues: { ':owner': { S: owner }, ':now': { S: new Date().toISOString() } },
      ReturnValues: 'ALL_NEW',
    });
    try {
      const { Attributes: saved = {} } = await this.#client.send(command);
      const stored = numberIn(saved.life) ?? 0;
      if (stored > life && !isSameStream(stored, life)) throw newerBucket(bucket, life, stored);
      const going = Math.max(stored, life);
      if (stored !== going) return undefined;
      // Items may be there that the bucket no longer has: an old date has the core look for them.
      if (saved.table_id?.S !== identity) return { life: going, seq: 0, savedAtMs: 0 };
      return { life: going, seq: numberIn(saved.seq) ?? 0, savedAtMs: numberIn(saved.saved_at_ms) ?? 0 };
    } catch (error) {
      throw unavailable(classifyError(error), `claim "${bucket}"`, error) ?? error;
    }
  }

  async save(bucket: string, { life, seq, savedAtMs }: SinkPosition, { identity, owner }: ClaimedTable): Promise<void> {
    const command = new UpdateItemCommand({
      TableName: this.#tableName,
      Key: { bucket: { S: bucket } },
      UpdateExpression: 'SET life = :life, seq = :seq, saved_at_ms = :at, table_id = :table',
      ConditionExpression: 'claimed_by = :owner',
      ExpressionAttributeValues: {
        ':life': { N: String(life) },
        ':seq': { N: String(seq) },
        ':at': { N: String(savedAtMs) },
        ':table': { S: identity },
        ':owner': { S: owner },
      },
    });
    try {
      await this.#client.send(command);
    } catch (error) {
      const failure = classifyError(error);
      if (failure.kind === 'condition')
        throw new SinkFencedError(`Cannot save the position of "${bucket}": another process has claimed it`);
      throw unavailable(failure, `save the position of "${bucket}"`, error) ?? error;
    }
  }
}

function newerBucket(bucket: string, life: number, stored: number): Error {
  const [ours, theirs] = [life, stored].map((one) => new Date(createdMsOf(one)).toISOString());
  return new Error(
    `Cannot write bucket "${bucket}" (made ${ours}): the tables hold results of a newer one (made ${theirs}); give every mesh a TABLE_PREFIX of its own, or delete these tables`,
  );
}

function numberIn(value: AttributeValue | undefined): number | undefined {
  return value?.N === undefined ? undefined : Number(value.N);
}
