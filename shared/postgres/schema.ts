/**
 * The tables of results, as SQL users, the sink and the gateway see them. The migrations are generated from this file
 * (README.md says how); schema.int.test.ts holds a migrated database against it.
 *
 * Owns: names, types, keys and indexes. Does not own: which value becomes which row (rows/).
 *
 * Invariants:
 * 1. A row is one value of one key of a bucket, told by `kv_key`, in the version that `kv_life` (which life of the bucket:
 *    shared/sink/life.ts) and `kv_revision` say; of an older one nothing is left. A document of segments is a row a segment.
 * 2. Money and measures are numeric, as exact as the value's text; times timestamptz; counts bigint.
 * 3. Members keep the names they have in the bucket. Columns of a row that are not its value's begin with `kv_`, or are
 *    `expires_at` (when the bucket forgets the key) and `updated_at` (when the row was written).
 *
 * Rows change often, and mostly not in what is indexed: room in the pages (README.md) lets PostgreSQL leave the indexes alone.
 */
import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  date,
  index,
  integer,
  jsonb,
  numeric,
  pgTable,
  pgView,
  primaryKey,
  text,
  timestamp,
} from 'drizzle-orm/pg-core';

const count = (name: string) => bigint(name, { mode: 'number' });
const time = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

/** Of a row with a key of its own. */
const origin = () => ({ kv_key: text('kv_key').primaryKey(), ...version() });

const version = () => ({
  kv_life: count('kv_life').notNull(),
  kv_revision: count('kv_revision').notNull(),
  expires_at: time('expires_at'),
  updated_at: time('updated_at').notNull().defaultNow(),
});

const windowBounds = () => ({
  window_start: time('window_start').notNull(),
  window_end: time('window_end').notNull(),
});

const outcomes = () => ({
  successes: count('successes').notNull(),
  failures: count('failures').notNull(),
  revision: count('revision').notNull(),
  final: boolean('final').notNull(),
});

export const contentStats = pgTable(
  'content_stats',
  {
    content_id: text('content_id').notNull(),
    ...windowBounds(),
    downloads: count('downloads').notNull(),
    ...outcomes(),
    ...origin(),
  },
  (t) => [
    index('content_stats_content').on(t.content_id, t.window_start),
    index('content_stats_time').on(t.window_start),
  ],
);

export const regionHealth = pgTable(
  'region_health',
  {
    region: text('region').notNull(),
    ...windowBounds(),
    events: count('events').notNull(),
    success_rate: numeric('success_rate'),
    avg_speed_mbps: numeric('avg_speed_mbps'),
    avg_duration_seconds: numeric('avg_duration_seconds'),
    ...outcomes(),
    ...origin(),
  },
  (t) => [index('region_health_region').on(t.region, t.window_start), index('region_health_time').on(t.window_start)],
);

export const deviceStats = pgTable(
  'device_stats',
  {
    device_type: text('device_type').notNull(),
    os: text('os').notNull(),
    os_version: text('os_version').notNull(),
    ...windowBounds(),
    events: count('events').notNull(),
    success_rate: numeric('success_rate'),
    avg_speed_mbps: numeric('avg_speed_mbps'),
    ...outcomes(),
    ...origin(),
  },
  (t) => [
    index('device_stats_device').on(t.device_type, t.os, t.os_version, t.window_start),
    index('device_stats_time').on(t.window_start),
  ],
);

/** Of every service: `bucket` says whose. Two services may give two alerts the same id, so the key is theirs too. */
export const alerts = pgTable(
  'alerts',
  {
    bucket: text('bucket').notNull(),
    alert_id: text('alert_id').notNull(),
    anomaly_type: text('anomaly_type').notNull(),
    severity: text('severity').notNull(),
    customer_id: text('customer_id'),
    region: text('region'),
    description: text('description').notNull(),
    timestamp: time('timestamp').notNull(),
    count: count('count').notNull(),
    first: time('first').notNull(),
    last: time('last').notNull(),
    resolved: time('resolved'),
    details: jsonb('details').notNull(),
    kv_key: text('kv_key').notNull(),
    ...version(),
  },
  (t) => [
    primaryKey({ name: 'alerts_pkey', columns: [t.bucket, t.kv_key] }),
    index('alerts_time').on(t.timestamp, t.kv_key, t.bucket),
    index('alerts_type').on(t.anomaly_type, t.timestamp, t.kv_key, t.bucket),
    index('alerts_severity').on(t.severity, t.timestamp, t.kv_key, t.bucket),
    index('alerts_type_severity').on(t.anomaly_type, t.severity, t.timestamp, t.kv_key, t.bucket),
    index('alerts_customer').on(t.customer_id, t.timestamp, t.kv_key, t.bucket).where(sql`customer_id IS NOT NULL`),
    index('alerts_region').on(t.region, t.timestamp, t.kv_key, t.bucket).where(sql`region IS NOT NULL`),
  ],
);

/** `window_type`: `sliding` (1 h, every 5 minutes; knows its distinct customers) or `hourly` (1 h by the clock). */
export const salesWindows = pgTable(
  'sales_windows',
  {
    window_type: text('window_type').notNull(),
    ...windowBounds(),
    revenue: numeric('revenue').notNull(),
    order_count: count('order_count').notNull(),
    avg_order_value: numeric('avg_order_value').notNull(),
    unique_customers: count('unique_customers'),
    revision: count('revision').notNull(),
    final: boolean('final').notNull(),
    ...origin(),
  },
  (t) => [index('sales_windows_time').on(t.window_start, t.window_type)],
);

export const customerSegments = pgTable(
  'customer_segments',
  {
    customer_id: text('customer_id').notNull(),
    segment: text('segment').notNull(),
    recency_days: count('recency_days').notNull(),
    frequency: count('frequency').notNull(),
    monetary_value: numeric('monetary_value').notNull(),
    first_order: time('first_order').notNull(),
    last_order: time('last_order').notNull(),
    ...origin(),
  },
  (t) => [
    index('customer_segments_customer').on(t.customer_id),
    index('customer_segments_segment').on(t.segment, t.monetary_value, t.customer_id),
  ],
);

/** How urgent a restock is, as a number that sorts; the index, the list and its cursor all spell it this way. */
export const restockRank = sql`(CASE restock_urgency WHEN 'immediate' THEN 0 WHEN 'soon' THEN 1 ELSE 2 END)`;
/** Fewest days first; without any sale, that is null, before all of them. */
export const restockDays = sql`COALESCE(days_until_stockout, '-1'::numeric)`;
/** Largest quantity first. */
export const restockSize = sql`(- restock_quantity)`;

/** Before the id itself, so that numbers stand in their order. */
export const idLength = sql`length(product_id)`;

export const inventoryInsights = pgTable(
  'inventory_insights',
  {
    product_id: text('product_id').notNull(),
    name: text('name'),
    stock_quantity: count('stock_quantity'),
    price: numeric('price'),
    units_sold_7d: count('units_sold_7d').notNull(),
    velocity_units_per_day: numeric('velocity_units_per_day').notNull(),
    days_until_stockout: numeric('days_until_stockout'),
    stock_status: text('stock_status').notNull(),
    dead_stock: boolean('dead_stock').notNull(),
    last_sale: date('last_sale', { mode: 'string' }),
    restock_quantity: count('restock_quantity'),
    restock_urgency: text('restock_urgency').notNull(),
    as_of: date('as_of', { mode: 'string' }),
    ...origin(),
  },
  (t) => [
    index('inventory_insights_product').on(t.product_id),
    index('inventory_insights_order').on(idLength, t.product_id),
    index('inventory_insights_status').on(t.stock_status, idLength, t.product_id),
    index('inventory_insights_restock')
      .on(restockRank, restockDays, restockSize, idLength, t.product_id)
      .where(sql`restock_urgency <> 'none' AND restock_quantity IS NOT NULL`),
  ],
);

/** One row per user and segment: `WHERE segment_id = 'buyers' AND qualified` is what is asked of it. */
export const userSegments = pgTable(
  'user_segments',
  {
    user_id: text('user_id').notNull(),
    segment_id: text('segment_id').notNull(),
    qualified: boolean('qualified').notNull(),
    value: numeric('value').notNull(),
    timestamp: time('timestamp').notNull(),
    window_start: time('window_start').notNull(),
    window_end: time('window_end').notNull(),
    rule_id: text('rule_id'),
    rules: jsonb('rules'),
    kv_key: text('kv_key').notNull(),
    ...version(),
  },
  (t) => [
    primaryKey({ name: 'user_segments_pkey', columns: [t.kv_key, t.segment_id] }),
    index('user_segments_user').on(t.user_id, t.segment_id),
    index('user_segments_qualified').on(t.segment_id, t.user_id).where(sql`qualified`),
    index('user_segments_expiry').on(t.expires_at),
  ],
);

/** The rule set as each partition of the mesh has it in force; `document` is its segments. */
export const segmentRuleSets = pgTable('segment_rule_sets', {
  version: count('version').notNull(),
  document: jsonb('document').notNull(),
  ...origin(),
});

/** Of the newest rule set of any partition. A view: what it shows is always of one rule set. */
export const segments = pgView('segments', {
  segment_id: text('segment_id'),
  name: text('name'),
  type: text('type'),
  window_minutes: integer('window_minutes'),
  /** `trailing` or `tumbling`. */
  window_kind: text('window_kind'),
  combine: text('combine'),
  base_segment_ids: text('base_segment_ids').array(),
  revision: count('revision'),
  created_at: time('created_at'),
  updated_at: time('updated_at'),
  rule_set_version: count('rule_set_version'),
}).as(sql`
  SELECT s.segment_id, s.name, s.type, s.window_minutes, s.window_kind, s.combine, s.base_segment_ids, s.revision,
    s.created_at, s.updated_at, newest.version AS rule_set_version
  FROM (SELECT version, document FROM segment_rule_sets ORDER BY kv_life DESC, version DESC, kv_key LIMIT 1) AS newest,
    jsonb_to_recordset(newest.document) AS s(segment_id text, name text, type text, window_minutes integer,
      window_kind text, combine text, base_segment_ids text[], revision bigint, created_at timestamptz,
      updated_at timestamptz)`);

/** The rules of these segments; `position` is a rule's place in its segment, from 1 on. */
export const segmentRules = pgView('segment_rules', {
  segment_id: text('segment_id'),
  rule_id: text('rule_id'),
  position: count('position'),
  event_type: text('event_type'),
  attribute: text('attribute'),
  operator: text('operator'),
  threshold: numeric('threshold'),
}).as(sql`
  SELECT s.segment_id, r.rule_id, r.position, r.event_type, r.attribute, r.operator, r.threshold
  FROM (SELECT document FROM segment_rule_sets ORDER BY kv_life DESC, version DESC, kv_key LIMIT 1) AS newest,
    jsonb_to_recordset(newest.document) AS s(segment_id text, rules jsonb),
    ROWS FROM (jsonb_to_recordset(s.rules) AS (rule_id text, event_type text, attribute text, operator text,
      threshold numeric)) WITH ORDINALITY AS r(rule_id, event_type, attribute, operator, threshold, position)`);

export const activityWindows = pgTable(
  'activity_windows',
  {
    customer_id: text('customer_id').notNull(),
    ...windowBounds(),
    total_events: count('total_events').notNull(),
    event_counts: jsonb('event_counts').notNull(),
    total_amount: numeric('total_amount'),
    amounts: jsonb('amounts').notNull(),
    unusable_amounts: count('unusable_amounts'),
    first_event: time('first_event'),
    last_event: time('last_event'),
    revision: count('revision').notNull(),
    final: boolean('final').notNull(),
    ...origin(),
  },
  (t) => [
    index('activity_windows_customer').on(t.customer_id, t.window_start),
    index('activity_windows_time').on(t.window_start),
  ],
);

/**
 * How far each bucket is in the tables, and who may write it: a row's lock is what a claim and a write meet at
 * (fence.ts). In the database, so that one restored from a backup is read up from where it is.
 */
export const sinkPositions = pgTable('weir_sink_positions', {
  bucket: text('bucket').primaryKey(),
  claim: count('claim').notNull(),
  /** Made up anew by every claim. */
  claimant: text('claimant').notNull(),
  claimed_at: time('claimed_at').notNull().defaultNow(),
  /** These three: null until the first position was saved. */
  life: count('life'),
  seq: count('seq'),
  /** By the sink's own clock. */
  saved_at: time('saved_at'),
});
