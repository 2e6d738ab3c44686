/**
 * The keyed values of one table in one partition, with what has changed since the last commit.
 *
 * A slot is one key: its live value for the decision, and (for image.ts) what KV holds of it. Tables of kind
 * `output` drop the value once its change is taken, and keep only the newest slots, for their revisions.
 *
 * Invariants:
 * 1. A slot is in `#dirty` exactly when its `dirty` flag is set: it was put or deleted since the last takeChanges.
 * 2. A key has one slot at most: none is forgotten while a commit or the image may still speak of it.
 * 3. Values are serialised when changes are taken, once per changed key, whatever the number of puts.
 */
import type { Table, TableKind, TableSpec } from '../events/stage.ts';

export interface Slot {
  readonly table: StateTable;
  readonly id: string;
  /** Live value; undefined: deleted. */
  value: unknown;
  dirty: boolean;
  /** In a commit that the image does not have yet: the table must not forget it meanwhile. */
  taken: boolean;
  /** State no more: the value goes as soon as it is committed. */
  released: boolean;
  /** Lifetime of the newest committed value, ms. */
  lifetimeMs: number | undefined;
  /** Revision of the key in KV as last seen; 0: none known. */
  revision: number;
  /** The newest committed JSON text that KV does not have yet; null: a delete; undefined: KV is up to date. */
  unflushed: string | null | undefined;
}

/** The key of a slot without its partition: `customer.42`. */
export function slotKey({ table, id }: Slot): string {
  return id === '' ? table.name : `${table.name}.${id}`;
}

/** One changed key of a commit. `text` undefined: deleted. */
export interface Change {
  readonly slot: Slot;
  readonly text: string | undefined;
}

/** KV has all there is of it. Two slots of one key would overwrite one another, so only such a slot may be forgotten. */
function isAtRest({ dirty, taken, unflushed }: Slot): boolean {
  return !dirty && !taken && unflushed === undefined;
}

/** A guess for a table that has not committed yet. */
const FIRST_GUESS_BYTES = 160;

/** Slots an `output` table remembers; a key older than that costs one look-up when it is put again. */
const OUTPUT_SLOTS = 10_000;

export class StateTable implements Table<unknown> {
  readonly name: string;
  readonly kind: TableKind;
  readonly #encode: (value: unknown) => string;
  readonly #decode: (json: never) => unknown;
  readonly #lifetimeMs: (value: unknown) => number | undefined;
  readonly #slots = new Map<string, Slot>();
  #dirty: Slot[] = [];
  #live = 0;
  #meanBytes = FIRST_GUESS_BYTES;

  constructor(name: string, spec: TableSpec) {
    this.name = name;
    this.kind = spec.kind;
    this.#encode = (spec.encode as ((value: unknown) => string) | undefined) ?? JSON.stringify;
    this.#decode = spec.decode ?? ((json) => json);
    this.#lifetimeMs = (spec.lifetimeMs as ((value: unknown) => number | undefined) | undefined) ?? (() => undefined);
  }

  get(id: string): unknown {
    return this.#slots.get(id)?.value;
  }

  put(id: string, value: unknown): void {
    const slot = this.#slots.get(id) ?? this.#open(id);
    if (slot.value === undefined) this.#live++;
    slot.value = value;
    slot.released = false;
    this.#touch(slot);
  }

  delete(id: string): void {
    const slot = this.#slots.get(id) ?? (this.kind === 'output' ? this.#open(id) : undefined);
    if (slot === undefined || (slot.value === undefined && this.kind !== 'output')) return;
    if (slot.value !== undefined) this.#live--;
    slot.value = undefined;
    this.#touch(slot);
  }

  release(id: string): void {
    const slot = this.#slots.get(id);
    if (slot?.value === undefined) return;
    if (slot.dirty) slot.released = true;
    else {
      this.#drop(slot);
      if (isAtRest(slot)) this.#slots.delete(id);
    }
  }

  *entries(): IterableIterator<[string, unknown]> {
    for (const slot of this.#slots.values()) if (slot.value !== undefined) yield [slot.id, slot.value];
  }

  get size(): number {
    return this.#live;
  }

  get dirtyCount(): number {
    return this.#dirty.length;
  }

  /** A guess at the bytes the next takeChanges will give. */
  get dirtyBytes(): number {
    return this.#dirty.length * this.#meanBytes;
  }

  /** Loads a committed value without making it dirty. `text` undefined: deleted. */
  load(id: string, text: string | undefined): Slot {
    const slot = this.#slots.get(id) ?? this.#open(id);
    const was = slot.value;
    const value = text === undefined ? undefined : this.#decode(JSON.parse(text) as never);
    slot.lifetimeMs = value === undefined ? undefined : this.#lifetimeMs(value);
    if (this.kind === 'output') return slot;
    slot.value = value;
    this.#live += Number(slot.value !== undefined) - Number(was !== undefined);
    return slot;
  }

  takeChanges(): Change[] {
    if (this.#dirty.length === 0) return [];
    let bytes = 0;
    const changes = this.#dirty.map((slot): Change => {
      slot.dirty = false;
      slot.taken = true;
      if (slot.value === undefined) return { slot, text: undefined };
      const text = this.#encode(slot.value);
      bytes += text.length + slot.id.length + this.name.length + 20;
      slot.lifetimeMs = this.#lifetimeMs(slot.value);
      if (slot.released || this.kind === 'output') this.#drop(slot);
      return { slot, text };
    });
    if (this.kind === 'output') this.#trim();
    this.#meanBytes = Math.max(32, Math.ceil(bytes / changes.length));
    this.#dirty = [];
    return changes;
  }

  /** Told when KV is up to date with a slot: one without a value is needed no more. */
  flushed(slot: Slot): void {
    if (slot.value === undefined && isAtRest(slot) && this.kind !== 'output') this.#slots.delete(slot.id);
  }

  #open(id: string): Slot {
    const slot: Slot = {
      table: this,
      id,
      value: undefined,
      dirty: false,
      taken: false,
      released: false,
      lifetimeMs: undefined,
      revision: 0,
      unflushed: undefined,
    };
    this.#slots.set(id, slot);
    return slot;
  }

  #drop(slot: Slot): void {
    slot.value = undefined;
    slot.released = false;
    this.#live--;
  }

  /** Forgets the oldest slots of an output table that KV is up to date with. */
  #trim(): void {
    for (const slot of this.#slots.values()) {
      if (this.#slots.size <= OUTPUT_SLOTS) return;
      if (isAtRest(slot)) this.#slots.delete(slot.id);
    }
  }

  #touch(slot: Slot): void {
    if (slot.dirty) return;
    slot.dirty = true;
    this.#dirty.push(slot);
  }
}
