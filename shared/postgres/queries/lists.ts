/**
 * The lists that are read: what they filter and order by, each with an index of its own (queries.int.test.ts looks at
 * the plans). A list does not say which page.
 */
import type { Parameter } from '../database.ts';
import type { List } from './page.ts';
import * as fields from './fields.ts';
import type { Fields } from './wire.ts';

/** Event time: from <= t < to. */
export interface TimeRange {
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

export interface AlertFilter extends TimeRange {
  readonly type?: string | undefined;
  readonly severity?: string | undefined;
  readonly customer?: string | undefined;
  readonly region?: string | undefined;
}

export interface Device {
  readonly deviceType: string;
  readonly os: string;
  readonly osVersion: string;
}

export type Urgency = 'immediate' | 'soon' | 'planned';

/** Those who spent most first. */
export function customersOf(segment: string): List<typeof fields.CUSTOMER> {
  return {
    ...listOf('customer_segments', fields.CUSTOMER, new Conditions().is('segment = ?', segment)),
    order: [
      { term: 'monetary_value', type: 'numeric' },
      { term: 'customer_id', type: 'text' },
    ],
    direction: 'DESC',
  };
}

/** Newest first. */
export function alertsBy({ type, severity, customer, region, from, to }: AlertFilter): List<typeof fields.ALERT> {
  const conditions = new Conditions()
    .is('anomaly_type = ?', type)
    .is('severity = ?', severity)
    .is('customer_id = ?', customer)
    .is('region = ?', region)
    .is('"timestamp" >= ?', from)
    .is('"timestamp" < ?', to);
  return {
    ...listOf('alerts', fields.ALERT, conditions),
    order: [
      { term: '"timestamp"', type: 'timestamptz' },
      { term: 'kv_key', type: 'text' },
      { term: 'bucket', type: 'text' },
    ],
    direction: 'DESC',
  };
}

const PRODUCT_ORDER = [
  { term: 'length(product_id)', type: 'int' },
  { term: 'product_id', type: 'text' },
];

/** By id, numbers in their order; all when no status is asked for. */
export function productsBy(status: string | undefined): List<typeof fields.PRODUCT> {
  const conditions = new Conditions().is('stock_status = ?', status);
  return { ...listOf('inventory_insights', fields.PRODUCT, conditions), order: PRODUCT_ORDER, direction: 'ASC' };
}

const URGENCY = `(CASE restock_urgency WHEN 'immediate' THEN 0 WHEN 'soon' THEN 1 ELSE 2 END)`;
const RANKS = { immediate: 0, soon: 1, planned: 2 } as const;
const RESTOCK_ORDER = [
  { term: URGENCY, type: 'int' },
  { term: `COALESCE(days_until_stockout, '-1'::numeric)`, type: 'numeric' },
  { term: '(- restock_quantity)', type: 'bigint' },
  ...PRODUCT_ORDER,
];

/** What must be ordered: the most urgent first, then the fewest days until stockout, then the largest quantity. */
export function restockBy(urgency: Urgency | undefined): List<typeof fields.PRODUCT> {
  const conditions = new Conditions()
    .holds(`restock_urgency <> 'none'`)
    .holds('restock_quantity IS NOT NULL')
    .is(`${URGENCY} = ?::int`, urgency && RANKS[urgency]);
  return {
    ...listOf('inventory_insights', fields.PRODUCT, conditions),
    // Of one urgency: PostgreSQL would begin at its first row, and pass over all before the cursor.
    order: urgency ? RESTOCK_ORDER.slice(1) : RESTOCK_ORDER,
    direction: 'ASC',
  };
}

/** Newest first. */
export function salesWindows(range: TimeRange): List<typeof fields.SALES_WINDOW> {
  return newestFirst('sales_windows', fields.SALES_WINDOW, range, new Conditions().is('window_type = ?', 'sliding'));
}

export function salesHours(range: TimeRange): List<typeof fields.SALES_HOUR> {
  return newestFirst('sales_windows', fields.SALES_HOUR, range, new Conditions().is('window_type = ?', 'hourly'));
}

export function regionMinutes(region: string, range: TimeRange): List<typeof fields.REGION_MINUTE> {
  return newestFirst('region_health', fields.REGION_MINUTE, range, new Conditions().is('region = ?', region));
}

export function contentMinutes(content: string, range: TimeRange): List<typeof fields.CONTENT_MINUTE> {
  return newestFirst('content_stats', fields.CONTENT_MINUTE, range, new Conditions().is('content_id = ?', content));
}

export function deviceMinutes(device: Device, range: TimeRange): List<typeof fields.DEVICE_MINUTE> {
  const conditions = new Conditions()
    .is('device_type = ?', device.deviceType)
    .is('os = ?', device.os)
    .is('os_version = ?', device.osVersion);
  return newestFirst('device_stats', fields.DEVICE_MINUTE, range, conditions);
}

export function activityOf(customer: string, range: TimeRange): List<typeof fields.ACTIVITY> {
  return newestFirst('activity_windows', fields.ACTIVITY, range, new Conditions().is('customer_id = ?', customer));
}

/** Who is in it now, by id. */
export function usersOf(segment: string): List<typeof fields.MEMBER> {
  const conditions = new Conditions()
    .is('segment_id = ?', segment)
    .holds('qualified')
    .holds('(expires_at IS NULL OR expires_at > now())');
  return {
    ...listOf('user_segments', fields.MEMBER, conditions),
    order: [{ term: 'user_id', type: 'text' }],
    direction: 'ASC',
  };
}

function newestFirst<F extends Fields>(table: string, of: F, { from, to }: TimeRange, conditions: Conditions): List<F> {
  const all = conditions.is('window_start >= ?', from).is('window_start < ?', to);
  return { ...listOf(table, of, all), order: [{ term: 'window_start', type: 'timestamptz' }], direction: 'DESC' };
}

function listOf<F extends Fields>(table: string, of: F, { where, values }: Conditions) {
  return { table, fields: of, where, values };
}

class Conditions {
  readonly where: string[] = [];
  readonly values: Parameter[] = [];

  /** Nothing when the value is undefined. */
  is(condition: string, value: Parameter | undefined): this {
    if (value === undefined) return this;
    this.where.push(condition);
    this.values.push(value);
    return this;
  }

  holds(condition: string): this {
    this.where.push(condition);
    return this;
  }
}
