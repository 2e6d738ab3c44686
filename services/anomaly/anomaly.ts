/**
 * Anomalies of orders: what a customer orders too often, too fast, too large or unlike before.
 *
 *   order ──▶ rules about one order: at once (large_order, fraud_alert by amount)
 *     └─────▶ held until the watermark passes it ──▶ customer's history ──▶ rules about counts and statistics
 *                (order_spike, rapid_orders, fraud_alert by velocity, statistical_outlier)
 *
 * Late orders: rules about one order still hear of them; counts and statistics do not, they are reported in LATE.
 * Corrections: a retraction takes an order out of the history, whenever it comes; the order at its new values goes back
 * in. Alerts that were raised stand.
 *
 * Invariants (tested in anomaly.test.ts):
 * 1. With `event-time`, alerts depend on the orders and on which of them were late, not on the order of arrival.
 * 2. An update raises nothing twice, and what it raises is about the new values.
 * 3. The history equals a recount of the orders folded, retractions included.
 * 4. State is bounded: a customer is forgotten `forgetMs` after the newest order.
 * 5. Each order that is a fraud alert is emitted once for each rule, however alerts fold.
 */
import { AlertLog, alertTable } from '../../shared/alerts/alert-log.ts';
import { type Alert, compareSeverity, type Occurrence } from '../../shared/alerts/alert.ts';
import type { FraudRecord } from '../../shared/alerts/fraud-record.ts';
import { type EventCodec, HeldEvents, heldEventsTable } from '../../shared/event-time/held-events.ts';
import { formatMoney } from '../../shared/events/money.ts';
import type { OrderEvent } from '../../shared/events/order.ts';
import type { Decision, StageContext, StageDefinition } from '../../shared/events/stage.ts';
import { Corrections, type TakenBack, takenBackTable } from './corrections.ts';
import { customerTable } from './customer-history.ts';
import { Customers } from './customers.ts';
import { findCrowd, findFraudAmount, findFraudVelocity, findLargeOrder, findOutlier } from './order-alerts.ts';
import { DEFAULT_ORDERS, type OrderOptions } from './rules.ts';

/** An order that waits for its turn. */
interface HeldOrder extends OrderEvent {
  /** It replaces one of the same time: counts have heard of it. */
  readonly isCorrection?: true;
}

const codec: EventCodec<HeldOrder> = {
  encode: ({ k, id, amount, retract, isCorrection }) =>
    `[${JSON.stringify(k)},${JSON.stringify(id)},${amount}${retract ? ',"retract"' : isCorrection ? ',"correction"' : ''}]`,
  decode: ([k, id, amount, mark]: [string, string, number, string?], t) => ({
    t,
    k,
    id,
    amount,
    ...(mark === 'retract' ? { retract: true as const } : {}),
    ...(mark === 'correction' ? { isCorrection: true as const } : {}),
  }),
};

export function anomaly(options: OrderOptions = DEFAULT_ORDERS): StageDefinition<OrderEvent> {
  return {
    service: 'anomaly',
    input: { kind: 'events', events: ['order'] },
    tables: {
      alert: alertTable,
      customer: customerTable,
      held: heldEventsTable(codec),
      'taken-back': takenBackTable,
    },
    open: (ctx) => new Anomaly(ctx, options),
  };
}

class Anomaly implements Decision<OrderEvent> {
  readonly #ctx: StageContext;
  readonly #options: OrderOptions;
  readonly #alerts: AlertLog;
  readonly #customers: Customers;
  readonly #held: HeldEvents<HeldOrder>;
  readonly #corrections: Corrections;

  constructor(ctx: StageContext, options: OrderOptions) {
    const { orderSpike, rapidOrders, fraudVelocity } = options.rules;
    const horizonMs = Math.max(orderSpike.withinMs, rapidOrders.withinMs, fraudVelocity.withinMs);
    this.#ctx = ctx;
    this.#options = options;
    this.#held = new HeldEvents(ctx.table('held'), codec, ctx.watermark);
    this.#alerts = new AlertLog(ctx.table<Alert>('alert'), options.foldMs, this.#held.releasedTo);
    this.#customers = new Customers(ctx.table('customer'), horizonMs, options.forgetMs);
    this.#corrections = new Corrections(ctx.table('taken-back'));
  }

  onEvent(order: OrderEvent, source: string): void {
    let replaced: TakenBack | undefined;
    if (order.retract) this.#corrections.remember(order, this.#ctx.watermark);
    else {
      replaced = this.#corrections.take(order);
      this.#checkAlone(order, replaced);
    }
    const isCorrection = replaced !== undefined;
    if (this.#options.order === 'arrival') this.#fold(order, isCorrection);
    else if (!this.#held.add(heldOrder(order, replaced), order.t, source)) this.#foldLate(order, isCorrection);
  }

  onWatermark(): void {
    this.#held.release(this.#ctx.watermark, (order) => this.#fold(order, order.isCorrection === true));
    const { releasedTo } = this.#held;
    this.#corrections.onWatermark(releasedTo);
    this.#customers.onWatermark(releasedTo);
    this.#alerts.onWatermark(releasedTo);
  }

  /** Rules about this order alone. One that fired for the values that it replaces says it again only if it is worse. */
  #checkAlone(order: OrderEvent, replaced: TakenBack | undefined): void {
    const { largeOrder, fraudAmount } = this.#options.rules;
    const former = replaced && { ...order, amount: replaced.amount ?? 0 };
    const large = findLargeOrder(largeOrder, order);
    if (large && isNews(large, former && findLargeOrder(largeOrder, former))) this.#alerts.raise(large);
    const fraud = findFraudAmount(fraudAmount, order);
    if (fraud && isNews(fraud, former && findFraudAmount(fraudAmount, former)))
      this.#raiseFraud(fraud, order, { over: formatMoney(fraudAmount.over) });
  }

  /** A correction of an order that is in the history already: counts are as before, so only the history learns of it. */
  #foldLate(order: OrderEvent, isCorrection: boolean): void {
    if (order.retract) this.#takeBack(order);
    else if (isCorrection) this.#customers.add(order);
    else this.#ctx.late({ reason: 'too late for counts and statistics', event: order });
  }

  #fold(order: OrderEvent, isCorrection: boolean): void {
    if (order.retract) {
      this.#takeBack(order);
      return;
    }
    const { rules } = this.#options;
    const before = this.#customers.get(order.k);
    if (before?.has(order.id)) return; // the same record again
    if (before) this.#raise(findOutlier('statistical_outlier', rules.statisticalOutlier, order, before.amounts));
    const history = this.#customers.add(order, before);
    if (isCorrection) return;
    this.#raise(findCrowd('order_spike', rules.orderSpike, order, history));
    this.#raise(findCrowd('rapid_orders', rules.rapidOrders, order, history));
    const velocity = findFraudVelocity(rules.fraudVelocity, order, history);
    const { orders, withinMs } = rules.fraudVelocity;
    if (velocity) this.#raiseFraud(velocity, order, { more_than: orders - 1, within_seconds: withinMs / 1000 });
  }

  #takeBack(order: OrderEvent): void {
    if (!this.#customers.remove(order))
      this.#ctx.late({ reason: 'retraction of an order that was never counted', event: order });
  }

  #raise(found: Occurrence | undefined): void {
    if (found) this.#alerts.raise(found);
  }

  /** The alert folds a storm; what leaves the mesh tells of each order. */
  #raiseFraud(found: Occurrence, { k, id, amount }: OrderEvent, rule: FraudRecord['rule']): void {
    if (!this.#alerts.raise(found)) return;
    const record: FraudRecord = { customer_id: k, order_id: id, amount: formatMoney(amount), rule };
    this.#ctx.emit('fraud', record);
  }
}

function heldOrder(order: OrderEvent, replaced: TakenBack | undefined): HeldOrder {
  return replaced?.t === order.t ? { ...order, isCorrection: true } : order;
}

function isNews(found: Occurrence, former: Occurrence | undefined): boolean {
  return former === undefined || compareSeverity(found.severity, former.severity) > 0;
}
