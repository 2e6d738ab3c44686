/**
 * Holds events until the watermark passes them, as EventTimeBuffer does, and survives a crash: what is held is in a
 * table of the stage.
 *
 *   arrival   0 .. 63 | 64 .. 127 | 128 .. 140          a chunk is one key; its number orders chunks
 *   chunk        0    |     1     |     2  (open)       a commit writes the chunks that grew since the last one
 *   released  all: deleted | some |  some
 *
 * An event is written once, and once more for each commit that finds its chunk open still. Nothing says which events of
 * a chunk are released: those with t <= watermark. When a source that was far behind is idle, the watermark may pass
 * millions of events at once, and no commit could hold what follows: they are released in steps, one a watermark, and
 * entry `behind` says how far that is.
 *
 * Invariants (tested in held-events.test.ts):
 * 1. Events are released as by EventTimeBuffer: by (t, source, order of arrival), each once, late ones refused.
 * 2. A restore at any commit changes neither what is released nor what the table holds later.
 * 3. Of more than a step, the rest follows at the next watermarks, in the same order.
 * 4. A chunk whose events are all released is deleted, except the newest: the order of arrival goes on from it.
 */
import type { Table, TableSpec } from '../events/stage.ts';
import { EventTimeBuffer, type HeldEvent } from './event-time-order.ts';

/** How an event is written, without its time: that is written beside it. */
export interface EventCodec<E> {
  /** JSON text, the shorter the better: runs once per event. */
  encode(event: E): string;
  /** The inverse, from the parsed JSON: encode(decode(JSON.parse(text), t)) is the text again. */
  decode(json: never, t: number): E;
}

/** Events that arrived one after the other. */
export interface HeldChunk<E> {
  count: number;
  /** As read from the table, until they are taken up. */
  loaded: readonly HeldEvent<E>[];
  /** Those that are not released. */
  waiting: number;
  /** The events' JSON text, grown with them: an open chunk is written again and again. */
  text: string;
  readonly sources: string[];
  /** Only of the entry `behind`, which holds no events: those up to this time are released. */
  readonly releasedTo?: number;
}

/** A chunk as KV shows it: `[t, place in sources, event]`. */
interface HeldChunkValue {
  readonly releasedTo?: number;
  readonly sources: readonly string[];
  readonly events: readonly (readonly [t: number, source: number, event: never])[];
}

/** A chunk is full at so many events, or as soon as its text is so long: it must fit a commit whatever events carry. */
const CHUNK_EVENTS = 64;
const CHUNK_CHARS = 16_384;

/** Events released at one watermark: what they change must fit a commit. */
const STEP_EVENTS = 2_000;
const BEHIND = 'behind';

export function heldEventsTable<E>(codec: EventCodec<E>): TableSpec<HeldChunk<E>> {
  return {
    kind: 'state',
    encode: ({ sources, text, releasedTo }) =>
      releasedTo === undefined
        ? `{"sources":${JSON.stringify(sources)},"events":[${text}]}`
        : `{"sources":[],"events":[],"releasedTo":${releasedTo}}`,
    decode: (value: HeldChunkValue) => decodeChunk(value, codec),
  };
}

export class HeldEvents<E> {
  readonly #table: Table<HeldChunk<E>>;
  readonly #codec: EventCodec<E>;
  readonly #buffer = new EventTimeBuffer<E>();
  readonly #chunks = new Map<number, HeldChunk<E>>();
  #releasedTo: number;
  /** Number, key and chunk of those that arrived last. */
  #newest = 0;
  #key = '0';
  #open: HeldChunk<E> | undefined;

  /** Takes up what the table holds; `watermark` is the stage's. */
  constructor(table: Table<HeldChunk<E>>, codec: EventCodec<E>, watermark: number) {
    this.#table = table;
    this.#codec = codec;
    this.#releasedTo = table.get(BEHIND)?.releasedTo ?? watermark;
    this.#buffer.restore(this.#load(), this.#releasedTo);
  }

  /** Events that are not released. */
  get size(): number {
    return this.#buffer.size;
  }

  /** The watermark, or, while steps are to be done, the time up to which they are. */
  get releasedTo(): number {
    return this.#releasedTo;
  }

  /** False: the event is late and was not taken. */
  add(event: E, t: number, source: string): boolean {
    if (t <= this.#releasedTo) return false;
    const chunk = this.#chunkToFill();
    this.#buffer.add(event, t, source, this.#newest * CHUNK_EVENTS + chunk.count);
    write(chunk, event, t, source, this.#codec);
    chunk.waiting++;
    this.#table.put(this.#key, chunk);
    return true;
  }

  /** Releases events with t <= watermark, in event-time order: all, or a step of them. */
  release(watermark: number, each: (event: E, t: number, source: string) => void, atMost = STEP_EVENTS): void {
    if (watermark <= this.#releasedTo) return;
    const wasBehind = this.#table.get(BEHIND) !== undefined;
    this.#releasedTo = this.#buffer.release(
      watermark,
      ({ event, t, source, sequence }) => {
        this.#countReleased(Math.floor(sequence / CHUNK_EVENTS));
        each(event, t, source);
      },
      atMost,
    );
    const isBehind = this.#releasedTo < watermark;
    if (isBehind) this.#table.put(BEHIND, { ...newChunk(), releasedTo: this.#releasedTo });
    else if (wasBehind) this.#table.delete(BEHIND);
  }

  #countReleased(number: number): void {
    const chunk = this.#chunks.get(number);
    if (!chunk) throw new Error(`Cannot release an event of chunk "${number}": there is no such chunk`);
    chunk.waiting--;
    if (chunk.waiting === 0 && number !== this.#newest) this.#forget(number);
  }

  #chunkToFill(): HeldChunk<E> {
    const former = this.#open;
    if (former && former.count < CHUNK_EVENTS && former.text.length < CHUNK_CHARS) return former;
    const opened = newChunk<E>();
    if (former) {
      if (former.waiting === 0) this.#forget(this.#newest);
      this.#newest++;
      this.#key = String(this.#newest);
    }
    this.#chunks.set(this.#newest, opened);
    this.#open = opened;
    return opened;
  }

  #forget(number: number): void {
    this.#chunks.delete(number);
    this.#table.delete(String(number));
  }

  #load(): HeldEvent<E>[] {
    const held: HeldEvent<E>[] = [];
    for (const [key, chunk] of this.#table.entries()) {
      if (key === BEHIND) continue;
      const number = Number(key);
      this.#chunks.set(number, chunk);
      for (const event of chunk.loaded) {
        if (event.t <= this.#releasedTo) continue;
        chunk.waiting++;
        held.push({ ...event, sequence: number * CHUNK_EVENTS + event.sequence });
      }
      chunk.loaded = [];
      if (number < this.#newest) continue;
      this.#newest = number;
      this.#key = key;
      this.#open = chunk;
    }
    return held;
  }
}

function newChunk<E>(): HeldChunk<E> {
  return { count: 0, loaded: [], waiting: 0, text: '', sources: [] };
}

function write<E>(chunk: HeldChunk<E>, event: E, t: number, source: string, codec: EventCodec<E>): void {
  const { sources } = chunk;
  let place = sources.indexOf(source);
  if (place < 0) place = sources.push(source) - 1;
  chunk.text += `${chunk.count === 0 ? '' : ','}[${t},${place},${codec.encode(event)}]`;
  chunk.count++;
}

function decodeChunk<E>({ sources, events, releasedTo }: HeldChunkValue, codec: EventCodec<E>): HeldChunk<E> {
  const chunk: HeldChunk<E> = { ...newChunk<E>(), ...(releasedTo === undefined ? {} : { releasedTo }) };
  chunk.loaded = events.map(([t, place, json], sequence) => {
    const source = sources[place];
    if (source === undefined) throw new Error(`Cannot read a held event: it names source "${place}" of none`);
    const event = codec.decode(json, t);
    write(chunk, event, t, source, codec);
    return { t, source, sequence, event };
  });
  return chunk;
}
