/** Random values and deletes of every kind that the sink wants, in real buckets, and what the tables must hold then. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { JetStreamLog } from '../../shared/log/jetstream-log.ts';
import { bucketStream, keySubject, subjectKey } from '../../shared/log/names.ts';
import { provisionBucket } from '../../shared/log/provision.ts';
import { matchesKey } from '../../shared/sink/key-pattern.ts';
import { firstLife } from '../../shared/sink/life.ts';
import { SAMPLE_KINDS, type SampleKind } from '../../shared/sink/sample-values.ts';
import { readWaitingEntry, toSinkEntry } from '../../shared/sink/waiting-entry.ts';
import type { TestStore } from './_test-store.ts';
import { itemOf, versionOf } from './items.ts';
import { SOURCES, tableOf } from './tables.ts';

const IDS = 50;
const PURGE = { 'KV-Operation': 'PURGE', 'Nats-Rollup': 'sub' } as const;

export const WANTED_KINDS: readonly SampleKind[] = SAMPLE_KINDS.filter((kind) =>
  SOURCES.some(
    ({ bucket, keys }) => bucket === kind.bucket && keys.some((pattern) => matchesKey(pattern, kind.key(1))),
  ),
);

export class BucketLoad {
  readonly #log: JetStreamLog;
  #version = 0;
  #seed: number;

  private constructor(log: JetStreamLog, seed: number) {
    this.#log = log;
    this.#seed = seed;
  }

  static async start(log: JetStreamLog, seed: number): Promise<BucketLoad> {
    for (const { bucket } of SOURCES) await provisionBucket(log, bucket);
    return new BucketLoad(log, seed);
  }

  async write(count: number): Promise<void> {
    for (let written = 0; written < count; written += 20)
      await Promise.all(Array.from({ length: 20 }, () => this.#writeOne()));
  }

  /** What differs between the first bucket that differs and its table, as sentences; none: all are equal. */
  async differences(store: TestStore): Promise<string[]> {
    const found: string[] = [];
    for (const { bucket } of SOURCES) {
      const [wanted, stored] = await Promise.all([this.#wanted(bucket), store.all(bucket)]);
      for (const [key, attributes] of wanted) {
        const item = stored.get(key);
        if (!item) found.push(`${bucket} ${key} is missing`);
        else if (canonical(item) !== attributes)
          found.push(`${bucket} ${key} is ${canonical(item)}, not ${attributes}`);
      }
      const history = await this.#history(bucket, stored);
      for (const key of stored.keys())
        if (!wanted.has(key) && !history.has(key)) found.push(`${bucket} ${key} should not be there`);
      if (found.length > 0) break; // the server has work to do
    }
    return found;
  }

  /** Keys of items from before the bucket was made anew that it does not name. */
  async history(store: TestStore, bucket: string): Promise<string[]> {
    return [...(await this.#history(bucket, await store.all(bucket)))].sort();
  }

  /** That have a value in the bucket. */
  async keys(bucket: string): Promise<string[]> {
    return [...(await this.#wanted(bucket)).keys()];
  }

  /** The bucket holds nothing of the key any more, not even that it was deleted. */
  async forget(bucket: string, key: string): Promise<void> {
    await this.#log.purge(bucketStream(bucket), keySubject(bucket, key), Number.MAX_SAFE_INTEGER);
  }

  async deleteBucket(bucket: string): Promise<void> {
    await this.#log.manager.streams.delete(bucketStream(bucket));
    await provisionBucket(this.#log, bucket);
  }

  async #writeOne(): Promise<void> {
    const kind = WANTED_KINDS[this.#random(WANTED_KINDS.length)];
    if (!kind) throw new Error('Cannot write: no bucket is wanted');
    const id = this.#random(IDS);
    const subject = keySubject(kind.bucket, kind.key(id));
    const isDelete = this.#random(5) === 0;
    if (isDelete) await this.#log.append(subject, '', { headers: PURGE });
    else await this.#log.append(subject, JSON.stringify(kind.value(id, ++this.#version)));
  }

  async #history(bucket: string, stored: ReadonlyMap<string, Record<string, AttributeValue>>): Promise<Set<string>> {
    const stream = bucketStream(bucket);
    const first = BigInt(versionOf(firstLife((await this.#log.state(stream)).createdMs), 0).N ?? '');
    const last = await this.#log.lastOfEach(stream, [keySubject(bucket, '>')]);
    const named = new Set(last.map(({ subject }) => subjectKey(bucket, subject)));
    const isHistory = ([key, { kv_version: version }]: [string, Record<string, AttributeValue>]) =>
      !named.has(key) && BigInt(version?.N ?? '') < first;
    return new Set([...stored].filter(isHistory).map(([key]) => key));
  }

  /** By key, of the values that the bucket holds. */
  async #wanted(bucket: string): Promise<Map<string, string>> {
    const stream = bucketStream(bucket);
    const life = firstLife((await this.#log.state(stream)).createdMs);
    const table = tableOf(bucket);
    const wanted = new Map<string, string>();
    for (const message of await this.#log.lastOfEach(stream, [keySubject(bucket, '>')])) {
      const waiting = readWaitingEntry(bucket, message);
      if (waiting?.text === undefined) continue;
      const item = itemOf(toSinkEntry(waiting), { table, bucket, life, retentionMs: undefined, nowMs: 0 });
      if (item) wanted.set(waiting.key, canonical({ ...item.attributes, [table.key.attribute]: item.key }));
    }
    return wanted;
  }

  #random(below: number): number {
    this.#seed = (Math.imul(this.#seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((this.#seed / 0x80000000) * below);
  }
}

/**
 * DynamoDB gives 1250.50 back as 1250.5, and attributes in an order of its own. NATS gives the time of a message rounded
 * in one answer and cut in another: it is left out, for the version names the very message.
 */
function canonical(item: Readonly<Record<string, AttributeValue>>): string {
  return JSON.stringify(item, (name, value) => {
    if (name === 'updated_at') return undefined;
    if (name === 'N' && String(value).includes('.')) return String(value).replace(/\.?0+$/, '');
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
