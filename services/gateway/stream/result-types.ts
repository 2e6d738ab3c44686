/**
 * What can be streamed: every result type of every service, where it is stored, and how it is shown.
 *
 * Owns the table. Does not own the values' shapes (schemas/), nor what the keys mean (each service's README, Results).
 *
 * A source is what is read and counted as one: its types share a reader, and a place in the stream of their bucket.
 * What grows with the number of customers, products, contents and users has sources of its own, so that those who want
 * the few results about everything do not make the gateway read the many about each.
 *
 * Invariants (result-types.test.ts):
 * 1. No stored key is of two types, and no key that is the stage's own is of any.
 */
import type { z } from '@hono/zod-openapi';
import { formatTime, parseCompactTime } from '../../../shared/event-time/time-text.ts';
import { decodeId, encodeId } from '../../../shared/events/id.ts';
import { partitionName, partitionOf } from '../../../shared/events/partition.ts';
import { ActivityWindow } from '../schemas/activity.ts';
import { Alert } from '../schemas/alerts.ts';
import { InventorySummary, Product } from '../schemas/inventory.ts';
import { ContentMinute, DeviceMinute, RegionMinute } from '../schemas/region-health.ts';
import { RfmCustomer, RfmSummary } from '../schemas/rfm.ts';
import { CustomerHour, HourlySales, SalesWindow } from '../schemas/sales.ts';
import { SegmentMember, UserSegments } from '../schemas/segments.ts';

/** Query parameters that narrow a stream, and the field of the results that each compares with. */
export const FILTERS = {
  customer: 'customer_id',
  product: 'product_id',
  content: 'content_id',
  region: 'region',
  user: 'user_id',
  segment: 'segment_id',
  severity: 'severity',
} as const;
export type FilterName = keyof typeof FILTERS;
export const FILTER_NAMES = Object.keys(FILTERS) as FilterName[];
export type Filters = { readonly [name in FilterName]?: string | undefined };

export interface ResultPart {
  readonly type: string;
  readonly source: string;
  readonly bucket: string;
  /**
   * Of the key: `*` is any token, `{name}` an id that is the field of that name, `{window_start}` a time.
   * A first token `*` is a partition; where it is followed by the id that decides it, it follows from that.
   */
  readonly key: string;
  readonly schema: z.ZodType<Readonly<Record<string, unknown>>>;
  /** Filters that apply. */
  readonly filters: readonly FilterName[];
  /** There is one for each customer, product, content or user. */
  readonly isMany?: true;
}

export const RESULT_PARTS: readonly ResultPart[] = [
  part('sales.window', 'sales', 'all.window.1h.{window_start}', SalesWindow),
  part('sales.hourly', 'sales', 'all.hourly.{window_start}', HourlySales),
  many('sales.customer-hour', 'sales', '*.customer-hour.{customer_id}.{window_start}', CustomerHour, 'customer'),
  part('rfm.summary', 'rfm', 'all.summary', RfmSummary),
  many('rfm.customer', 'rfm', '*.customer.{customer_id}', RfmCustomer, 'customer'),
  part('alert', 'anomaly', '*.alert.{customer_id}.{anomaly_type}.{when}', Alert, 'customer', 'severity'),
  part('alert', 'anomaly-maip', '*.alert.{customer_id}.{anomaly_type}.{when}', Alert, 'customer', 'severity'),
  part('alert', 'region-health', 'all.alert.{region}.{anomaly_type}.{when}', Alert, 'region', 'severity'),
  part('inventory.summary', 'inventory', 'all.summary', InventorySummary),
  many('inventory.product', 'inventory', '*.product.{product_id}', Product, 'product'),
  part('region.minute', 'region-health', 'all.region.1m.{region}.{window_start}', RegionMinute, 'region'),
  part('device.minute', 'region-health', 'all.device.1m.{device_type}.{os}.{os_version}.{window_start}', DeviceMinute),
  many('content.minute', 'region-health', '*.content.1m.{content_id}.{window_start}', ContentMinute, 'content'),
  many('segments.user', 'segments', '*.user.{user_id}', UserSegments, 'user'),
  many('segments.member', 'segments', '*.member.{segment_id}.{user_id}', SegmentMember, 'user', 'segment'),
  many('activity.window', 'activity', '*.window.5m.{customer_id}.{window_start}', ActivityWindow, 'customer'),
];

export const RESULT_TYPES: readonly string[] = [...new Set(RESULT_PARTS.map(({ type }) => type))];
/** Of a stream that names no types. */
export const USUAL_TYPES: readonly string[] = RESULT_TYPES.filter((type) =>
  RESULT_PARTS.some((one) => one.type === type && !one.isMany),
);
export const SOURCES: ReadonlySet<string> = new Set(RESULT_PARTS.map(({ source }) => source));

/** Where results of these types are, those alone that every one of these filters applies to. */
export function partsOf(types: readonly string[], filters: readonly FilterName[]): readonly ResultPart[] {
  return RESULT_PARTS.filter(
    (one) => types.includes(one.type) && filters.every((filter) => one.filters.includes(filter)),
  );
}

/** Of a stream that names no types, but filters. */
export function typesFor(filters: readonly FilterName[]): readonly string[] {
  if (filters.length === 0) return USUAL_TYPES;
  return [...new Set(partsOf(RESULT_TYPES, filters).map(({ type }) => type))];
}

/** The key as a pattern of NATS that matches all that the filters let through, and perhaps more. */
export function keyPattern({ key }: ResultPart, filters: Filters = {}): string {
  let partition: string | undefined;
  const tokens = key.split('.').map((token) => {
    const name = nameOf(token);
    const filter = FILTER_NAMES.find((one) => FILTERS[one] === name);
    const id = filter && filters[filter];
    if (id === undefined) return name === undefined ? token : '*';
    if (filter !== 'segment') partition = partitionName(partitionOf(id));
    return encodeId(id);
  });
  if (tokens[0] === '*' && partition !== undefined) tokens[0] = partition;
  return tokens.join('.');
}

/** The fields that the key has; undefined: the key is not of this type. Hot path: once a result. */
export function keyFields({ key }: ResultPart, tokens: readonly string[]): Record<string, string> | undefined {
  const wanted = splitKey(key);
  if (tokens.length !== wanted.length) return undefined;
  const fields: Record<string, string> = {};
  for (let at = 0; at < wanted.length; at++) {
    const { name, literal } = wanted[at] ?? {};
    const token = tokens[at] ?? '';
    if (literal !== undefined && literal !== token) return undefined;
    if (name !== undefined) fields[name] = token;
  }
  return fields.when === undefined ? decoded(fields) : alertFields(fields);
}

/** An alert's id is its key, with `-` for `.`; one about everything is about the empty id. */
function alertFields({ when = '', ...tokens }: Record<string, string>): Record<string, string> {
  const alertId = [...Object.values(tokens), when].join('-'); // in the order of the key
  const { customer_id: customer, ...fields } = decoded(tokens);
  return { alert_id: alertId, ...fields, ...(customer && { customer_id: customer }) };
}

function decoded(tokens: Record<string, string>): Record<string, string> {
  for (const name in tokens) {
    const token = tokens[name] ?? '';
    tokens[name] = name === 'window_start' ? formatTime(parseCompactTime(token)) : decodeId(token);
  }
  return tokens;
}

interface KeyToken {
  readonly name?: string;
  readonly literal?: string;
}
const split = new Map<string, readonly KeyToken[]>();

function splitKey(key: string): readonly KeyToken[] {
  let tokens = split.get(key);
  if (!tokens) {
    tokens = key.split('.').map((token) => {
      const name = nameOf(token);
      return name !== undefined ? { name } : token === '*' ? {} : { literal: token };
    });
    split.set(key, tokens);
  }
  return tokens;
}

function nameOf(token: string): string | undefined {
  return token.startsWith('{') ? token.slice(1, -1) : undefined;
}

function part(
  type: string,
  bucket: string,
  key: string,
  schema: ResultPart['schema'],
  ...filters: FilterName[]
): ResultPart {
  return { type, source: bucket, bucket, key, schema, filters };
}

function many(...args: Parameters<typeof part>): ResultPart {
  const made = part(...args);
  return { ...made, source: made.type, isMany: true };
}
