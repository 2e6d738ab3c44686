/**
 * Events that are taken back. While an event waits for the watermark it can be withdrawn as if it had never come; once it
 * was matched it stands, at the values it had, and what replaces it is passed over: it must not count twice.
 *
 * Invariants (tested in replay.test.ts):
 * 1. What waits is known by key and id; an event without an id, by all it has.
 */
import type { MeshEvent } from '../../shared/events/event.ts';

/** An event that waits for the watermark. */
export interface Waiting {
  readonly event: MeshEvent;
  isWithdrawn: boolean;
}

export class Corrections {
  readonly #waiting = new Map<string, Waiting>();

  wait(event: MeshEvent): Waiting {
    const waiting: Waiting = { event, isWithdrawn: false };
    this.#waiting.set(identity(event), waiting);
    return waiting;
  }

  /** False: it does not wait (any more). */
  withdraw(retraction: MeshEvent): boolean {
    const name = identity(retraction);
    const waiting = this.#waiting.get(name);
    if (!waiting) return false;
    waiting.isWithdrawn = true;
    this.#waiting.delete(name);
    return true;
  }

  release(waiting: Waiting): void {
    const name = identity(waiting.event);
    if (this.#waiting.get(name) === waiting) this.#waiting.delete(name);
  }
}

/** True when `next`, of the same frame, is what the row became that `retraction` takes back. */
export function replaces(retraction: MeshEvent, next: MeshEvent | undefined): boolean {
  if (!next || next.retract || next.k !== retraction.k) return false;
  return 'id' in next && 'id' in retraction && next.id === retraction.id;
}

function identity(event: MeshEvent): string {
  if ('id' in event && typeof event.id === 'string') return `${event.id} ${event.k}`;
  const { retract: _, ...values } = event;
  return JSON.stringify(values);
}
