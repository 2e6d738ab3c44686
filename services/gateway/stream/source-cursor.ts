/**
 * Where one client is in one source: in the bucket's stream, and in the ring once the ring has all that follows.
 *
 * Invariants (stream-client.test.ts):
 * 1. `place` moves on only over what was taken, or over what there is nothing of.
 * 2. In a bucket that was made anew it begins at the start; so it does in one that has only come.
 */
import type { EventRing } from './event-ring.ts';
import type { Place } from './resume-point.ts';
import type { ResultPart } from './result-types.ts';
import type { SourceFeed } from './source-feed.ts';
import type { StreamEvent } from './stream-event.ts';

export class SourceCursor {
  readonly source: string;
  readonly feed: SourceFeed;
  /** What is wanted of the source. */
  readonly parts: readonly ResultPart[];
  #ring: EventRing;
  #place: Place = { seq: 0, life: undefined };
  /** In the ring; undefined: the bucket has to be read up to the ring first. */
  #next: number | undefined;

  constructor(source: string, feed: SourceFeed, parts: readonly ResultPart[]) {
    this.source = source;
    this.feed = feed;
    this.parts = parts;
    this.#ring = feed.ring;
  }

  get place(): Place {
    return this.#place;
  }

  /** What is behind the place is not in the ring. */
  get isBehind(): boolean {
    if (this.#place.life === undefined || this.feed.ring !== this.#ring) return false;
    return this.#next === undefined || this.#ring.bytesFrom(this.#next) === Number.POSITIVE_INFINITY;
  }

  /** Of what is in the ring for it; 0 while it is behind. */
  get lagBytes(): number {
    return this.#next === undefined ? 0 : this.#ring.bytesFrom(this.#next);
  }

  begin(place: Place): void {
    this.#ring = this.feed.ring;
    this.#place = place;
    this.#next = undefined;
  }

  /** Goes over to the bucket as it is now. True: it is another one than the place was in. */
  renew(): boolean {
    const { life } = this.feed.place;
    const isSame = this.feed.ring === this.#ring && this.#place.life === life;
    if (isSame || life === undefined) return false;
    const isOther = this.#place.life !== undefined;
    this.begin({ seq: 0, life });
    return isOther;
  }

  /** Goes on in the ring, if it has all that is behind the place. */
  join(): boolean {
    const isHeld = this.#ring.heldFrom <= this.#place.seq + 1;
    this.#next = isHeld ? this.#ring.placeAfter(this.#place.seq) : undefined;
    return isHeld;
  }

  /** Everything up to here was taken, or is nothing. */
  pass(seq: number): void {
    if (seq > this.#place.seq) this.#place = { ...this.#place, seq };
  }

  /** The next event of the ring. */
  take(): StreamEvent | undefined {
    if (this.#next === undefined) return undefined;
    const event = this.#ring.at(this.#next);
    if (event) {
      this.#next++;
      this.pass(event.seq);
    } else if (this.#next === this.#ring.end && this.feed.ring === this.#ring) this.pass(this.feed.place.seq);
    return event;
  }
}
