/**
 * An entry of a bucket as an item of its table.
 *
 * Owns: the item's key, its attributes, and the version that the guard compares (statements.ts).
 *
 * Invariants (items.test.ts):
 * 1. The item's key follows from the bucket's key alone, so a delete, which has no value, finds it.
 * 2. Different keys of a bucket have different items; but of alerts, whose ids may meet (`source` tells them apart).
 * 3. What is null or absent in the bucket is absent in the item: an index over the attribute may be made at any time.
 * 4. A deleted key leaves an item that says so until no older write can be under way any more.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { SinkEntry } from '../../shared/sink/sink-target.ts';
import { integerKeyOf, leastBytes, textKeyOf, ValueError } from './attribute-value.ts';
import type { ResultTable, Value } from './tables.ts';

export type Attributes = Record<string, AttributeValue>;

export interface Item {
  readonly key: AttributeValue;
  readonly attributes: Attributes;
  readonly version: AttributeValue;
  /** Whose item it is, in tables that several buckets share. */
  readonly source: AttributeValue | undefined;
}

export interface ItemOptions {
  readonly table: ResultTable;
  readonly bucket: string;
  /** Of the bucket. */
  readonly life: number;
  /** How long items are kept after their last change, ms; undefined: for good. */
  readonly retentionMs: number | undefined;
  readonly nowMs: number;
}

/**
 * Longer than a request can be under way: DynamoDB refuses a signature that is 15 minutes old. The rest is for a process
 * that was stopped before it signed.
 */
const TOMBSTONE_MS = 24 * 3_600_000;
/** 400 KiB. */
const MOST_BYTES = 400 * 1024;
const REVISION_DIGITS = 16;

/** Undefined: a delete of what no item can hold. Throws ValueError when no item can hold the value. */
export function itemOf(entry: SinkEntry, options: ItemOptions): Item | undefined {
  const { table, bucket, life, nowMs } = options;
  const isDelete = entry.value === undefined;
  const tokens = entry.key.split('.').slice(1);
  const key = keyOf(table, tokens, entry.key, isDelete);
  if (!key) return undefined;
  const version = versionOf(life, entry.revision);
  const source = table.isShared ? { S: `${bucket}.${tokens.join('.')}` } : undefined;
  const attributes: Attributes = {
    updated_at: { S: new Date(entry.storedAtMs).toISOString() },
    kv_key: { S: entry.key },
    kv_version: version,
    ...(source && { bucket: { S: bucket }, source }),
    ...(isDelete
      ? { deleted: { BOOL: true }, ttl: epochSeconds(nowMs + TOMBSTONE_MS) }
      : { ...fieldsOf(entry, table, tokens[0] ?? ''), ...lifetimeOf(entry, options) }),
  };
  return { key, attributes, version, source };
}

/** Higher for a later life of the bucket, then for a later revision. */
export function versionOf(life: number, revision: number): AttributeValue {
  return { N: `${life}${String(revision).padStart(REVISION_DIGITS, '0')}` };
}

export function epochSeconds(ms: number): AttributeValue {
  return { N: String(Math.ceil(ms / 1000)) };
}

function keyOf(
  { key, idOf }: ResultTable,
  tokens: readonly string[],
  text: string,
  isDelete: boolean,
): AttributeValue | undefined {
  try {
    const id = idOf(tokens);
    return key.type === 'N' ? integerKeyOf(id, key.attribute) : textKeyOf(id, key.attribute);
  } catch (error) {
    if (isDelete) return undefined;
    if (error instanceof RangeError) throw new ValueError(`Cannot read the key "${text}": ${error.message}`);
    throw error;
  }
}

function fieldsOf({ value }: SinkEntry, table: ResultTable, kind: string): Attributes {
  if (!isValue(value)) throw new ValueError(`Cannot write ${table.name}: the value is no JSON object`);
  const attributes: Attributes = {};
  let bytes = 0;
  for (const { attribute, pick, write, isOptional } of table.fields) {
    const picked = pick(value, kind);
    if (isOptional && (picked === null || picked === undefined)) continue;
    const written = write(picked, attribute);
    bytes += attribute.length + leastBytes(written);
    attributes[attribute] = written;
  }
  if (bytes > MOST_BYTES)
    throw new ValueError(`Cannot write ${table.name}: the item would be over DynamoDB's ${MOST_BYTES} bytes`);
  return attributes;
}

function lifetimeOf({ storedAtMs, expiresAtMs }: SinkEntry, { table, retentionMs }: ItemOptions): Attributes {
  const endMs = table.livesAsInTheMesh ? expiresAtMs : retentionMs === undefined ? undefined : storedAtMs + retentionMs;
  return {
    ...(expiresAtMs !== undefined && { kv_expires: epochSeconds(expiresAtMs) }),
    ...(endMs !== undefined && { ttl: epochSeconds(endMs) }),
  };
}

function isValue(value: unknown): value is Value {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
