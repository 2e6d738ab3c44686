/**
 * Routes: how one Kafka topic, or a family of topics, becomes events. Routes are data; routes-file.ts reads others.
 *
 * Owns: the shape of a route, the built-in routes, and which route a topic takes.
 * Does not own: decoding (bridge/decode), and the subjects a topic's events go to (shared/log/names.ts).
 *
 * Invariants (tested in routes.test.ts):
 * 1. The first route that matches a topic is the topic's route.
 * 2. A topic that a route takes is covered by what topicsOfKind says of its kind, so that stages see its events.
 * 3. Regular expressions take neither what Weir writes itself nor internal topics; only exact names do.
 */
import { covers, isReserved, topicPattern } from './topic-filter.ts';

export const EVENT_KINDS = ['order', 'orderItem', 'product', 'download', 'maip', 'userEvent'] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** `debezium-*`: change events, with an envelope or flattened. `avro`, `debezium-avro`: Confluent's framing. */
export const DECODERS = ['debezium-json', 'debezium-avro', 'json', 'avro'] as const;
export type DecoderName = (typeof DECODERS)[number];

/**
 * How a time field is read. `auto`: by the column's type in an embedded schema; without one, a string is ISO 8601
 * (UTC when it names no zone) and a number is ms, us or ns by its magnitude: from 1e11 ms, from 1e14 us, from 1e17 ns.
 * A smaller number is taken as ms, and so refused as too early: seconds and days must be configured.
 */
export type TimeUnit = 'auto' | 's' | 'ms' | 'us' | 'ns' | 'days' | 'iso';

/** `advance`: an idle partition's watermark follows the wall clock. `hold`: it stays and leaves the minimum. */
export interface IdlePolicy {
  readonly policy: 'advance' | 'hold';
  /** How long a partition that is caught up must be without a record. */
  readonly afterMs: number;
}

/** For each member of a kind, the names its column or JSON member may have; the first one a record has is used. */
export type FieldNames<K extends EventKind = EventKind> = Readonly<Record<FieldOf[K], readonly string[]>>;

/** The members of each kind that are read from a record. */
export interface FieldOf {
  readonly order: 'id' | 'key' | 'amount' | 'time';
  readonly orderItem: 'id' | 'key' | 'order' | 'quantity' | 'price' | 'time';
  readonly product: 'key' | 'name' | 'stock' | 'price' | 'time';
  readonly download:
    | 'id'
    | 'key'
    | 'user'
    | 'region'
    | 'device'
    | 'os'
    | 'osVersion'
    | 'status'
    | 'bytes'
    | 'seconds'
    | 'mbps'
    | 'time';
  readonly maip: 'id' | 'key' | 'type' | 'payload' | 'time';
  readonly userEvent: 'key' | 'type' | 'value' | 'session' | 'metadata' | 'time';
}

/** Which topics a route takes. */
interface Subscription {
  /** A topic's exact name, or the source of a regular expression over whole names, between slashes. */
  readonly topic: string;
  /**
   * With a regular expression, unless the decoder is `raw`: the topics it may take, as one name with `*` for each token
   * that varies (`dbserver1.*.orders`). Stages subscribe by it.
   */
  readonly topicFilter?: string | undefined;
  /** Larger values become dead letters. Kafka's own default limit is 1 MiB. */
  readonly maxRecordBytes: number;
}

/** A topic whose records become events of one kind. */
export type EventRoute<K extends EventKind = EventKind> = { readonly [One in K]: RouteOf<One> }[K];

interface RouteOf<K extends EventKind> extends Subscription {
  readonly decoder: DecoderName;
  readonly kind: K;
  readonly fields: FieldNames<K>;
  readonly timeUnit: TimeUnit;
  /** Scale of amounts that are base64 (Kafka Connect's Decimal) in records without an embedded schema. */
  readonly base64AmountScale?: number | undefined;
  /** Refunds as orders with an amount below zero. */
  readonly allowNegativeAmounts: boolean;
  /**
   * Drops what a Postgres connector sends again after its own restart: records whose place in the write-ahead log is
   * not behind that of the record before. Only for `debezium-*`.
   */
  readonly dropReplays: boolean;
  readonly outOfOrdernessMs: number;
  readonly idle: IdlePolicy;
  /** An event time before this is a mistake (seconds read as milliseconds give 1970). ms since the epoch. */
  readonly earliestTimeMs: number;
  /** An event time this much after its record was written to Kafka is a mistake. */
  readonly maxAheadMs: number;
}

/** A topic that nobody models: its records are kept as they are, one message each (streams `MIRROR_*`). */
export interface MirrorRoute extends Subscription {
  readonly decoder: 'raw';
}

export type Route = EventRoute | MirrorRoute;

export const MAX_RECORD_BYTES = 1024 * 1024;

const COMMON = {
  allowNegativeAmounts: false,
  dropReplays: true,
  outOfOrdernessMs: 5_000,
  idle: { policy: 'advance', afterMs: 30_000 },
  earliestTimeMs: Date.UTC(1990, 0, 1),
  maxAheadMs: 24 * 3_600_000,
  maxRecordBytes: MAX_RECORD_BYTES,
} as const;

/** Column names of the e-commerce tables, and member names of the JSON and Avro topics, as the replaced systems write them. */
export const FIELDS: { readonly [K in EventKind]: FieldNames<K> } = {
  order: {
    id: ['order_id', 'orderId', 'id'],
    key: ['customer_id', 'customerId'],
    amount: ['total_amount', 'amount'],
    time: ['order_date', 'created_at', 'order_timestamp', 'timestamp'],
  },
  orderItem: {
    id: ['order_item_id', 'id'],
    key: ['product_id'],
    order: ['order_id'],
    quantity: ['quantity'],
    price: ['unit_price', 'price'],
    time: ['created_at'],
  },
  product: {
    key: ['product_id', 'id'],
    name: ['name', 'product_name'],
    stock: ['stock_quantity', 'stock'],
    price: ['price'],
    time: ['updated_at'],
  },
  download: {
    id: ['event_id'],
    key: ['content_id'],
    user: ['user_id'],
    region: ['region'],
    device: ['device_type'],
    os: ['os'],
    osVersion: ['os_version'],
    status: ['status'],
    bytes: ['bytes'],
    seconds: ['duration_seconds'],
    mbps: ['speed_mbps'],
    time: ['timestamp'],
  },
  maip: {
    id: ['eventId', 'event_id'],
    key: ['customerId', 'customer_id'],
    type: ['eventType', 'event_type'],
    payload: ['payload'],
    time: ['timestamp'],
  },
  userEvent: {
    key: ['userId', 'user_id'],
    type: ['eventType', 'event_type'],
    value: ['value'],
    session: ['sessionId', 'session_id'],
    metadata: ['metadata'],
    time: ['timestamp'],
  },
};

/** How late a record of a kind may be behind the newest one (design 4), ms; 5 s for the others. */
const OUT_OF_ORDERNESS_MS: Partial<Record<EventKind, number>> = { download: 10_000, userEvent: 30_000 };

/** What a route of a file starts from. */
export function routeDefaults<K extends EventKind>(kind: K, decoder: DecoderName): Omit<RouteOf<K>, 'topic'> {
  return {
    ...COMMON,
    decoder,
    kind,
    fields: FIELDS[kind],
    timeUnit: decoder === 'json' ? 'ms' : 'auto',
    outOfOrdernessMs: OUT_OF_ORDERNESS_MS[kind] ?? COMMON.outOfOrdernessMs,
  };
}

function maipRoute(family: string): EventRoute<'maip'> {
  return { ...routeDefaults('maip', 'json'), topic: `/maip\\.${family}\\.[^.]+/`, topicFilter: `maip.${family}.*` };
}

export const DEFAULT_ROUTES: readonly Route[] = [
  { ...routeDefaults('order', 'debezium-json'), topic: 'dbserver1.public.orders' },
  { ...routeDefaults('orderItem', 'debezium-json'), topic: 'dbserver1.public.order_items' },
  { ...routeDefaults('product', 'debezium-json'), topic: 'dbserver1.public.products' },
  { ...routeDefaults('order', 'json'), topic: 'orders' },
  { ...routeDefaults('download', 'avro'), topic: 'content-downloads' },
  ...['product', 'customer', 'application', 'order'].map(maipRoute),
  { ...routeDefaults('userEvent', 'json'), topic: 'order_events' },
  { ...routeDefaults('userEvent', 'json'), topic: 'activity_events' },
  { ...routeDefaults('userEvent', 'json'), topic: 'install_events' },
];

/** The route a topic takes; undefined when nobody asked for it. */
export function routeOf(routes: readonly Route[], topic: string): Route | undefined {
  return routes.find((route) => takes(route, topic));
}

/**
 * The topics whose events are of this kind: exact names, and for a regular expression its filter, in which `*`
 * stands for one token. None covers another: a consumer's subjects must not overlap.
 */
export function topicsOfKind(routes: readonly Route[], kind: EventKind): string[] {
  const filters = routes.filter((route) => route.decoder !== 'raw' && route.kind === kind).map(filterOf);
  return [...new Set(filters)].filter((one, _at, all) => !all.some((other) => other !== one && covers(other, one)));
}

/** The topics a route may take, as one name in which `*` stands for one token. */
export function filterOf(route: Route): string {
  return route.topicFilter ?? route.topic;
}

/** True when the route would take the topic if no other did before it. */
export function takes(route: Route, topic: string): boolean {
  const pattern = topicPattern(route.topic);
  if (!pattern) return route.topic === topic;
  if (isReserved(topic) || !pattern.test(topic)) return false;
  return route.decoder === 'raw' || covers(filterOf(route), topic);
}
