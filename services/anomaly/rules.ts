/**
 * The rules about orders and transactions: what each is, when it fires, how severe that is, and its defaults.
 *
 * Amounts are minor units (cents), times ms. The rules file (config/) says the same in dollars and minutes.
 */
import { SEVERITIES, type Severity } from '../../shared/alerts/alert.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export interface Rule {
  readonly enabled: boolean;
  /** Of what just fires the rule. */
  readonly severity: Severity;
  /** From which value on it is more severe than that. */
  readonly escalation: Readonly<Partial<Record<Severity, number>>>;
}

/** So many orders of a customer, less than `withinMs` apart. Escalates by their number. */
export interface CountRule extends Rule {
  /** That many or more. */
  readonly orders: number;
  readonly withinMs: number;
}

/** An order of more than this. Escalates by the amount, from there on. */
export interface AmountRule extends Rule {
  readonly over: number;
}

/** An amount far above the customer's mean so far. Escalates by the number of deviations, from there on. */
export interface OutlierRule extends Rule {
  /** Standard deviations above the mean. */
  readonly overDeviations: number;
  /** Fewer earlier ones say nothing. */
  readonly minOrders: number;
  /** The least that counts as a standard deviation; 0: a customer who always spends the same has no outliers. */
  readonly minDeviation: number;
}

export interface OrderRules {
  readonly orderSpike: CountRule;
  readonly rapidOrders: CountRule;
  readonly largeOrder: AmountRule;
  readonly statisticalOutlier: OutlierRule;
  /** The two rules of the order processor; both raise `fraud_alert`. */
  readonly fraudAmount: AmountRule;
  readonly fraudVelocity: CountRule;
}

/**
 * `event-time`: counts and statistics wait until the watermark passes an order, so they do not depend on the order of
 * arrival. `arrival`: they act at once, on what has come until then.
 */
export type FoldOrder = 'event-time' | 'arrival';

/** What the stages about orders and about maip have in common. */
export interface StageOptions {
  readonly order: FoldOrder;
  /** The window in which alerts of one type about one subject are one alert; 0: each is one of its own. */
  readonly foldMs: number;
  /** A customer without an event for this long is forgotten. */
  readonly forgetMs: number;
}

export interface OrderOptions extends StageOptions {
  readonly rules: OrderRules;
}

export const DEFAULT_STAGE: StageOptions = { order: 'event-time', foldMs: HOUR_MS, forgetMs: 365 * DAY_MS };

const OUTLIER: OutlierRule = {
  enabled: true,
  overDeviations: 3,
  minOrders: 5,
  minDeviation: 0,
  severity: 'medium',
  escalation: { high: 6 },
};

export const DEFAULT_OUTLIER: OutlierRule = OUTLIER;

export const DEFAULT_ORDER_RULES: OrderRules = {
  orderSpike: { enabled: true, orders: 5, withinMs: HOUR_MS, severity: 'medium', escalation: { high: 10 } },
  rapidOrders: { enabled: true, orders: 2, withinMs: 5 * MINUTE_MS, severity: 'low', escalation: { medium: 4 } },
  largeOrder: { enabled: true, over: 1_000_00, severity: 'medium', escalation: { high: 5_000_00 } },
  statisticalOutlier: OUTLIER,
  fraudAmount: { enabled: true, over: 1_000_00, severity: 'high', escalation: {} },
  fraudVelocity: { enabled: true, orders: 6, withinMs: MINUTE_MS, severity: 'high', escalation: {} },
};

export const DEFAULT_ORDERS: OrderOptions = { ...DEFAULT_STAGE, rules: DEFAULT_ORDER_RULES };

/** How severe it is that a rule fires at this value. */
export function severityAt({ severity, escalation }: Rule, value: number): Severity {
  for (let level = SEVERITIES.length - 1; level >= 0; level--) {
    const name = SEVERITIES[level];
    const from = name === undefined ? undefined : escalation[name];
    if (name !== undefined && from !== undefined && value >= from) return name;
  }
  return severity;
}
