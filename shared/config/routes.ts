/**
 * Routes: how one Kafka topic, or a family of topics, becomes events. Routes are data; routes-file.ts reads others.
 *
 * Owns: the shape of a route, the built-in routes, and which route a topic takes.
 * Does not own: decoding (bridge/decode), and the subjects a topic's events go to (shared/log/names.ts).
 *
 * Invariants (tested in routes.test.ts):
 * 1. The first route that matches a topic is the topic's route.
 * 2. A topic that a route takes is covered by what topicsOfKind says of that route, so that stages see its events.
 */

export type EventKind = 'order';
export type DecoderName = 'debezium-json' | 'json';

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

/** Names of the columns or JSON members; the first one a record has is used. */
export interface OrderFields {
  readonly id: readonly string[];
  readonly key: readonly string[];
  readonly amount: readonly string[];
  readonly time: readonly string[];
}

export interface Route {
  /** A topic's exact name, or the source of a regular expression over whole names, between slashes. */
  readonly topic: string;
  /**
   * Only for a regular expression: the topics it may take, as one name with `*` for each token that varies
   * (`dbserver1.*.orders`). Stages subscribe by it.
   */
  readonly topicFilter?: string | undefined;
  readonly decoder: DecoderName;
  readonly kind: EventKind;
  readonly fields: OrderFields;
  readonly timeUnit: TimeUnit;
  /** Scale of amounts that are base64 (Kafka Connect's Decimal) in records without an embedded schema. */
  readonly base64AmountScale?: number | undefined;
  /** Refunds as orders with an amount below zero. */
  readonly allowNegativeAmounts: boolean;
  readonly outOfOrdernessMs: number;
  readonly idle: IdlePolicy;
  /** An event time before this is a mistake (seconds read as milliseconds give 1970). ms since the epoch. */
  readonly earliestTimeMs: number;
  /** An event time this much after its record was written to Kafka is a mistake. */
  readonly maxAheadMs: number;
  /** Larger values become dead letters. Kafka's own default limit is 1 MiB. */
  readonly maxRecordBytes: number;
}

const COMMON = {
  kind: 'order',
  allowNegativeAmounts: false,
  outOfOrdernessMs: 5_000,
  idle: { policy: 'advance', afterMs: 30_000 },
  earliestTimeMs: Date.UTC(1990, 0, 1),
  maxAheadMs: 24 * 3_600_000,
  maxRecordBytes: 1024 * 1024,
} as const;

const ROW_FIELDS: OrderFields = {
  id: ['order_id', 'id'],
  key: ['customer_id'],
  amount: ['total_amount', 'amount'],
  time: ['order_date', 'created_at', 'order_timestamp'],
};

const MESSAGE_FIELDS: OrderFields = {
  id: ['orderId'],
  key: ['customerId'],
  amount: ['amount'],
  time: ['timestamp'],
};

/** What a route of a file starts from. */
export const ROUTE_DEFAULTS: Readonly<Record<DecoderName, Omit<Route, 'topic' | 'topicFilter'>>> = {
  'debezium-json': { ...COMMON, decoder: 'debezium-json', fields: ROW_FIELDS, timeUnit: 'auto' },
  json: { ...COMMON, decoder: 'json', fields: MESSAGE_FIELDS, timeUnit: 'ms' },
};

export const DEFAULT_ROUTES: readonly Route[] = [
  { topic: 'dbserver1.public.orders', ...ROUTE_DEFAULTS['debezium-json'] },
  { topic: 'orders', ...ROUTE_DEFAULTS.json },
];

/** The route a topic takes; undefined when nobody models it. */
export function routeOf(routes: readonly Route[], topic: string): Route | undefined {
  return routes.find((route) => takes(route, topic));
}

/**
 * The topics whose events are of this kind: exact names, and for a regular expression its filter, in which `*`
 * stands for one token.
 */
export function topicsOfKind(routes: readonly Route[], kind: EventKind): string[] {
  return routes.filter((route) => route.kind === kind).map((route) => route.topicFilter ?? route.topic);
}

/** The regular expression of a route, over whole topic names; undefined for an exact name. */
export function topicPattern(topic: string): RegExp | undefined {
  return topic.length > 2 && topic.startsWith('/') && topic.endsWith('/')
    ? new RegExp(`^(?:${topic.slice(1, -1)})$`)
    : undefined;
}

function takes(route: Route, topic: string): boolean {
  const pattern = topicPattern(route.topic);
  if (!pattern) return route.topic === topic;
  return pattern.test(topic) && isCovered(route.topicFilter ?? '', topic);
}

function isCovered(filter: string, topic: string): boolean {
  const wanted = filter.split('.');
  const tokens = topic.split('.');
  return wanted.length === tokens.length && wanted.every((token, at) => token === '*' || token === tokens[at]);
}
