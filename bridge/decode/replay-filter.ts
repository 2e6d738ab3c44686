/**
 * Tells what a Postgres connector sends again after its own restart. Pure; one for each Kafka partition.
 *
 * A connector writes changes in the order of their places (place.ts), and after a restart begins again somewhere before
 * where it was: with the same places, keys and rows. So:
 *
 *     place above the last one       new
 *     the last place                 a replay if the same change was seen there: a batch of COPY has one place for many
 *                                    rows, and a change of a primary key has one for its delete and its create
 *     below, not committed later     a replay
 *     below, committed later         new, and the last place from now on: another database under the connector's name,
 *                                    or the first transaction that it streams after a new snapshot
 *     a tombstone after its delete   nothing new: the delete has been judged. Its own time is the record's, and later
 *                                    than that of a row which the database has made anew in the meantime
 *
 * Owns: the decision and the state it needs. Does not own: where the state is kept (it goes with the progress).
 *
 * Invariants (tested in replay-filter.test.ts):
 * 1. Of any history of transactions, with restarts anywhere, each change passes once, and none is lost.
 * 2. A filter that is made of another's state, as JSON, goes on as that one would.
 * 3. Where it cannot tell, a change passes: records without a key, more than MAX_CHANGES changes at one place, more
 *    than MAX_ORIGINS connectors in one partition. At worst such a change counts twice.
 *
 * Known limit: after a database was moved to a server whose clock is behind, changes are dropped until that clock has
 * passed the last commit seen here.
 */
import { createHash } from 'node:crypto';
import { quoted } from './data-error.ts';
import { isObject } from './json-text.ts';
import { type Place, TOMBSTONE } from './place.ts';

/** JSON. */
export interface ReplayState {
  /** By connector, those that were heard of first in front. */
  readonly origins: readonly OriginState[];
  /** Hash of the key of the delete that was the last change. */
  readonly deleted?: number;
}

export interface OriginState {
  readonly origin: string;
  readonly commit: number;
  readonly lsn: number;
  /** The latest commit, us. */
  readonly us: number;
  /** The changes seen at this place: 48 bits of a hash each. */
  readonly seen: readonly number[];
}

export const MAX_CHANGES = 512;
export const MAX_ORIGINS = 8;
const HASH_BYTES = 6;

export class ReplayFilter {
  readonly #origins = new Map<string, Origin>();
  /** Of the delete that was the last change: its key, or the hash of it that a state had. */
  #deleted: Buffer | number | undefined;

  /** `state`: of the filter before this one; undefined: nothing was seen yet. */
  constructor(state?: unknown) {
    if (state === undefined) return;
    if (!isObject(state) || !Array.isArray(state.origins)) throw badState(state);
    for (const each of state.origins.map(readOrigin)) this.#origins.set(each.origin, new Origin(each));
    if (state.deleted === undefined) return;
    if (!isWhole(state.deleted)) throw badState(state.deleted);
    this.#deleted = state.deleted;
  }

  /** `key`: the record's. Hot path: nothing is hashed unless two changes have one place. */
  isReplay(place: Place | typeof TOMBSTONE, key: Buffer | null): boolean {
    if (place === TOMBSTONE) return key !== null && this.#deletedHash() === hashOf(key);
    this.#deleted = place.op === 'd' && key ? key : undefined;
    const origin = this.#origins.get(place.origin);
    if (origin) return origin.isReplay(place, key);
    if (this.#origins.size >= MAX_ORIGINS) this.#forgetOldest();
    const { commit, lsn, us } = place;
    const first = new Origin({ origin: place.origin, commit, lsn, us, seen: [] });
    first.note(place, key);
    this.#origins.set(place.origin, first);
    return false;
  }

  /** undefined: nothing was seen yet. */
  get state(): ReplayState | undefined {
    if (this.#origins.size === 0) return undefined;
    const deleted = this.#deletedHash();
    const origins = [...this.#origins.values()].map(({ state }) => state);
    return { origins, ...(deleted !== undefined && { deleted }) };
  }

  #deletedHash(): number | undefined {
    return typeof this.#deleted === 'object' ? hashOf(this.#deleted) : this.#deleted;
  }

  #forgetOldest(): void {
    const [oldest] = this.#origins.keys();
    if (oldest !== undefined) this.#origins.delete(oldest);
  }
}

/** What was seen of one connector. */
class Origin {
  readonly #name: string;
  #commit: number;
  #lsn: number;
  #us: number;
  readonly #seen: Set<number>;
  /** Changes at the last place that are not hashed yet. */
  #unhashed: { readonly place: Place; readonly key: Buffer }[] = [];

  constructor({ origin, commit, lsn, us, seen }: OriginState) {
    this.#name = origin;
    this.#commit = commit;
    this.#lsn = lsn;
    this.#us = us;
    this.#seen = new Set(seen);
  }

  isReplay(place: Place, key: Buffer | null): boolean {
    const order = place.commit - this.#commit || place.lsn - this.#lsn;
    if (order === 0) return this.#isSeen(place, key);
    if (order < 0 && place.us <= this.#us) return true;
    this.#commit = place.commit;
    this.#lsn = place.lsn;
    this.#us = Math.max(this.#us, place.us);
    this.#seen.clear();
    this.#unhashed = [];
    this.note(place, key);
    return false;
  }

  /** Remembers a change at the last place. Without a key, rows alone do not tell changes apart. */
  note(place: Place, key: Buffer | null): void {
    if (key && this.#seen.size + this.#unhashed.length < MAX_CHANGES) this.#unhashed.push({ place, key });
  }

  get state(): OriginState {
    this.#hash();
    return { origin: this.#name, commit: this.#commit, lsn: this.#lsn, us: this.#us, seen: [...this.#seen] };
  }

  #isSeen(place: Place, key: Buffer | null): boolean {
    if (!key) return false;
    this.#hash();
    if (this.#seen.has(changeHash(place, key))) return true;
    this.#us = Math.max(this.#us, place.us);
    this.note(place, key);
    return false;
  }

  #hash(): void {
    for (const { place, key } of this.#unhashed) this.#seen.add(changeHash(place, key));
    this.#unhashed = [];
  }
}

function changeHash({ op, rows }: Place, key: Buffer): number {
  const text = typeof rows === 'string' ? rows : JSON.stringify(rows, plain);
  return hashOf(`${op}${key.length}:`, key, text);
}

function hashOf(...parts: readonly (Buffer | string)[]): number {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest().readUIntBE(0, HASH_BYTES);
}

function plain(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

function readOrigin(state: unknown): OriginState {
  if (!isObject(state)) throw badState(state);
  const { origin, commit, lsn, us, seen } = state;
  if (typeof origin !== 'string' || !isWhole(commit) || !isWhole(lsn) || !isWhole(us)) throw badState(state);
  if (!Array.isArray(seen) || !seen.every(isWhole)) throw badState(seen);
  return { origin, commit, lsn, us, seen };
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value);
}

function badState(state: unknown): Error {
  return new Error(`Cannot go on from ${quoted(state)} as what a connector has sent: only bridges may write it`);
}
