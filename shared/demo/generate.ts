/**
 * A number of demo records for one topic: what `npm run mesh -- generate` and POST /api/v1/events/generate send. Pure:
 * the request decides everything.
 *
 * 1. Exactly `count` records, all of the topic; the same request gives the same records.
 * 2. Event times are spread evenly over the time before nowMs, and rise; none is after nowMs.
 * 3. All of them can be read: nothing late, double or malformed is mixed in, as it is in the demo.
 */
import type { DemoRecord, DemoSource } from './demo-record.ts';
import { DOWNLOADS_TOPIC, DownloadSource, downloadRecords } from './downloads.ts';
import { MAIP_TOPICS, MaipSource } from './maip-events.ts';
import { OrderSource } from './orders.ts';
import { PLAIN_ORDERS_TOPIC, PlainOrderSource } from './plain-orders.ts';
import { SHOP_TOPICS, ShopRecords } from './shop-records.ts';
import { ShopTraffic } from './shop-traffic.ts';
import { USER_EVENT_TOPICS, UserEventSource, userName } from './user-events.ts';

export interface GenerateRequest {
  /** One of GENERATED_TOPICS. */
  readonly topic: string;
  /** 1 to MOST_GENERATED. */
  readonly count: number;
  /** Users are `<prefix>_001` to `<prefix>_100`; not for the shop's tables, whose customers are numbers. */
  readonly userPrefix?: string | undefined;
  /** A whole number. */
  readonly seed: number;
  /** ms since the epoch. */
  readonly nowMs: number;
  /** Over how much time before nowMs the records are spread, ms; five minutes by default. */
  readonly spreadMs?: number | undefined;
}

/** The request cannot be met; the message says what can. */
export class GenerateError extends Error {
  readonly code = 'generate';
}

const SHOP_TABLES: readonly string[] = Object.values(SHOP_TOPICS);
export const GENERATED_TOPICS: readonly string[] = [
  ...USER_EVENT_TOPICS,
  PLAIN_ORDERS_TOPIC,
  ...SHOP_TABLES,
  DOWNLOADS_TOPIC,
  ...MAIP_TOPICS,
];
export const MOST_GENERATED = 100_000;
export const SPREAD_MS = 300_000;
const CUSTOMERS = 500;
const PREFIX = /^[\w.-]{1,64}$/;

export function generateRecords(request: GenerateRequest): DemoRecord[] {
  check(request);
  const { count, nowMs, spreadMs = SPREAD_MS } = request;
  const next = recordMaker(request);
  return Array.from({ length: count }, (_, at) => next(nowMs - Math.floor((spreadMs * (count - 1 - at)) / count)));
}

function check({ topic, count, userPrefix, seed }: GenerateRequest): void {
  if (!GENERATED_TOPICS.includes(topic))
    throw new GenerateError(`Cannot generate topic "${topic}": expected one of ${GENERATED_TOPICS.join(', ')}`);
  if (!Number.isInteger(count) || count < 1 || count > MOST_GENERATED)
    throw new GenerateError(`Cannot generate "${count}" records: expected a whole number, 1 to ${MOST_GENERATED}`);
  if (!Number.isSafeInteger(seed))
    throw new GenerateError(`Cannot use seed "${seed}": expected a whole number, as in 42`);
  if (userPrefix === undefined) return;
  if (!PREFIX.test(userPrefix))
    throw new GenerateError(
      `Cannot use user prefix "${userPrefix}": expected 1 to 64 letters, digits, ".", "_" or "-"`,
    );
  if (SHOP_TABLES.includes(topic))
    throw new GenerateError(`Cannot use user prefix "${userPrefix}" with "${topic}": its customers are numbers`);
}

/** The next record at this time (ms). Ids of a later request are larger. */
function recordMaker({ topic, userPrefix, seed, nowMs }: GenerateRequest): (atMs: number) => DemoRecord {
  const firstId = nowMs * 100;
  const userTopic = USER_EVENT_TOPICS.find((name) => name === topic);
  if (userTopic) {
    const source = new UserEventSource(seed, nowMs, {
      only: userTopic,
      userPrefix: userPrefix ?? 'user',
      disorderMs: 0,
    });
    return (atMs) => source.next(atMs);
  }
  const maipTopic = MAIP_TOPICS.find((name) => name === topic);
  if (maipTopic)
    return named(new MaipSource(seed, firstId, { only: maipTopic, disorderMs: 0 }), 'customerId', userPrefix);
  if (topic === DOWNLOADS_TOPIC)
    return named(downloadRecords(new DownloadSource(seed, firstId, { disorderMs: 0 })), 'user_id', userPrefix);
  const traffic = new ShopTraffic(seed, { customers: CUSTOMERS, late: 0, bursts: false });
  if (topic === PLAIN_ORDERS_TOPIC) return named(new PlainOrderSource(traffic, firstId), 'customerId', userPrefix);
  return ofTable(topic, new OrderSource(seed, firstId, { traffic }), nowMs);
}

/** With a prefix, users in turn instead of the source's own. */
function named(source: DemoSource, member: string, userPrefix: string | undefined): (atMs: number) => DemoRecord {
  let made = 0;
  return (atMs) => {
    const record = source.next(atMs);
    if (userPrefix === undefined) return record;
    const user = userName(userPrefix, made++);
    const key = record.key === record.value[member] ? user : record.key;
    return { ...record, key, value: { ...record.value, [member]: user } };
  };
}

/** The shop goes on until it has written to that table again. */
function ofTable(topic: string, source: OrderSource, nowMs: number): (atMs: number) => DemoRecord {
  const shop = new ShopRecords(nowMs - SPREAD_MS);
  const ready: DemoRecord[] = [];
  return (atMs) => {
    for (;;) {
      const record = ready.shift();
      if (record) return record;
      ready.push(...shop.of(source.next(atMs)).filter((made) => made.topic === topic));
    }
  };
}
