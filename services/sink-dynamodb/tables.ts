/**
 * The tables: which bucket's keys each holds, and which attribute comes from which field.
 * What it does not own: writing values (attribute-value.ts), the whole item (items.ts), making tables (provision.ts).
 *
 *   <prefix>-realtime-sales-metrics  metric_id S    sales          window, hourly
 *   <prefix>-customer-segments       customer_id N  rfm            customer
 *   <prefix>-anomaly-alerts          alert_id S     anomaly, anomaly-maip, region-health: alert
 *   <prefix>-inventory-insights      product_id N   inventory      product
 *   <prefix>-user-segments           user_id S      segments       user
 *   <prefix>-sink-positions          bucket S       how far each bucket was written (positions.ts)
 */
import { decodeId } from '../../shared/events/id.ts';
import type { SinkSource } from '../../shared/sink/sink-target.ts';
import { type AttributeWriter, booleanOf, documentOf, numberOf, textOf } from './attribute-value.ts';

export type Value = Readonly<Record<string, unknown>>;

export interface Field {
  readonly attribute: string;
  /** `kind`: what the key says the value is: `window`, `customer`. */
  readonly pick: (value: Value, kind: string) => unknown;
  readonly write: AttributeWriter;
  /** Absent when null or not there. */
  readonly isOptional: boolean;
}

export interface TableKey {
  readonly attribute: string;
  readonly type: 'S' | 'N';
}

export interface TableShape {
  /** Without the prefix. */
  readonly name: string;
  readonly key: TableKey;
}

export interface ResultTable extends TableShape {
  readonly fields: readonly Field[];
  /** The item's key, of the tokens behind the bucket's key's partition: `['customer', '42']`. */
  readonly idOf: (tokens: readonly string[]) => string;
  /**
   * Keys of several buckets meet in this table, so two may have one id: an item remembers whose it is in `source`, and
   * is not written for another.
   */
  readonly isShared: boolean;
  /** `ttl` is the end of the lifetime in the mesh; else items are kept as long as the settings say. */
  readonly livesAsInTheMesh: boolean;
  /** Every attribute this sink writes, but for the key: one that a value lacks is removed from the item. */
  readonly attributes: readonly string[];
}

interface Options {
  readonly idOf: ResultTable['idOf'];
  readonly isShared?: boolean;
  readonly livesAsInTheMesh?: boolean;
}

const COMMON = ['updated_at', 'kv_key', 'kv_version', 'kv_expires', 'deleted', 'ttl'];

function table(name: string, key: TableKey, options: Options, fields: readonly Field[]): ResultTable {
  const { idOf, isShared = false, livesAsInTheMesh = false } = options;
  const own = [...fields.map(({ attribute }) => attribute), ...(isShared ? ['bucket', 'source'] : [])];
  return { name, key, fields, idOf, isShared, livesAsInTheMesh, attributes: [...own, ...COMMON] };
}

function field(write: AttributeWriter, attribute: string, pick?: Field['pick']): Field {
  return { attribute, write, isOptional: false, pick: pick ?? ((value) => value[attribute]) };
}

const text = (attribute: string, pick?: Field['pick']) => field(textOf, attribute, pick);
const number = (attribute: string, pick?: Field['pick']) => field(numberOf, attribute, pick);
const document = (attribute: string, pick?: Field['pick']) => field(documentOf, attribute, pick);
const optional = (of: Field): Field => ({ ...of, isOptional: true });

const idOfToken = (tokens: readonly string[]) => decodeId(tokens.slice(1).join('.'));

export const SALES_METRICS = table(
  'realtime-sales-metrics',
  { attribute: 'metric_id', type: 'S' },
  { idOf: (tokens) => tokens.join('.') },
  [
    text('metric_type', (_value, kind) => kind),
    text('window_start'),
    text('window_end'),
    number('total_revenue', (value) => value.revenue ?? value.total_sales),
    number('order_count'),
    number('avg_order_value', (value) => value.avg_order_value ?? value.average_order_value),
    optional(number('unique_customers')),
    number('revision'),
    field(booleanOf, 'final'),
  ],
);

export const CUSTOMER_SEGMENTS = table(
  'customer-segments',
  { attribute: 'customer_id', type: 'N' },
  { idOf: idOfToken },
  [
    text('segment'),
    number('recency_days'),
    number('frequency'),
    number('monetary_value'),
    text('first_order'),
    text('last_order'),
  ],
);

export const ANOMALY_ALERTS = table(
  'anomaly-alerts',
  { attribute: 'alert_id', type: 'S' },
  { idOf: (tokens) => tokens.slice(1).join('-'), isShared: true }, // as in the value: shared/alerts/alert-log.ts
  [
    text('anomaly_type'),
    text('severity'),
    optional(text('customer_id')),
    optional(text('region')),
    text('description'),
    text('timestamp'),
    number('count'),
    text('first'),
    text('last'),
    optional(text('resolved')),
    document('details'),
  ],
);

export const INVENTORY_INSIGHTS = table(
  'inventory-insights',
  { attribute: 'product_id', type: 'N' },
  { idOf: idOfToken },
  [
    optional(text('name')),
    optional(number('stock_quantity')),
    optional(number('price')),
    number('units_sold_7d'),
    number('velocity_units_per_day'),
    optional(number('days_until_stockout')),
    text('stock_status'),
    field(booleanOf, 'is_dead_stock', (value) => value.dead_stock),
    optional(text('last_sale')),
    optional(number('restock_quantity')),
    text('restock_urgency'),
    optional(text('as_of')),
  ],
);

export const USER_SEGMENTS = table(
  'user-segments',
  { attribute: 'user_id', type: 'S' },
  { idOf: idOfToken, livesAsInTheMesh: true },
  [
    document('qualified', ({ segments }) => qualifiedSegments(segments)),
    document('segments'),
    text('evaluated_at', (value) => value.updated),
  ],
);

export const RESULT_TABLES = [SALES_METRICS, CUSTOMER_SEGMENTS, ANOMALY_ALERTS, INVENTORY_INSIGHTS, USER_SEGMENTS];

export const POSITIONS: TableShape = { name: 'sink-positions', key: { attribute: 'bucket', type: 'S' } };

interface TableSource extends SinkSource {
  readonly table: ResultTable;
}

export const SOURCES: readonly TableSource[] = [
  { bucket: 'sales', keys: ['all.window.>', 'all.hourly.>'], table: SALES_METRICS },
  { bucket: 'rfm', keys: ['*.customer.>'], table: CUSTOMER_SEGMENTS },
  { bucket: 'anomaly', keys: ['*.alert.>'], table: ANOMALY_ALERTS },
  { bucket: 'anomaly-maip', keys: ['*.alert.>'], table: ANOMALY_ALERTS },
  { bucket: 'region-health', keys: ['all.alert.>'], table: ANOMALY_ALERTS },
  { bucket: 'inventory', keys: ['*.product.>'], table: INVENTORY_INSIGHTS },
  { bucket: 'segments', keys: ['*.user.>'], table: USER_SEGMENTS },
];

export function tableOf(bucket: string): ResultTable {
  const found = SOURCES.find((source) => source.bucket === bucket);
  if (!found) throw new RangeError(`Cannot write bucket "${bucket}": no table of DynamoDB is for it`);
  return found.table;
}

/** Names of the segments that the user is in, sorted: what `contains(qualified, ...)` finds. */
function qualifiedSegments(segments: unknown): readonly string[] | undefined {
  if (typeof segments !== 'object' || segments === null) return undefined;
  return Object.entries(segments)
    .filter(([, result]) => result?.qualified === true)
    .map(([name]) => name)
    .sort();
}
