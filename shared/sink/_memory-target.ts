/**
 * The sink port in memory, for tests: the store (which outlives processes) and targets on it (one a process), with
 * faults on demand. A target that is killed has no effect any more, and nothing it was asked ever answers, as after SIGKILL.
 */
import { createdMsOf, firstLife, isSameStream } from './life.ts';
import {
  type RefusedEntry,
  type SinkEntry,
  SinkFencedError,
  type SinkPosition,
  type SinkSource,
  type SinkTarget,
  SinkUnavailableError,
} from './sink-target.ts';

/** `unanswered`: done, but the caller learns that the store is away. `half`: only the first half of it is done. */
export type SinkFault = 'away' | 'throttled' | 'full' | 'fenced' | 'broken' | 'unanswered' | 'half';

export interface SinkCall {
  readonly kind: 'claim' | 'write' | 'save' | 'keys';
  readonly bucket: string;
  readonly entries: readonly SinkEntry[];
}

export interface MemoryTargetOptions {
  readonly name?: string;
  readonly batchSize?: number;
  /** Asked before each call; may wait, and may kill the target. */
  readonly fault?: (call: SinkCall) => SinkFault | undefined | Promise<SinkFault | undefined>;
  /** Why the store would never take an entry; undefined: it does. */
  readonly refuse?: (entry: SinkEntry) => string | undefined;
}

interface Row {
  readonly life: number;
  readonly revision: number;
  readonly expiresAtMs: number | undefined;
  /** undefined: deleted. */
  readonly value: unknown;
}

interface StoredBucket {
  readonly rows: Map<string, Row>;
  claims: number;
  position: SinkPosition | undefined;
}

interface Claim {
  readonly number: number;
  readonly life: number;
}

export class MemoryStore {
  readonly #buckets = new Map<string, StoredBucket>();
  /** The store's own clock, ms. */
  nowMs = 0;

  open(sources: readonly SinkSource[], options: MemoryTargetOptions = {}): MemoryTarget {
    return new MemoryTarget(this, sources, options);
  }

  bucket(name: string): StoredBucket {
    let bucket = this.#buckets.get(name);
    if (!bucket) {
      bucket = { rows: new Map(), claims: 0, position: undefined };
      this.#buckets.set(name, bucket);
    }
    return bucket;
  }

  /** What is there of a bucket: key to value. */
  values(name: string): Map<string, unknown> {
    const rows = [...this.bucket(name).rows].filter(([, { value }]) => value !== undefined);
    return new Map(rows.map(([key, { value }]) => [key, value]));
  }
}

export class MemoryTarget implements SinkTarget, AsyncDisposable {
  readonly name: string;
  readonly sources: readonly SinkSource[];
  readonly batchSize: number;
  readonly #store: MemoryStore;
  readonly #options: MemoryTargetOptions;
  readonly #claims = new Map<string, Claim>();
  #killed = false;
  /** Every call, in order. */
  readonly calls: SinkCall[] = [];
  /** Keys of writes under way, by bucket and key: to show that none is in two writes at once. */
  readonly #writing = new Set<string>();
  readonly overlaps: string[] = [];

  constructor(store: MemoryStore, sources: readonly SinkSource[], options: MemoryTargetOptions) {
    this.#store = store;
    this.#options = options;
    this.sources = sources;
    this.name = options.name ?? 'memory';
    this.batchSize = options.batchSize ?? 10;
  }

  kill(): void {
    this.#killed = true;
  }

  async claim(bucket: string, life: number): Promise<SinkPosition | undefined> {
    return this.#answer({ kind: 'claim', bucket, entries: [] }, () => {
      const stored = this.#store.bucket(bucket);
      const { position } = stored;
      const saved = position && position.life >= life && isSameStream(position.life, life) ? position : undefined;
      this.#claims.set(bucket, { number: ++stored.claims, life: saved?.life ?? life });
      return saved;
    });
  }

  async write(bucket: string, entries: readonly SinkEntry[], signal: AbortSignal): Promise<readonly RefusedEntry[]> {
    for (const { key } of entries) {
      const name = `${bucket} ${key}`;
      if (this.#writing.has(name)) this.overlaps.push(name);
      this.#writing.add(name);
    }
    try {
      return await this.#answer({ kind: 'write', bucket, entries }, (some) => {
        signal.throwIfAborted();
        return some.flatMap((entry) => this.#put(bucket, entry));
      });
    } finally {
      for (const { key } of entries) this.#writing.delete(`${bucket} ${key}`);
    }
  }

  async save(bucket: string, position: SinkPosition): Promise<void> {
    await this.#answer({ kind: 'save', bucket, entries: [] }, () => {
      this.#store.bucket(bucket).position = position;
    });
  }

  async *storedKeys(bucket: string, signal: AbortSignal): AsyncGenerator<string> {
    const keys = await this.#answer({ kind: 'keys', bucket, entries: [] }, () => {
      const rows = [...this.#store.bucket(bucket).rows];
      const { nowMs } = this.#store;
      const since = firstLife(createdMsOf(this.#lifeOf(bucket)));
      return rows.filter(
        ([, { life, value, expiresAtMs = Number.POSITIVE_INFINITY }]) =>
          value !== undefined && expiresAtMs > nowMs && life >= since,
      );
    });
    for (const [key] of keys) {
      signal.throwIfAborted();
      yield key;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
  }

  #put(bucket: string, entry: SinkEntry): RefusedEntry[] {
    const { key, revision, value, expiresAtMs } = entry;
    const reason = value === undefined ? undefined : this.#options.refuse?.(entry);
    if (reason !== undefined) return [{ key, revision, reason }];
    const { rows } = this.#store.bucket(bucket);
    const life = this.#lifeOf(bucket);
    const row = rows.get(key);
    const isOlder = row !== undefined && (row.life > life || (row.life === life && row.revision > revision));
    if (!isOlder) rows.set(key, { life, revision, expiresAtMs, value });
    return [];
  }

  #lifeOf(bucket: string): number {
    const claim = this.#claims.get(bucket);
    if (!claim) throw new Error(`Cannot use bucket "${bucket}": it was not claimed`);
    return claim.life;
  }

  /** A turn of the event loop at least, as every answer of a store takes. */
  async #answer<T>(call: SinkCall, work: (entries: readonly SinkEntry[]) => T): Promise<T> {
    this.calls.push(call);
    const fault = await this.#options.fault?.(call);
    if (this.#killed) await new Promise<never>(() => {});
    if (call.kind !== 'claim' && this.#claims.get(call.bucket)?.number !== this.#store.bucket(call.bucket).claims)
      throw new SinkFencedError(`Cannot ${call.kind} "${call.bucket}": another process has claimed it`);
    if (fault === 'unanswered') work(call.entries);
    if (fault === 'half') work(call.entries.slice(0, Math.ceil(call.entries.length / 2)));
    if (fault !== undefined) throw faultError(fault, call);
    return work(call.entries);
  }
}

function faultError(fault: SinkFault, { kind, bucket }: SinkCall): Error {
  if (fault === 'fenced') return new SinkFencedError(`Cannot ${kind} "${bucket}": another process has claimed it`);
  if (fault === 'broken') return new Error(`Cannot ${kind} "${bucket}": the test breaks it`);
  const unavailable = fault === 'throttled' || fault === 'full' ? fault : 'away';
  return new SinkUnavailableError(`Cannot ${kind} "${bucket}": the store is ${unavailable}`, unavailable);
}
