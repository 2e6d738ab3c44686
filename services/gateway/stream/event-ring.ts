/**
 * The newest events of a source, in order, up to so many bytes: what all its clients read from, each at its own place.
 *
 * Invariants (event-ring.test.ts):
 * 1. It holds every event with a sequence from `heldFrom` on.
 * 2. Its size is bounded whatever comes; the oldest events go first.
 */
import type { StreamEvent } from './stream-event.ts';

/** What an event takes besides its text, about. */
const OVERHEAD = 300;

interface Held {
  readonly event: StreamEvent;
  /** Bytes of all events up to this one. */
  readonly end: number;
}

export class EventRing {
  readonly #maxBytes: number;
  /** Those before `#head` are gone. */
  #held: (Held | undefined)[] = [];
  #head = 0;
  #end = 0;
  /** Events that were dropped from the front of the array: places count on. */
  #shifted = 0;
  #heldFrom: number;

  /** `from`: the first sequence it will be given. */
  constructor(from: number, maxBytes: number) {
    this.#heldFrom = from;
    this.#maxBytes = maxBytes;
  }

  get heldFrom(): number {
    return this.#heldFrom;
  }

  /** The place behind the newest event. */
  get end(): number {
    return this.#shifted + this.#held.length;
  }

  push(event: StreamEvent): void {
    this.#end += event.text.length + OVERHEAD;
    this.#held.push({ event, end: this.#end });
    while (this.#end - this.#startOf(this.#head) > this.#maxBytes && this.#head < this.#held.length) this.#drop();
    if (this.#head > 1024 && this.#head * 2 > this.#held.length) this.#compact();
  }

  /** The place of the first event behind this sequence. */
  placeAfter(seq: number): number {
    let low = this.#head;
    let high = this.#held.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#held[middle]?.event.seq ?? 0) <= seq) low = middle + 1;
      else high = middle;
    }
    return this.#shifted + low;
  }

  /** Undefined: there is none yet, or it has gone. */
  at(place: number): StreamEvent | undefined {
    return this.#held[place - this.#shifted]?.event;
  }

  /** Bytes of the events from this place on, those that have gone included. */
  bytesFrom(place: number): number {
    const at = place - this.#shifted;
    return at < this.#head ? Number.POSITIVE_INFINITY : this.#end - this.#startOf(at);
  }

  #startOf(at: number): number {
    const held = this.#held[at];
    return held ? held.end - held.event.text.length - OVERHEAD : this.#end;
  }

  #drop(): void {
    const gone = this.#held[this.#head];
    this.#held[this.#head] = undefined;
    this.#head++;
    if (gone) this.#heldFrom = gone.event.seq + 1;
  }

  #compact(): void {
    this.#held = this.#held.slice(this.#head);
    this.#shifted += this.#head;
    this.#head = 0;
  }
}
