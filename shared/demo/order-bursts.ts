/**
 * Orders that somebody should notice: one kind after the other, so that every rule on orders finds something. Pure.
 *
 *   kind      orders                                          finds
 *   large     1 of $1,200 or, every second time, $6,000       large order; fraud_alert by amount
 *   rapid     2 or 4, 30 s apart                              rapid orders (low, medium)
 *   fraud     7, 3 s apart                                    fraud_alert by count: more than 5 within a minute
 *   spike     6 or 11, 20 s apart                             order spike (medium, high)
 *   outlier   1 of 4.5 or 8 standard deviations above what    statistical outlier (medium, high)
 *             a regular customer spends
 *
 * 1. A burst's orders are due at their own times; the source must be asked once a second or more for them to be that.
 * 2. An outlier stays under the amount of a large order, so that it is the deviation that is noticed.
 */
import { type OrderPlan, ordinaryCents, REGULARS } from './order-plan.ts';
import { pickEvenly } from './random.ts';

/** From one burst to the next. */
export const BURST_EVERY_MS = 20_000;
const KINDS = ['large', 'rapid', 'fraud', 'spike', 'outlier'] as const;
type Kind = (typeof KINDS)[number];

const LARGE_CENTS = [120_000, 600_000] as const;
const NOT_LARGE_CENTS = 99_000;
const FEWEST_TO_COMPARE = 8;
const DEVIATIONS = [4.5, 8] as const;

/** Welford's running mean and sum of squared differences. */
interface Spending {
  count: number;
  mean: number;
  squares: number;
}

export class OrderBursts {
  readonly #random: () => number;
  readonly #customers: number;
  readonly #spending = new Map<number, Spending>();
  #pending: OrderPlan[] = [];
  #nextMs: number | undefined;
  #made = 0;

  constructor(random: () => number, customers: number) {
    this.#random = random;
    this.#customers = customers;
  }

  /** An order of a customer who may one day order far more than usual. */
  note(customer: number, cents: number): void {
    const spending = this.#spending.get(customer) ?? { count: 0, mean: 0, squares: 0 };
    spending.count++;
    const from = cents - spending.mean;
    spending.mean += from / spending.count;
    spending.squares += from * (cents - spending.mean);
    this.#spending.set(customer, spending);
  }

  due(nowMs: number): OrderPlan | undefined {
    this.#nextMs ??= nowMs + BURST_EVERY_MS;
    if (nowMs >= this.#nextMs) {
      this.#nextMs += BURST_EVERY_MS;
      this.#pending = [...this.#pending, ...this.#burst(nowMs)].sort((a, b) => a.placedMs - b.placedMs);
    }
    const [first] = this.#pending;
    if (!first || first.placedMs > nowMs) return undefined;
    this.#pending.shift();
    return { ...first, placedMs: nowMs };
  }

  #burst(nowMs: number): OrderPlan[] {
    const round = Math.floor(this.#made / KINDS.length);
    const kind = KINDS[this.#made % KINDS.length] ?? 'large';
    this.#made++;
    return this.#ordersOf(kind, round % 2 === 1, nowMs);
  }

  #ordersOf(kind: Kind, isSevere: boolean, nowMs: number): OrderPlan[] {
    switch (kind) {
      case 'large': {
        const cents = LARGE_CENTS[isSevere ? 1 : 0] + Math.floor(this.#random() * 50_000);
        return [{ customer: this.#anybody(), cents, placedMs: nowMs }];
      }
      case 'rapid':
        return this.#series(isSevere ? 4 : 2, 30_000, nowMs);
      case 'fraud':
        return this.#series(7, 3_000, nowMs);
      case 'spike':
        return this.#series(isSevere ? 11 : 6, 20_000, nowMs);
      case 'outlier':
        return this.#outlier(DEVIATIONS[isSevere ? 1 : 0], nowMs);
      default:
        return kind satisfies never;
    }
  }

  #series(count: number, apartMs: number, nowMs: number): OrderPlan[] {
    const customer = this.#anybody();
    return Array.from({ length: count }, (_, at) => ({
      customer,
      cents: ordinaryCents(this.#random()),
      placedMs: nowMs + at * apartMs,
    }));
  }

  /** Nobody, as long as no regular has bought often enough to tell what is usual. */
  #outlier(deviations: number, nowMs: number): OrderPlan[] {
    const known = [...this.#spending].flatMap(([customer, { count, mean, squares }]) => {
      const cents = Math.ceil(mean + deviations * Math.sqrt(squares / Math.max(count - 1, 1)));
      return count >= FEWEST_TO_COMPARE && cents < NOT_LARGE_CENTS ? [{ customer, cents, placedMs: nowMs }] : [];
    });
    if (known.length === 0) return [];
    const plan = pickEvenly(known, this.#random());
    this.note(plan.customer, plan.cents);
    return [plan];
  }

  /** Not a regular: who has a usual amount keeps it. */
  #anybody(): number {
    return REGULARS + 1 + Math.floor(this.#random() * this.#customers);
  }
}
