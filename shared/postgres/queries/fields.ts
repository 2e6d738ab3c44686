/** What is shown of each table: members and forms as the gateway gives them out. */
import { day, flag, json, money, number, orAbsent, orNull, text, time } from './wire.ts';

const BOUNDS = { window_start: time, window_end: time };
const OUTCOMES = { successes: number, failures: number, revision: number, final: flag };

export const CUSTOMER = {
  customer_id: text,
  segment: text,
  recency_days: number,
  frequency: number,
  monetary_value: money,
  first_order: time,
  last_order: time,
};

export const ALERT = {
  alert_id: text,
  anomaly_type: text,
  severity: text,
  customer_id: orAbsent(text),
  region: orAbsent(text),
  description: text,
  timestamp: time,
  count: number,
  first: time,
  last: time,
  resolved: orAbsent(time),
  details: json,
};

export const PRODUCT = {
  product_id: text,
  name: orNull(text),
  stock_quantity: orNull(number),
  price: orNull(money),
  units_sold_7d: number,
  velocity_units_per_day: number,
  days_until_stockout: orNull(number),
  stock_status: text,
  dead_stock: flag,
  last_sale: orNull(day),
  restock_quantity: orNull(number),
  restock_urgency: text,
  as_of: orNull(day),
};

export const SALES_WINDOW = {
  ...BOUNDS,
  revenue: money,
  order_count: number,
  avg_order_value: money,
  unique_customers: number,
  revision: number,
  final: flag,
};

/** Named as in the table; results-reader.ts gives them the names of hourly sales. */
export const SALES_HOUR = {
  ...BOUNDS,
  revenue: money,
  order_count: number,
  avg_order_value: money,
  revision: number,
  final: flag,
};

export const REGION_MINUTE = {
  region: text,
  ...BOUNDS,
  events: number,
  success_rate: orNull(number),
  avg_speed_mbps: orNull(number),
  avg_duration_seconds: orNull(number),
  ...OUTCOMES,
};

export const DEVICE_MINUTE = {
  device_type: text,
  os: text,
  os_version: text,
  ...BOUNDS,
  events: number,
  success_rate: orNull(number),
  avg_speed_mbps: orNull(number),
  ...OUTCOMES,
};

export const CONTENT_MINUTE = { content_id: text, ...BOUNDS, downloads: number, ...OUTCOMES };

export const ACTIVITY = {
  customer_id: text,
  ...BOUNDS,
  total_events: number,
  event_counts: json,
  total_amount: orNull(money),
  amounts: json,
  unusable_amounts: orAbsent(number),
  first_event: orNull(time),
  last_event: orNull(time),
  revision: number,
  final: flag,
};

export const MEMBER = { user_id: text };
