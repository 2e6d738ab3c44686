/**
 * The KV image of one stage partition: the lazily written, queryable copy of what the commit frames say.
 *
 * Owns: which committed values KV lacks, their flushing, the key `applied`, and the loading at recovery.
 * Does not own: commits, and the right to write. `proveOwnership` (a commit, see below) belongs to the runtime.
 *
 * Invariants (tested in image.test.ts):
 * 1. Only committed values are put, each with compare-and-set on its key's revision.
 * 2. A rejected put is repeated only in this order: read the revision from the leader, prove ownership by a commit,
 *    put with that revision. So it cannot overwrite a newer owner's value.
 * 3. `applied` = C is written only after every value changed by a commit <= C is acked.
 * 4. A flush never waits for a newer commit; values that change meanwhile stay queued.
 */
import type { AppliedState } from './applied-state.ts';
import { type Appended, type AppendOptions, type Log, LogUnavailableError } from '../log/log.ts';
import { bucketStream, keySubject } from '../log/names.ts';
import { entryText, isDeleteMarker } from './entry.ts';
import { type Change, type Slot, slotKey } from './state-table.ts';

export interface ImageOptions {
  readonly log: Log;
  readonly bucket: string;
  readonly partition: string;
  /** Resolves when this owner has committed again; rejects when it is the owner no more. */
  proveOwnership(): Promise<void>;
  /** Puts in flight at once. */
  readonly window?: number;
}

/** How long the marker of a deleted key stays that no other process reads, ms. */
const STATE_MARKER_TTL_MS = 60_000;
/** Of one that others may read: who was away for less learns from it that the key is gone. */
export const RESULT_MARKER_TTL_MS = 3_600_000;
const PURGE_HEADERS = { 'KV-Operation': 'PURGE', 'Nats-Rollup': 'sub' } as const;

export class Image {
  readonly #options: ImageOptions;
  readonly #window: number;
  #results = new Set<Slot>();
  #state = new Set<Slot>();
  #flushing: Promise<unknown> = Promise.resolve();
  #appliedRevision = 0;
  #applied = 0;
  puts = 0;
  rejected = 0;

  constructor(options: ImageOptions) {
    this.#options = options;
    this.#window = options.window ?? 256;
  }

  /** Committed values that KV does not have yet. */
  get dirtyKeys(): number {
    return this.#results.size + this.#state.size;
  }

  get hasResults(): boolean {
    return this.#results.size > 0;
  }

  get applied(): number {
    return this.#applied;
  }

  /** Takes over the changes of a stored commit. */
  accept(changes: readonly Change[]): void {
    for (const { slot, text } of changes) {
      slot.unflushed = text ?? null;
      slot.taken = false;
      (slot.table.kind === 'state' ? this.#state : this.#results).add(slot);
    }
  }

  /**
   * Loads the partition: `onKey` gets each live key without its partition prefix, and returns its slot.
   * Returns `applied`, or undefined when nothing was ever applied.
   */
  async load(
    tables: readonly string[],
    onKey: (key: string, text: string) => Slot | undefined,
  ): Promise<AppliedState | undefined> {
    const { log, bucket } = this.#options;
    const markerKey = this.#subject('marker');
    const marker = await log.append(markerKey, '{}');
    if (marker.kind !== 'stored') throw new Error(`Cannot load ${bucket}: the marker was refused`);
    const appliedKey = this.#subject('applied');
    const subjects = [
      ...tables.flatMap((table) => [this.#subject(table), this.#subject(`${table}.>`)]),
      appliedKey,
      markerKey,
    ];
    const stop = new AbortController();
    const prefix = this.#subject('').length;
    let applied: AppliedState | undefined;
    for await (const message of log.read({
      stream: bucketStream(bucket),
      subjects,
      lastPerSubject: true,
      signal: stop.signal,
    })) {
      if (message.subject === markerKey) {
        if (message.seq >= marker.seq) stop.abort();
      } else if (message.subject === appliedKey) {
        applied = JSON.parse(entryText(message)) as AppliedState;
        this.#applied = applied.seq;
        this.#appliedRevision = message.seq;
      } else if (!isDeleteMarker(message)) {
        const slot = onKey(message.subject.slice(prefix), entryText(message));
        if (slot) slot.revision = message.seq;
      }
    }
    return applied;
  }

  /** Puts the results that KV lacks, after any such flush under way; returns how many keys it put. */
  flushResults(): Promise<number> {
    const flushing = this.#flushing.then(() => {
      const slots = this.#results;
      this.#results = new Set();
      return this.#flush(slots, this.#results);
    });
    this.#flushing = flushing.catch(() => {}); // its caller hears of it; the next flush takes up what it left
    return flushing;
  }

  /**
   * Puts everything that KV lacks, then `applied`, which describes the last commit handed to `accept`.
   * Results go on being flushed by flushResults while private state is put.
   */
  async flushAll(applied: AppliedState): Promise<void> {
    const slots = this.#state;
    this.#state = new Set();
    await this.#flush(slots, this.#state);
    await this.flushResults();
    await this.#putApplied(applied);
  }

  /** Puts every slot of a set; on failure, what was not put goes back into `rest`. */
  async #flush(slots: Set<Slot>, rest: Set<Slot>): Promise<number> {
    try {
      const rejected = await this.#putAll(slots);
      if (rejected.length > 0) await this.#repair(rejected);
      return slots.size;
    } catch (error) {
      for (const slot of slots) if (slot.unflushed !== undefined) rest.add(slot);
      throw error;
    }
  }

  /** Pipelined puts; returns the slots whose put was rejected or not answered. */
  async #putAll(slots: Set<Slot> | Slot[]): Promise<Slot[]> {
    const rejected: Slot[] = [];
    await this.#inLanes(slots, async (slot) => {
      if (slot.unflushed !== undefined && !(await this.#put(slot))) rejected.push(slot);
    });
    return rejected;
  }

  async #put(slot: Slot): Promise<boolean> {
    const text = slot.unflushed;
    if (text === undefined) return true;
    let appended: Appended;
    try {
      appended = await this.#options.log.append(this.#slotSubject(slot), text ?? '', this.#putOptions(slot, text));
    } catch (error) {
      if (error instanceof LogUnavailableError) return false;
      throw error;
    }
    if (appended.kind === 'conflict') return false;
    this.puts++;
    this.#stored(slot, text, appended.seq);
    return true;
  }

  #stored(slot: Slot, text: string | null, revision: number): void {
    slot.revision = revision;
    if (slot.unflushed !== text) return; // a newer commit came meanwhile: stays queued
    slot.unflushed = undefined;
    slot.table.flushed(slot);
  }

  /** Invariant 2, for many slots with one proof. */
  async #repair(slots: Slot[]): Promise<void> {
    let left = slots;
    while (left.length > 0) {
      this.rejected += left.length;
      await this.#inLanes(left, (slot) => this.#readRevision(slot));
      await this.#options.proveOwnership();
      left = await this.#putAll(left);
    }
  }

  async #readRevision(slot: Slot): Promise<void> {
    const stored = await this.#options.log.last(bucketStream(this.#options.bucket), this.#slotSubject(slot));
    slot.revision = stored?.seq ?? 0;
  }

  /** Works through the items with up to `window` in flight. */
  async #inLanes<T>(items: Set<T> | T[], work: (item: T) => Promise<void>): Promise<void> {
    const size = Array.isArray(items) ? items.length : items.size;
    const iterator = items[Symbol.iterator]();
    const lane = async () => {
      for (let step = iterator.next(); !step.done; step = iterator.next()) await work(step.value);
    };
    await Promise.all(Array.from({ length: Math.min(this.#window, size) }, lane));
  }

  async #putApplied(applied: AppliedState): Promise<void> {
    const { log, bucket } = this.#options;
    const subject = this.#subject('applied');
    const text = JSON.stringify(applied);
    for (;;) {
      const appended = await log.append(subject, text, { expectedLast: this.#appliedRevision });
      if (appended.kind === 'stored') {
        this.#appliedRevision = appended.seq;
        this.#applied = applied.seq;
        return;
      }
      this.#appliedRevision = (await log.last(bucketStream(bucket), subject))?.seq ?? 0;
      await this.#options.proveOwnership();
    }
  }

  #putOptions(slot: Slot, text: string | null): AppendOptions {
    if (text === null) {
      const ttlMs = slot.table.kind === 'state' ? STATE_MARKER_TTL_MS : RESULT_MARKER_TTL_MS;
      return { expectedLast: slot.revision, headers: PURGE_HEADERS, ttlMs };
    }
    const { lifetimeMs: ttlMs } = slot;
    return ttlMs === undefined ? { expectedLast: slot.revision } : { expectedLast: slot.revision, ttlMs };
  }

  #slotSubject(slot: Slot): string {
    return this.#subject(slotKey(slot));
  }

  #subject(key: string): string {
    return keySubject(this.#options.bucket, `${this.#options.partition}.${key}`);
  }
}
