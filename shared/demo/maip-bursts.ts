/**
 * MAIP orders that somebody should notice, one kind after the other. Pure.
 *
 *   kind        orders                                            finds
 *   volume      12 of as many customers, 2 s apart                HIGH_ORDER_VOLUME: 10 or more within a minute
 *   volume-one  12 of one customer, 2 s apart                     the same, also per customer
 *   unusual     6 of about $50, 15 s apart, then one of $900,     an unusual amount of a customer
 *               by a customer who has not ordered before
 *
 * A burst's orders are due at their own times; the source must be asked about once a second or more for them to be that.
 */
export interface MaipOrderPlan {
  readonly customer: number;
  readonly cents: number;
  readonly dueMs: number;
}

/** From one burst to the next. */
export const MAIP_BURST_EVERY_MS = 60_000;
const KINDS = ['volume', 'volume-one', 'unusual'] as const;
const VOLUME = 12;
const VOLUME_APART_MS = 2_000;
const USUAL_ORDERS = 6;
const USUAL_APART_MS = 15_000;
const USUAL_CENTS = 4_700;
const UNUSUAL_CENTS = 90_000;

export class MaipBursts {
  readonly #customers: number;
  #pending: MaipOrderPlan[] = [];
  #nextMs: number | undefined;
  #made = 0;

  /** `customers`: how many there are else; new ones have the numbers behind. */
  constructor(customers: number) {
    this.#customers = customers;
  }

  due(nowMs: number): MaipOrderPlan | undefined {
    this.#nextMs ??= nowMs + MAIP_BURST_EVERY_MS / 4;
    if (nowMs >= this.#nextMs) {
      this.#nextMs += MAIP_BURST_EVERY_MS;
      this.#pending = [...this.#pending, ...this.#burst(nowMs)].sort((a, b) => a.dueMs - b.dueMs);
    }
    const [first] = this.#pending;
    return first && first.dueMs <= nowMs ? this.#pending.shift() : undefined;
  }

  #burst(nowMs: number): MaipOrderPlan[] {
    const kind = KINDS[this.#made % KINDS.length] ?? 'volume';
    const newcomer = this.#customers + 1 + this.#made++;
    if (kind === 'unusual') return unusual(newcomer, nowMs);
    return Array.from({ length: VOLUME }, (_, at) => ({
      customer: kind === 'volume' ? 1 + ((newcomer * VOLUME + at) % this.#customers) : newcomer,
      cents: 2_000 + at * 700,
      dueMs: nowMs + at * VOLUME_APART_MS,
    }));
  }
}

function unusual(customer: number, nowMs: number): MaipOrderPlan[] {
  return Array.from({ length: USUAL_ORDERS + 1 }, (_, at) => ({
    customer,
    cents: at < USUAL_ORDERS ? USUAL_CENTS + at * 100 : UNUSUAL_CENTS,
    dueMs: nowMs + at * USUAL_APART_MS,
  }));
}
