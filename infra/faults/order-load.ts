/**
 * A seeded load of order changes, made in three forms that do not depend on one another's code: order events (what
 * stages fold), Debezium records (what Kafka gets), and the lines EVENTS must hold.
 *
 * 1. Disorder stays within the route's bound, so no event is late, however Kafka's partitions interleave.
 * 2. The last order of each Kafka partition is far ahead: behind it the watermark is known, and every window closed.
 * 3. A few records cannot be read, and a few take back orders that were never placed: those end in DLQ and LATE.
 */
import type { OrderEvent } from '../../shared/events/order.ts';
import { generateOrders, seededRandom, toSteps } from '../../shared/testing/orders.ts';
import type { Step } from '../../shared/testing/stage-harness.ts';

export interface LoadOptions {
  readonly seed: number;
  readonly orders: number;
  readonly customers: number;
  readonly kafkaPartitions: number;
  /** First event time, and the event time covered, ms. */
  readonly startMs: number;
  readonly spanMs: number;
  /** Disorder, ms; the route's outOfOrdernessMs. */
  readonly boundMs: number;
  /** From the last order to the closing ones, ms. */
  readonly gapMs: number;
}

/** One Kafka record: `before` and `after` as in CDC; neither: it cannot be read. */
export interface OrderChange {
  readonly id: number;
  readonly kafkaPartition: number;
  /** Event time by which it has arrived, ms: the records' order. */
  readonly arrivalMs: number;
  readonly before?: OrderEvent;
  readonly after?: OrderEvent;
}

export interface OrderLoad {
  readonly options: LoadOptions;
  readonly changes: readonly OrderChange[];
  /** Where every watermark ends, ms. */
  readonly finalWatermark: number;
}

const CHANGED = 0.2;
/** Share of updates that give the order to another customer, so that it leaves a mesh partition for another. */
const MOVED = 0.2;
const UNREADABLE = 0.004;
const UNPLACED = 0.004;

export function makeLoad(options: LoadOptions): OrderLoad {
  const random = seededRandom(options.seed * 7919 + 1);
  const changes: OrderChange[] = [];
  for (const events of Map.groupBy(generateOrders({ ...options, changed: CHANGED }), ({ id }) => id).values())
    changes.push(...changesOf(events, options, random));
  changes.sort((a, b) => a.arrivalMs - b.arrivalMs || a.id - b.id);
  const closeAt = options.startMs + options.spanMs + options.gapMs;
  return {
    options,
    changes: [...changes, ...closing(options, closeAt)],
    finalWatermark: closeAt - options.boundMs - 1,
  };
}

export function eventsOf(changes: readonly OrderChange[]): OrderEvent[] {
  return changes.flatMap(({ before, after }) => [
    ...(before ? [{ ...before, retract: true } as const] : []),
    ...(after ? [after] : []),
  ]);
}

/** The topic's route, as a routes file has it. The wall clock has no say in it: no partition is ever idle. */
export function routeOf({ options }: OrderLoad): Readonly<Record<string, unknown>> {
  const idle = { policy: 'hold', afterMs: 3_600_000 };
  return { decoder: 'debezium-json', outOfOrdernessMs: options.boundMs, idle };
}

/** The input of a straight fold. */
export function stepsOf({ changes, options }: OrderLoad): Step<OrderEvent>[] {
  const { kafkaPartitions, boundMs } = options;
  return toSteps(eventsOf(changes), { kafkaPartitions, batch: 200, boundMs });
}

/** The Kafka record's value. */
export function debeziumValue({ id, before, after, arrivalMs }: OrderChange): string {
  if (!before && !after) return `{"before":null,"after":{"order_id":${id},`;
  const source = { version: '3.0.0.Final', connector: 'postgresql', name: 'dbserver1', db: 'shop', table: 'orders' };
  const op = before ? (after ? 'u' : 'd') : 'c';
  return JSON.stringify({ before: row(before), after: row(after), source, op, ts_ms: arrivalMs });
}

function row(event: OrderEvent | undefined): object | null {
  if (!event) return null;
  const { id, k, amount, t } = event;
  const cents = String(amount).padStart(3, '0');
  return {
    order_id: Number(id),
    customer_id: /^\d+$/.test(k) ? Number(k) : k,
    total_amount: `${cents.slice(0, -2)}.${cents.slice(-2)}`,
    status: 'placed',
    order_date: t * 1000,
  };
}

function changesOf(events: readonly OrderEvent[], options: LoadOptions, random: () => number): OrderChange[] {
  const changes: OrderChange[] = [];
  const { kafkaPartitions, boundMs } = options;
  let delay = (random() * boundMs) / 3;
  const [first] = events;
  if (!first) return [];
  const id = Number(first.id);
  const at = () => ({ id, kafkaPartition: id % kafkaPartitions, arrivalMs: Math.floor(first.t + delay) });
  const placed = { ...first, k: customerOf(first.k) };
  changes.push({ ...at(), after: placed });
  if (events.length > 1) {
    const renewed = events[2];
    const k = random() < MOVED ? customerOf(String(Number(first.k) + 1)) : placed.k;
    delay += (random() * boundMs) / 3;
    const amount = renewed?.amount === first.amount ? first.amount + 1 : renewed?.amount; // or nothing would change
    changes.push({ ...at(), before: placed, ...(amount === undefined ? {} : { after: { ...first, k, amount } }) });
  }
  delay += (random() * boundMs) / 3;
  if (random() < UNREADABLE) changes.push(at());
  if (random() < UNPLACED) changes.push({ ...at(), before: { ...first, k: `nobody-${id}` } });
  return changes;
}

/** Some customers have ids that a subject cannot hold as they are. */
function customerOf(k: string): string {
  return Number(k) % 10 === 0 ? `é.> ${k}` : k;
}

function closing({ orders, kafkaPartitions }: LoadOptions, t: number): OrderChange[] {
  const firstId = Math.ceil((1000 + orders) / kafkaPartitions) * kafkaPartitions;
  return Array.from({ length: kafkaPartitions }, (_, kafkaPartition) => {
    const id = firstId + kafkaPartition;
    const after = { t, k: `closing-${kafkaPartition}`, id: String(id), amount: 100 };
    return { id, kafkaPartition, arrivalMs: t, after };
  });
}
