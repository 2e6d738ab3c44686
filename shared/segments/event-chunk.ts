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

export class EventChunk {
  /** Where it is stored, and the time in that key, ms; set by whoever stores it. */
  key = '';
  keyTime = 0;
  readonly times: number[] = [];
  /** What each is. */
  readonly codes: number[] = [];
  /** Millionths. */
  readonly values: number[] = [];
  /** JSON without its closing bracket; undefined: to be made. */
  text: string | undefined;

  get size(): number {
    return this.times.length;
  }

  /** ms; of an empty chunk 0. */
  get first(): number {
    return this.times[0] ?? 0;
  }

  get last(): number {
    return this.times[this.times.length - 1] ?? 0;
  }

  /** Takes nothing more at its end. */
  get isFull(): boolean {
    return this.size >= CHUNK_EVENTS;
  }

  get isOverfull(): boolean {
    return this.size >= MOST_EVENTS;
  }

  typeAt(at: number): number {
    return (this.codes[at] ?? 0) % TYPES;
  }

  countAt(at: number): number {
    return Math.floor((this.codes[at] ?? 0) / TYPES) + 1;
  }

  /** Returns where the event stands as a new entry; -1: it became part of one. */
  add(t: number, type: number, scaled: number): number {
    let at = this.size;
    while (at > 0 && (this.times[at - 1] ?? 0) > t) at--;
    for (let same = at - 1; same >= 0 && this.times[same] === t; same--) if (this.#join(same, type, scaled)) return -1;
    if (at === this.size) this.#append(t, type, scaled);
    else {
      this.times.splice(at, 0, t);
      this.codes.splice(at, 0, type);
      this.values.splice(at, 0, scaled);
      this.text = undefined;
    }
    return at;
  }

  /** False: there is no such event. */
  remove(t: number, type: number, scaled: number): boolean {
    const at = this.times.findIndex((time, n) => time === t && this.typeAt(n) === type);
    if (at === -1) return false;
    this.text = undefined;
    if (this.countAt(at) > 1) {
      this.codes[at] = (this.codes[at] ?? 0) - TYPES;
      this.values[at] = (this.values[at] ?? 0) - scaled;
    } else for (const part of [this.times, this.codes, this.values]) part.splice(at, 1);
    return true;
  }

  /** Moves the later half to a chunk of its own; undefined: all are of one time. */
  split(): EventChunk | undefined {
    const middle = this.size >> 1;
    let at = middle;
    while (at < this.size && this.times[at] === this.times[at - 1]) at++;
    if (at === this.size) for (at = middle; at > 0 && this.times[at] === this.times[at - 1]; ) at--;
    if (at === 0) return undefined;
    const later = new EventChunk();
    later.times.push(...this.times.splice(at));
    later.codes.push(...this.codes.splice(at));
    later.values.push(...this.values.splice(at));
    this.text = undefined;
    return later;
  }

  #append(t: number, type: number, scaled: number): void {
    if (this.size === 0) this.text = `[${t},0,${type},${scaled}`;
    else if (this.text !== undefined) this.text += `,${t - this.first},${type},${scaled}`;
    this.times.push(t);
    this.codes.push(type);
    this.values.push(scaled);
  }

  /** False: another type, or the sum would not be exact. */
  #join(at: number, type: number, scaled: number): boolean {
    const sum = (this.values[at] ?? 0) + scaled;
    if (this.typeAt(at) !== type || !Number.isSafeInteger(sum)) return false;
    this.codes[at] = (this.codes[at] ?? 0) + TYPES;
    this.values[at] = sum;
    this.text = undefined;
    return true;
  }
}

export function encodeChunk(chunk: EventChunk): string {
  const text = chunk.text ?? textOf(chunk);
  chunk.text = chunk.isFull ? undefined : text; // a full one hardly changes any more
  return `${text}]`;
}

function textOf(chunk: EventChunk): string {
  const { first, times, codes, values } = chunk;
  let text = `[${first}`;
  for (let at = 0; at < times.length; at++) text += `,${(times[at] ?? 0) - first},${codes[at]},${values[at]}`;
  return text;
}

/** `json`: as encodeChunk wrote it. */
export function decodeChunk(json: readonly number[]): EventChunk {
  const chunk = new EventChunk();
  const [first = 0] = json;
  for (let at = 1; at + 2 < json.length; at += 3) {
    chunk.times.push(first + (json[at] ?? 0));
    chunk.codes.push(json[at + 1] ?? 0);
    chunk.values.push(json[at + 2] ?? 0);
  }
  return chunk;
}
