/**
 * Who orders, when, for how much. Pure: a seed and the times it is asked at decide everything.
 *
 * A few regulars (customers 1 to 50) buy a tenth of all and spend alike each time; everybody else buys the less often
 * the higher the number. Some orders come late: a till that was offline. Bursts are order-bursts.ts's.
 */
import { OrderBursts } from './order-bursts.ts';
import { type OrderPlan, ordinaryCents, REGULARS } from './order-plan.ts';
import { mulberry32 } from './random.ts';

export interface ShopTrafficOptions {
  readonly customers: number;
  /** Share of orders that come later than any stage waits, 0 to 1. */
  readonly late: number;
  readonly bursts: boolean;
}

const REGULARS_SHARE = 0.1;
/** Of the customers, as many as are about equally active at the head of the tail: a tenth of them buys 36 %. */
const FLAT_HEAD = 1 / 20;
export const LATE_ORDER_MS = { least: 10_000, most: 120_000 } as const;

export class ShopTraffic {
  readonly #random: () => number;
  readonly #customers: number;
  readonly #late: number;
  readonly #bursts: OrderBursts | undefined;
  #made = 0;

  constructor(seed: number, { customers, late, bursts }: ShopTrafficOptions) {
    this.#random = mulberry32(seed ^ 0x5407);
    this.#customers = Math.max(customers, 1);
    this.#late = late;
    this.#bursts = bursts ? new OrderBursts(this.#random, this.#customers) : undefined;
  }

  /** What a burst wants ordered by now. */
  pressing(nowMs: number): OrderPlan | undefined {
    return this.#bursts?.due(nowMs);
  }

  ordinary(nowMs: number): OrderPlan {
    const isRegular = this.#made < REGULARS || this.#random() < REGULARS_SHARE;
    const plan = isRegular ? this.#byRegular() : { customer: this.#tail(), cents: ordinaryCents(this.#random()) };
    this.#made++;
    const { least, most } = LATE_ORDER_MS;
    const lateMs = this.#random() < this.#late ? least + Math.floor(this.#random() * (most - least)) : 0;
    if (isRegular) this.#bursts?.note(plan.customer, plan.cents);
    return { ...plan, placedMs: nowMs - lateMs };
  }

  /** Each once at first, so that there is somebody to look at. About the same amount each time. */
  #byRegular() {
    const customer = 1 + (this.#made < REGULARS ? this.#made : Math.floor(this.#random() * REGULARS));
    const usual = 2_000 + ((customer * 3_700) % 10_000);
    return { customer, cents: Math.round(usual * (0.7 + 0.6 * this.#random())) };
  }

  /** Zipf's law with a flat head, by its inverse. */
  #tail(): number {
    const head = Math.max(this.#customers * FLAT_HEAD, 1);
    const rank = head * ((this.#customers + head) / head) ** this.#random() - head;
    return REGULARS + 1 + Math.floor(rank);
  }
}
