/**
 * The events of one user in the last hour, and their counts and sums in every window in use.
 *
 * Events stand in event-time order, in chunks. Each window has a tail: what stands before it has slid out.
 *
 *     chunks    [ e e e e ][ e e e e ][ e e e ]
 *     tail 60 min ^
 *     tail 5 min                   ^------------ counted in its totals
 *
 * "Now" is the later of the user's latest event and the time that the stage has reached.
 *
 * Owns: the user's part of the table of chunks. Does not own: rules, timers.
 *
 * Invariants (user-events.test.ts):
 * 1. Totals are those of the events held that have not left their window by now, in whatever order the events came.
 * 2. `asOf` depends on the events held, on the windows, and on now alone.
 * 3. Adding an event costs the same whatever the number of events held, but for a search by halving.
 */
import type { Table } from '../../shared/events/stage.ts';
import { EventChunk } from '../../shared/segments/event-chunk.ts';
import { leavesAt, type RuleWindow } from '../../shared/segments/rule-window.ts';
import { addToCell, cellOf, emptyTotals } from '../../shared/segments/totals.ts';

/** Events are kept this long, whatever the rules look at. */
export const HOUR_MS = 3_600_000;

interface Tail {
  chunk: number;
  at: number;
}

export class UserEvents {
  readonly #table: Table<EventChunk>;
  readonly #token: string;
  readonly #chunks: EventChunk[];
  #windows: readonly RuleWindow[] = [];
  #totals: number[] = [];
  #tails: Tail[] = [];
  /** What now was when the tails were moved last. */
  #reached = Number.NEGATIVE_INFINITY;

  /** `chunks`: those in the table, in any order. */
  constructor(table: Table<EventChunk>, token: string, chunks: readonly EventChunk[] = []) {
    this.#table = table;
    this.#token = token;
    this.#chunks = chunks.toSorted((a, b) => a.first - b.first);
  }

  get windows(): readonly RuleWindow[] {
    return this.#windows;
  }

  get totals(): readonly number[] {
    return this.#totals;
  }

  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  get chunkCount(): number {
    return this.#chunks.length;
  }

  /** Time of the newest event, ms. */
  get latest(): number {
    return this.#chunks[this.#chunks.length - 1]?.last ?? Number.NEGATIVE_INFINITY;
  }

  /** When the totals became what they are: at the latest event, or when the last one slid out. */
  get asOf(): number {
    let asOf = this.latest;
    for (let window = 0; window < this.#windows.length; window++) {
      const tail = this.#tails[window] as Tail;
      const chunk = this.#chunks[tail.chunk];
      const slid = tail.at > 0 ? chunk?.timeAt(tail.at - 1) : this.#chunks[tail.chunk - 1]?.last;
      if (slid !== undefined) asOf = Math.max(asOf, leavesAt(this.#windows[window] as RuleWindow, slid));
    }
    return asOf;
  }

  /** The first time after now at which an event slides out, or is to be forgotten. */
  get nextChange(): number {
    let next = (this.#chunks[1]?.first ?? this.latest) + HOUR_MS;
    for (let window = 0; window < this.#windows.length; window++) {
      const { chunk, at } = this.#tails[window] as Tail;
      const own = this.#chunks[chunk];
      const t = own && at < own.size ? own.timeAt(at) : this.#chunks[chunk + 1]?.first;
      if (t !== undefined) next = Math.min(next, leavesAt(this.#windows[window] as RuleWindow, t));
    }
    return next;
  }

  isOver(reached: number): boolean {
    return this.latest + HOUR_MS <= reached;
  }

  /** Counts anew, in these windows. Costs as much as there are events. */
  useWindows(windows: readonly RuleWindow[], reached: number): void {
    this.#windows = windows;
    this.#totals = emptyTotals(windows.length);
    this.#tails = windows.map(() => ({ chunk: 0, at: 0 }));
    for (const chunk of this.#chunks)
      for (let at = 0; at < chunk.size; at++)
        for (let window = 0; window < windows.length; window++) this.#count(window, chunk, at, 1);
    this.#reached = Number.NEGATIVE_INFINITY;
    this.advance(reached);
  }

  /** True: it counts in one of the windows. */
  add(t: number, type: number, scaled: number): boolean {
    let isCounted = false;
    const at = this.#placeFor(t);
    const chunk = this.#chunks[at] as EventChunk;
    const entry = chunk.add(t, type, scaled);
    for (let window = 0; window < this.#windows.length; window++) {
      const tail = this.#tails[window] as Tail;
      if (leavesAt(this.#windows[window] as RuleWindow, t) > this.#reached) {
        isCounted = true;
        addToCell(this.#totals, cellOf(window, type), 1, 1, scaled);
        if (at < tail.chunk) {
          // After the last event that has slid out, in the chunk of that.
          tail.chunk = at;
          tail.at = entry;
        }
      } else if (tail.chunk < at) {
        // It has left already, and opened a chunk behind a tail that stood at the end.
        tail.chunk = at;
        tail.at = entry + 1;
      } else if (entry !== -1 && tail.chunk === at) tail.at++;
    }
    if (chunk.isOverfull) this.#split(at);
    this.#store(chunk);
    return isCounted;
  }

  /** Takes an event back; false: it is not held. */
  remove(t: number, type: number, scaled: number, reached: number): boolean {
    const at = this.#chunkOf(t);
    const chunk = this.#chunks[at];
    if (!chunk?.remove(t, type, scaled)) return false;
    if (chunk.size > 0) this.#store(chunk);
    else {
      this.#table.delete(chunk.key);
      this.#chunks.splice(at, 1);
    }
    this.useWindows(this.#windows, reached);
    return true;
  }

  /** Time goes on; true: an event slid out of a window. To be called after `add`, too. */
  advance(reached: number): boolean {
    const now = Math.max(this.latest, reached);
    let moved = false;
    if (now !== this.#reached) {
      this.#reached = now;
      for (let window = 0; window < this.#windows.length; window++) if (this.#moveTail(window, now)) moved = true;
    }
    this.#forget(reached); // no tail is in what goes
    return moved;
  }

  /** Takes all out of the table. The totals stay as they are. */
  dropAll(): void {
    for (const chunk of this.#chunks) this.#table.delete(chunk.key);
  }

  /** Forgets chunks that no window can need; the last event that has slid out stays, for `asOf`. */
  #forget(reached: number): void {
    let gone = 0;
    for (let next = this.#chunks[1]; next && next.first + HOUR_MS <= reached; next = this.#chunks[gone + 1]) gone++;
    if (gone === 0) return;
    for (const chunk of this.#chunks.splice(0, gone)) this.#table.delete(chunk.key);
    for (const tail of this.#tails) {
      if (tail.chunk < gone) tail.at = 0;
      tail.chunk = Math.max(0, tail.chunk - gone);
    }
  }

  #moveTail(window: number, now: number): boolean {
    const tail = this.#tails[window] as Tail;
    const shape = this.#windows[window] as RuleWindow;
    for (let moved = false; ; ) {
      const chunk = this.#chunks[tail.chunk];
      if (!chunk) return moved;
      if (tail.at >= chunk.size) {
        if (tail.chunk + 1 >= this.#chunks.length) return moved;
        tail.chunk++;
        tail.at = 0;
      } else if (leavesAt(shape, chunk.timeAt(tail.at)) > now) return moved;
      else {
        this.#count(window, chunk, tail.at, -1);
        tail.at++;
        moved = true;
      }
    }
  }

  #count(window: number, chunk: EventChunk, at: number, sign: 1 | -1): void {
    addToCell(this.#totals, cellOf(window, chunk.typeAt(at)), sign, chunk.countAt(at), chunk.valueAt(at));
  }

  /** The chunk an event at t goes into; a new one when the last is full and t comes after it. */
  #placeFor(t: number): number {
    const last = this.#chunks[this.#chunks.length - 1];
    if (!last || (last.isFull && t > last.last)) return this.#chunks.push(new EventChunk()) - 1;
    return this.#chunkOf(t);
  }

  /** The last chunk that begins at t or before; the first one when none does. */
  #chunkOf(t: number): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    if ((this.#chunks[high]?.first ?? t) <= t) return high; // nearly always
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#chunks[middle] as EventChunk).first <= t) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #split(at: number): void {
    const chunk = this.#chunks[at] as EventChunk;
    const later = chunk.split();
    if (!later) return;
    this.#chunks.splice(at + 1, 0, later);
    this.#store(later);
    for (const tail of this.#tails) {
      if (tail.chunk > at) tail.chunk++;
      else if (tail.chunk === at && tail.at > chunk.size) {
        tail.chunk++;
        tail.at -= chunk.size;
      }
    }
  }

  /** A chunk is stored under the time of its first event, which changes when an older one comes or it is taken back. */
  #store(chunk: EventChunk): void {
    if (chunk.key === '' || chunk.keyTime !== chunk.first) {
      if (chunk.key !== '') this.#table.delete(chunk.key);
      chunk.key = `${this.#token}.${chunk.first}`;
      chunk.keyTime = chunk.first;
    }
    this.#table.put(chunk.key, chunk);
  }
}
