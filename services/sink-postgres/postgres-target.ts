/**
 * PostgreSQL as a sink: the tables of shared/postgres/schema.ts, kept equal to the buckets.
 *
 * Owns: sorting entries by table, finding the rows that are refused, telling failures apart. Does not own: reading
 * buckets, trying again (shared/sink), the statements (statements.ts), who may write (fence.ts).
 *
 * Invariants (postgres-target.int.test.ts, sink-target.contract.ts):
 * 1. A row that PostgreSQL cannot take is refused alone, with PostgreSQL's reason; the others of its batch are written.
 * 2. When `write` settles, none of its statements is under way, unless the connection broke.
 * 3. A failure that may pass is SinkUnavailableError; one that people must mend says what to do.
 */
import type { Database } from '../../shared/postgres/database.ts';
import { failureOf } from '../../shared/postgres/failure.ts';
import { createdMsOf, firstLife } from '../../shared/sink/life.ts';
import {
  type RefusedEntry,
  type SinkEntry,
  SinkFencedError,
  type SinkPosition,
  type SinkSource,
  type SinkTarget,
  SinkUnavailableError,
} from '../../shared/sink/sink-target.ts';
import { type Claim, Fence } from './fence.ts';
import { RefusedValue } from './refused-value.ts';
import { kindOf, RESULT_KINDS, type ResultKind } from './results.ts';
import type { Json, Row } from './row.ts';
import { statementsOf } from './statements.ts';
import { storedKeys } from './stored-keys.ts';

/** Entries of one statement that have one text. */
interface Group {
  readonly text: string;
  readonly entries: SinkEntry[];
  /** JSON of each entry's row. */
  readonly rows: string[];
}

/** One call of `write`. */
interface Write {
  readonly bucket: string;
  readonly claimant: string;
  readonly signal: AbortSignal;
}

const BATCH = 500;

export class PostgresTarget implements SinkTarget {
  readonly name = 'postgres';
  readonly sources = sourcesOf(RESULT_KINDS);
  readonly batchSize = BATCH;
  readonly #database: Database;
  readonly fence: Fence;

  constructor(database: Database) {
    this.#database = database;
    this.fence = new Fence(database);
  }

  claim(bucket: string, life: number): Promise<SinkPosition | undefined> {
    return this.#orExplain(`claim bucket "${bucket}"`, () => this.fence.claim(bucket, life));
  }

  save(bucket: string, position: SinkPosition): Promise<void> {
    return this.#orExplain(`save the position of "${bucket}"`, () => this.fence.save(bucket, position));
  }

  async write(bucket: string, entries: readonly SinkEntry[], signal: AbortSignal): Promise<readonly RefusedEntry[]> {
    const refused: RefusedEntry[] = [];
    const groups = group(bucket, entries, refused);
    const claimant = this.fence.claimantOf(bucket);
    const written = await Promise.allSettled(
      groups.map((one) =>
        this.#orExplain(`write to bucket "${bucket}"`, () => this.#writeGroup({ bucket, claimant, signal }, one)),
      ),
    );
    const failures = written.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    if (failures.length > 0) {
      signal.throwIfAborted();
      throw failures.find((failure) => failure instanceof SinkFencedError) ?? failures[0];
    }
    for (const result of written) if (result.status === 'fulfilled') refused.push(...result.value);
    return refused;
  }

  async *storedKeys(bucket: string, signal: AbortSignal): AsyncGenerator<string> {
    const tables = new Set(RESULT_KINDS.filter((kind) => kind.bucket === bucket).map(({ table }) => table));
    const since = firstLife(createdMsOf(this.fence.lifeOf(bucket)));
    for (const table of tables) {
      const pages = storedKeys(this.#database, table, bucket, since, signal);
      for (;;) {
        const page = await this.#orExplain(`read the keys of "${bucket}"`, () => pages.next());
        if (page.done) break;
        yield* page.value;
      }
    }
  }

  /** Halves what is refused as a whole until the rows are found that are to blame. */
  async #writeGroup(write: Write, { text, entries, rows }: Group): Promise<RefusedEntry[]> {
    try {
      await this.#runFenced(write, text, `[${rows.join(',')}]`);
      return [];
    } catch (error) {
      const failure = error instanceof SinkFencedError ? undefined : failureOf(error);
      if (failure?.kind !== 'data') throw error;
      const [only] = entries;
      if (entries.length === 1 && only)
        return [{ key: only.key, revision: only.revision, reason: `PostgreSQL refuses the row: ${failure.reason}` }];
    }
    const middle = Math.ceil(entries.length / 2);
    const half = (from: number, to?: number) => ({
      text,
      entries: entries.slice(from, to),
      rows: rows.slice(from, to),
    });
    const first = await this.#writeGroup(write, half(0, middle));
    return [...first, ...(await this.#writeGroup(write, half(middle)))];
  }

  async #runFenced({ bucket, claimant, signal }: Write, text: string, rows: string): Promise<void> {
    for (;;) {
      const claim = await this.fence.current(bucket, claimant);
      const [answer] = await this.#runOrDoubt(bucket, claim, text, rows, signal);
      if (answer?.own === 1) return;
      await this.fence.prove(bucket, claim);
    }
  }

  async #runOrDoubt(bucket: string, claim: Claim, text: string, rows: string, signal: AbortSignal) {
    try {
      const parameters = [bucket, claim.number, String(claim.life), rows];
      return await this.#database.run<{ own: number }>(text, parameters, signal);
    } catch (error) {
      if (failureOf(error).isInDoubt) this.fence.doubt(bucket, claim);
      throw error;
    }
  }

  async #orExplain<T>(action: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof SinkFencedError) throw error;
      const { kind, reason } = failureOf(error);
      const message = `Cannot ${action} in "${this.#database.url}": ${reason}`;
      if (kind === 'away' || kind === 'throttled' || kind === 'full')
        throw new SinkUnavailableError(message, kind, { cause: error });
      throw new Error(message, { cause: error });
    }
  }
}

function sourcesOf(kinds: readonly ResultKind[]): SinkSource[] {
  return [...Map.groupBy(kinds, ({ bucket }) => bucket)].map(([bucket, ofBucket]) => ({
    bucket,
    keys: ofBucket.map(({ keys }) => keys),
  }));
}

/** Hot path: once an entry. */
function group(bucket: string, entries: readonly SinkEntry[], refused: RefusedEntry[]): Group[] {
  const groups = new Map<string, Group>();
  for (const entry of entries) {
    const { key, revision } = entry;
    const kind = kindOf(bucket, key);
    try {
      if (!kind) throw new RefusedValue(`No table takes the key "${key}"`);
      const { put, remove } = statementsOf(kind.table);
      const text = entry.value === undefined ? remove : put;
      const row = rowText(kind, entry);
      const found = groups.get(text);
      if (found) {
        found.entries.push(entry);
        found.rows.push(row);
      } else groups.set(text, { text, entries: [entry], rows: [row] });
    } catch (error) {
      if (!(error instanceof RefusedValue)) throw error;
      refused.push({ key, revision, reason: error.message });
    }
  }
  return [...groups.values()];
}

function rowText(kind: ResultKind, { key, revision, value, expiresAtMs }: SinkEntry): string {
  if (value === undefined) return JSON.stringify({ kv_key: key, kv_revision: revision });
  if (!isObject(value)) throw new RefusedValue('The value is no JSON object');
  const row: Row = kind.row(value);
  row.kv_key = key;
  row.kv_revision = revision;
  if (expiresAtMs !== undefined) row.expires_at = new Date(expiresAtMs).toISOString();
  return JSON.stringify(row);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
