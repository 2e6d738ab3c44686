/**
 * Remembers what was taken back until what replaces it comes: an update of an order is a retraction and, right behind
 * it, the order at its new values. So a correction is known from a new order.
 *
 * Bounded: forgotten when it is replaced, or when a minute of event time has passed.
 */
import { encodeId } from '../../shared/events/id.ts';
import type { Table, TableSpec } from '../../shared/events/stage.ts';
import { Timers } from '../../shared/event-time/timers.ts';
import type { CustomerEvent } from './customers.ts';

/** The two halves of an update are neighbours in the log; a frame may end between them. */
const WAIT_MS = 60_000;

export interface TakenBack {
  readonly t: number;
  readonly amount?: number | undefined;
  /** Forgotten when the watermark is there. */
  readonly until: number;
}

export const takenBackTable: TableSpec<TakenBack> = { kind: 'state' };

export class Corrections {
  readonly #table: Table<TakenBack>;
  readonly #timers = new Timers<string>();

  constructor(table: Table<TakenBack>) {
    this.#table = table;
    for (const [key, { until }] of table.entries()) this.#timers.schedule(until, key, key);
  }

  remember({ k, id, t, amount }: CustomerEvent, watermark: number): void {
    const key = keyOf(k, id);
    const until = Math.max(t, watermark) + WAIT_MS;
    this.#table.put(key, { t, amount, until });
    this.#timers.schedule(until, key, key);
  }

  /** What this order replaces; undefined: nothing, it is a new one. */
  take({ k, id }: CustomerEvent): TakenBack | undefined {
    if (this.#table.size === 0) return undefined;
    const key = keyOf(k, id);
    const taken = this.#table.get(key);
    if (taken !== undefined) this.#table.delete(key);
    return taken;
  }

  onWatermark(watermark: number): void {
    this.#timers.advance(watermark, (key, time) => {
      if (this.#table.get(key)?.until === time) this.#table.delete(key);
    });
  }
}

function keyOf(customer: string, id: string): string {
  return `${encodeId(customer)}.${encodeId(id)}`;
}
