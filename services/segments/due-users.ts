/**
 * Users by the time at which something of theirs slides out, in slots of event time: a user costs nothing to move from
 * one slot to the next, and those of a slot come due together.
 *
 * Does not own: state. Slots are rebuilt from the users' events.
 *
 * A user whose time moves later stays where it is; when it comes due too early, it is scheduled again. One whose time
 * moves earlier is in two slots, and the later one is skipped.
 */
import { Timers } from '../../shared/event-time/timers.ts';

export interface Due {
  /** The slot it is waited for in: its end, ms; Infinity: none. */
  slot: number;
}

export class DueUsers<U extends Due> {
  readonly #slotMs: number;
  readonly #slots = new Map<number, U[]>();
  readonly #timers = new Timers<number>();

  constructor(slotMs: number) {
    this.#slotMs = slotMs;
  }

  /** The end of the first slot with users, ms. */
  get next(): number | undefined {
    return this.#timers.next;
  }

  /** The end of the last slot that is over at this time. */
  floor(time: number): number {
    return Math.floor(time / this.#slotMs) * this.#slotMs;
  }

  schedule(user: U, time: number): void {
    const slot = Math.ceil(time / this.#slotMs) * this.#slotMs;
    if (user.slot <= slot) return;
    user.slot = slot;
    const users = this.#slots.get(slot);
    if (users) users.push(user);
    else {
      this.#slots.set(slot, [user]);
      this.#timers.schedule(slot, '', slot);
    }
  }

  /** Users due in the first slot, which is over with this. */
  takeNext(): U[] {
    const slot = this.#timers.next;
    if (slot === undefined) return [];
    this.#timers.advance(slot, () => {});
    const users = this.#slots.get(slot) ?? [];
    this.#slots.delete(slot);
    const due: U[] = [];
    for (const user of users) {
      if (user.slot !== slot) continue;
      user.slot = Number.POSITIVE_INFINITY; // it may be in the slot twice
      due.push(user);
    }
    return due;
  }
}
