/** Random values and deletes of every kind that the sink wants, in real buckets, and what differs in the tables. */
import { isDeleteMarker } from '../../shared/store/entry.ts';
import type { JetStreamLog } from '../../shared/log/jetstream-log.ts';
import { bucketStream, keySubject, subjectKey } from '../../shared/log/names.ts';
import { provisionBucket } from '../../shared/log/provision.ts';
import type { Database } from '../../shared/postgres/database.ts';
import { matchesKey } from '../../shared/sink/key-pattern.ts';
import { firstLife } from '../../shared/sink/life.ts';
import { SAMPLE_KINDS, type SampleKind } from '../../shared/sink/sample-values.ts';
import { differenceOf, type SeenRow, seenRows } from './_seen-row.ts';
import { RESULT_KINDS } from './results.ts';

const IDS = 150;
const AT_ONCE = 20;
const PURGE = { 'KV-Operation': 'PURGE', 'Nats-Rollup': 'sub' } as const;

export const BUCKETS = [...new Set(RESULT_KINDS.map(({ bucket }) => bucket))];
const WANTED = SAMPLE_KINDS.filter((kind) =>
  RESULT_KINDS.some(({ bucket, keys }) => bucket === kind.bucket && matchesKey(keys, kind.key(1))),
);

export class BucketLoad {
  readonly #log: JetStreamLog;
  #seed: number;
  #version = 0;

  private constructor(log: JetStreamLog, seed: number) {
    this.#log = log;
    this.#seed = seed;
  }

  static async start(log: JetStreamLog, seed: number): Promise<BucketLoad> {
    for (const bucket of BUCKETS) await provisionBucket(log, bucket);
    return new BucketLoad(log, seed);
  }

  async write(count: number): Promise<void> {
    for (let written = 0; written < count; written += AT_ONCE)
      await Promise.all(Array.from({ length: AT_ONCE }, () => this.#writeOne()));
  }

  /** What differs between the buckets and the tables, as sentences; none: they are equal, row by row. */
  async differences(database: Database): Promise<string[]> {
    const found: string[] = [];
    for (const bucket of BUCKETS) {
      const values = await this.#values(bucket);
      const rows = await rowsOf(database, bucket);
      const history = await this.#history(bucket, rows);
      for (const [key, value] of values) {
        const difference = differenceOf(key, value, rows.get(key) ?? []);
        if (difference) found.push(`${bucket} ${key}: ${difference}`);
      }
      for (const key of rows.keys())
        if (!values.has(key) && !history.has(key)) found.push(`${bucket} ${key} should not be there`);
    }
    return found;
  }

  /** Keys of rows from before the bucket was made anew that it does not name. */
  async history(database: Database, bucket: string): Promise<string[]> {
    return [...(await this.#history(bucket, await rowsOf(database, bucket)))].sort();
  }

  /** That have a value in the bucket. */
  async keys(bucket: string): Promise<string[]> {
    return [...(await this.#values(bucket)).keys()];
  }

  async makeAnew(bucket: string): Promise<void> {
    await this.#log.manager.streams.delete(bucketStream(bucket));
    await provisionBucket(this.#log, bucket);
  }

  /** The bucket holds nothing of the key any more, not even that it was deleted. */
  async forget(bucket: string, key: string): Promise<void> {
    await this.#log.purge(bucketStream(bucket), keySubject(bucket, key), Number.MAX_SAFE_INTEGER);
  }

  /** How many keys the buckets hold. */
  async size(): Promise<number> {
    const sizes = await Promise.all(BUCKETS.map(async (bucket) => (await this.#values(bucket)).size));
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  async #history(bucket: string, rows: ReadonlyMap<string, readonly SeenRow[]>): Promise<Set<string>> {
    const stream = bucketStream(bucket);
    const first = firstLife((await this.#log.state(stream)).createdMs);
    const last = await this.#log.lastOfEach(stream, [keySubject(bucket, '>')]);
    const named = new Set(last.map(({ subject }) => subjectKey(bucket, subject)));
    const isFormer = (row: SeenRow) => Number(row.kv_life) < first;
    return new Set([...rows].filter(([key, ofKey]) => !named.has(key) && ofKey.every(isFormer)).map(([key]) => key));
  }

  async #values(bucket: string): Promise<Map<string, Record<string, unknown>>> {
    const values = new Map<string, Record<string, unknown>>();
    for (const message of await this.#log.lastOfEach(bucketStream(bucket), [keySubject(bucket, '>')]))
      if (!isDeleteMarker(message)) {
        const json: unknown = JSON.parse(new TextDecoder().decode(message.payload));
        values.set(subjectKey(bucket, message.subject), Object(json));
      }
    return values;
  }

  async #writeOne(): Promise<void> {
    const kind = WANTED[this.#random(WANTED.length)];
    if (!kind) throw new Error('Cannot write: no bucket is wanted');
    const id = this.#random(IDS);
    const subject = keySubject(kind.bucket, kind.key(id));
    if (this.#random(5) === 0) await this.#log.append(subject, '', { headers: PURGE });
    else await this.#log.append(subject, JSON.stringify(this.#valueOf(kind, id)));
  }

  /** A user is in other segments each time. */
  #valueOf(kind: SampleKind, id: number): Record<string, unknown> {
    const value = kind.value(id, ++this.#version);
    if (kind.name !== 'user') return value;
    const [result] = Object.values(Object(value.segments));
    const names = ['buyers', 'viewers', 'late', 'new'].filter(() => this.#random(2) === 0);
    return { ...value, segments: Object.fromEntries(['all', ...names].map((name) => [name, result])) };
  }

  /** The same for the same seed. */
  #random(below: number): number {
    this.#seed = (this.#seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((this.#seed / 2_147_483_648) * below);
  }
}

function rowsOf(database: Database, bucket: string): Promise<Map<string, SeenRow[]>> {
  const kinds = RESULT_KINDS.filter((kind) => kind.bucket === bucket).map(({ keys }) => keys.replaceAll('*', 'x'));
  return seenRows(database, bucket, kinds);
}
