/**
 * The rules about orders, as questions to one order or to a customer's history: what they find, in words and numbers.
 *
 * Does not own: when they are asked (anomaly.ts), and folding (shared/alerts).
 * Texts and evidence are getters: a storm of alerts shows few of them.
 */
import type { Occurrence } from '../../shared/alerts/alert.ts';
import { formatMoney } from '../../shared/events/money.ts';
import type { OrderEvent } from '../../shared/events/order.ts';
import type { CustomerHistory } from './customer-history.ts';
import { type AmountRule, type CountRule, type OutlierRule, severityAt } from './rules.ts';
import type { RunningAmounts } from './running-amounts.ts';

/** What a finding is about: an order, or a transaction of maip. */
export type Purchase = Pick<OrderEvent, 't' | 'k' | 'id' | 'amount'>;

type Details = Occurrence['details'];

const MINUTE_MS = 60_000;

export function findLargeOrder(rule: AmountRule, order: Purchase): Occurrence | undefined {
  if (!rule.enabled || order.amount <= rule.over) return undefined;
  return {
    ...aboutOrder('large_order', order),
    severity: severityAt(rule, order.amount),
    get description() {
      return `Order ${order.id} of customer ${order.k} is large: $${formatMoney(order.amount)} is over $${formatMoney(rule.over)}`;
    },
    get details(): Details {
      return amountEvidence(rule, order);
    },
  };
}

/** The order processor's first rule. */
export function findFraudAmount(rule: AmountRule, order: Purchase): Occurrence | undefined {
  if (!rule.enabled || order.amount <= rule.over) return undefined;
  const reason = () => `Order amount $${formatMoney(order.amount)} exceeds $${formatMoney(rule.over)}`;
  return {
    ...aboutOrder('fraud_alert', order),
    severity: severityAt(rule, order.amount),
    get description() {
      return `Possible fraud by customer ${order.k}: ${reason()}`;
    },
    get details(): Details {
      return { reason: reason(), ...amountEvidence(rule, order) };
    },
  };
}

export function findCrowd(
  type: 'order_spike' | 'rapid_orders',
  rule: CountRule,
  order: Purchase,
  history: CustomerHistory,
): Occurrence | undefined {
  const orders = crowdOf(rule, order, history);
  if (orders === undefined) return undefined;
  const name = type === 'order_spike' ? 'Order spike' : 'Rapid orders';
  return {
    ...aboutOrder(type, order),
    severity: severityAt(rule, orders),
    get description() {
      return `${name}: customer ${order.k} placed ${orders} orders within ${spanText(rule.withinMs)}`;
    },
    get details(): Details {
      return countEvidence(rule, order, history, orders);
    },
  };
}

/** The order processor's second rule. */
export function findFraudVelocity(rule: CountRule, order: Purchase, history: CustomerHistory): Occurrence | undefined {
  const orders = crowdOf(rule, order, history);
  if (orders === undefined) return undefined;
  const reason = () =>
    `More than ${rule.orders - 1} orders within ${spanText(rule.withinMs)}: ${orders} orders of one customer`;
  return {
    ...aboutOrder('fraud_alert', order),
    id: `${order.id}:velocity`, // the same order may be a fraud alert by its amount too
    severity: severityAt(rule, orders),
    get description() {
      return `Possible fraud by customer ${order.k}: ${reason()}`;
    },
    get details(): Details {
      return { reason: reason(), ...countEvidence(rule, order, history, orders) };
    },
  };
}

/** `amounts`: those before this one. */
export function findOutlier(
  type: 'statistical_outlier' | 'unusual_transaction',
  rule: OutlierRule,
  order: Purchase,
  amounts: RunningAmounts,
): Occurrence | undefined {
  if (!rule.enabled || amounts.count < Math.max(2, rule.minOrders)) return undefined;
  const mean = amounts.mean;
  if (order.amount <= mean) return undefined; // most end here, without the square root
  const deviation = Math.max(amounts.deviation, rule.minDeviation);
  const deviations = (order.amount - mean) / deviation;
  if (deviation === 0 || deviations <= rule.overDeviations) return undefined;
  const orders = amounts.count;
  const what = type === 'unusual_transaction' ? 'transaction' : 'order';
  return {
    ...aboutOrder(type, order),
    severity: severityAt(rule, deviations),
    get description() {
      return (
        `Unusual ${what} ${order.id}: $${formatMoney(order.amount)} is ${rounded(deviations)} standard deviations above ` +
        `the mean of $${formatMoney(Math.round(mean))} of customer ${order.k}`
      );
    },
    get details(): Details {
      return {
        order_id: order.id,
        amount: formatMoney(order.amount),
        mean: formatMoney(Math.round(mean)),
        deviation: formatMoney(Math.round(deviation)),
        deviations: rounded(deviations),
        over_deviations: rule.overDeviations,
        orders,
      };
    },
  };
}

function aboutOrder(type: string, { k, t, id }: Purchase): Pick<Occurrence, 'type' | 'subject' | 'at' | 'id'> {
  return { type, subject: { kind: 'customer', id: k }, at: t, id };
}

/** How many orders, when these are enough. */
function crowdOf(rule: CountRule, { t }: Purchase, history: CustomerHistory): number | undefined {
  if (!rule.enabled) return undefined;
  const orders = history.countAround(t, rule.withinMs);
  return orders >= rule.orders ? orders : undefined;
}

function amountEvidence(rule: AmountRule, { id, amount }: Purchase): Details {
  return { order_id: id, amount: formatMoney(amount), over: formatMoney(rule.over) };
}

function countEvidence(rule: CountRule, { t }: Purchase, history: CustomerHistory, orders: number): Details {
  const order_ids = history.idsAround(t, rule.withinMs);
  return { orders, within_seconds: rule.withinMs / 1000, from: rule.orders, order_ids };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

/** `1 h`, `5 min`, `90 s`. */
function spanText(ms: number): string {
  if (ms % (60 * MINUTE_MS) === 0) return `${ms / (60 * MINUTE_MS)} h`;
  return ms % MINUTE_MS === 0 ? `${ms / MINUTE_MS} min` : `${ms / 1000} s`;
}
