/**
 * A short run of one user's events, in event-time order: what the stage stores of the last hour, so that an event does
 * not rewrite all that came before it. Stored as `events.<user>.<time of the first event>`.
 *
 *     [1717200000000, 0,1,5000000, 250,0,19990000]      the time of the first event; then of each entry:
 *                                                       ms after that, what it is, its value in millionths
 *
 * Events of one type at the same ms are one entry: what it is = 3 x (how many - 1) + type.
 *
 * Invariants (event-chunk.test.ts):
 * 1. Entries ascend by time; those of one time stand in the order of coming.
 * 2. decodeChunk(encodeChunk(chunk)) has the entries of chunk.
 *
 * Hot path: the text of a chunk that only grows at its end grows with it.
 */
import { USER_EVENT_TYPES } from '../events/user-event.ts';

export const CHUNK_EVENTS = 16;
/** A chunk that takes events in its middle is split at this many. */
const MOST_EVENTS = 2 * CHUNK_EVENTS;
const TYPES = USER_EVENT_TYPES.length;
const FIELDS = 3;

export class EventChunk {
  /** Where it is stored, and the time in that key, ms; set by whoever stores it. */
  key = '';
  keyTime = 0;
  /** Of each entry its time, what it is, and its value: one array costs a user of few events half of three. */
  readonly entries: number[] = [];
  /** JSON without its closing bracket; undefined: to be made. */
  text: string | undefined;

  get size(): number {
    return this.entries.length / FIELDS;
  }

  /** ms; of an empty chunk 0. */
  get first(): number {
    return this.entries[0] ?? 0;
  }

  get last(): number {
    return this.entries[this.entries.length - FIELDS] ?? 0;
  }

  /** Takes nothing more at its end. */
  get isFull(): boolean {
    return this.size >= CHUNK_EVENTS;
  }

  get isOverfull(): boolean {
    return this.size >= MOST_EVENTS;
  }

  timeAt(at: number): number {
    return this.entries[at * FIELDS] ?? 0;
  }

  typeAt(at: number): number {
    return (this.entries[at * FIELDS + 1] ?? 0) % TYPES;
  }

  countAt(at: number): number {
    return Math.floor((this.entries[at * FIELDS + 1] ?? 0) / TYPES) + 1;
  }

  /** Millionths, of all events of the entry. */
  valueAt(at: number): number {
    return this.entries[at * FIELDS + 2] ?? 0;
  }

  /** Returns where the event stands as a new entry; -1: it became part of one. */
  add(t: number, type: number, scaled: number): number {
    let at = this.size;
    while (at > 0 && this.timeAt(at - 1) > t) at--;
    for (let same = at - 1; same >= 0 && this.timeAt(same) === t; same--) if (this.#join(same, type, scaled)) return -1;
    if (at === this.size) this.#append(t, type, scaled);
    else {
      this.entries.splice(at * FIELDS, 0, t, type, scaled);
      this.text = undefined;
    }
    return at;
  }

  /** False: there is no such event. */
  remove(t: number, type: number, scaled: number): boolean {
    for (let at = 0; at < this.size; at++) {
      if (this.timeAt(at) !== t || this.typeAt(at) !== type) continue;
      if (this.countAt(at) > 1) this.#change(at, -TYPES, -scaled);
      else this.entries.splice(at * FIELDS, FIELDS);
      this.text = undefined;
      return true;
    }
    return false;
  }

  /** Moves the later half to a chunk of its own; undefined: all are of one time. */
  split(): EventChunk | undefined {
    const middle = this.size >> 1;
    let at = middle;
    while (at < this.size && this.timeAt(at) === this.timeAt(at - 1)) at++;
    if (at === this.size) for (at = middle; at > 0 && this.timeAt(at) === this.timeAt(at - 1); ) at--;
    if (at === 0) return undefined;
    const later = new EventChunk();
    later.entries.push(...this.entries.splice(at * FIELDS));
    this.text = undefined;
    return later;
  }

  #append(t: number, type: number, scaled: number): void {
    if (this.size === 0) this.text = `[${t},0,${type},${scaled}`;
    else if (this.text !== undefined) this.text += `,${t - this.first},${type},${scaled}`;
    this.entries.push(t, type, scaled);
  }

  /** False: another type, or the sum would not be exact. */
  #join(at: number, type: number, scaled: number): boolean {
    if (this.typeAt(at) !== type || !Number.isSafeInteger(this.valueAt(at) + scaled)) return false;
    this.#change(at, TYPES, scaled);
    this.text = undefined;
    return true;
  }

  #change(at: number, code: number, scaled: number): void {
    this.entries[at * FIELDS + 1] = (this.entries[at * FIELDS + 1] ?? 0) + code;
    this.entries[at * FIELDS + 2] = this.valueAt(at) + scaled;
  }
}

export function encodeChunk(chunk: EventChunk): string {
  const text = chunk.text ?? textOf(chunk);
  chunk.text = chunk.isFull ? undefined : text; // a full one hardly changes any more
  return `${text}]`;
}

function textOf(chunk: EventChunk): string {
  const { first, entries } = chunk;
  let text = `[${first}`;
  for (let at = 0; at < entries.length; at += FIELDS)
    text += `,${(entries[at] ?? 0) - first},${entries[at + 1]},${entries[at + 2]}`;
  return text;
}

/** `json`: as encodeChunk wrote it. */
export function decodeChunk(json: readonly number[]): EventChunk {
  const chunk = new EventChunk();
  const [first = 0, ...rest] = json;
  for (const [at, number] of rest.entries()) chunk.entries.push(at % FIELDS === 0 ? first + number : number);
  return chunk;
}
