/**
 * Order streams for tests: generated, shuffled within a bound, with the progress a bridge would write.
 * Everything follows from the seed.
 */
import type { OrderEvent } from '../events/order.ts';
import type { Step } from './stage-harness.ts';

export const TOPIC = 'dbserver1.public.orders';

/** A small seeded generator (mulberry32, T. Ettinger, public domain): numbers in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export interface OrderStream {
  readonly seed: number;
  readonly orders: number;
  readonly customers: number;
  /** First event time, ms. */
  readonly startMs: number;
  /** Event time the stream covers, ms. */
  readonly spanMs: number;
  /** Share of orders that are changed or deleted later. */
  readonly changed?: number;
}

/** Orders in event-time order; a changed order's retraction and new values directly follow each other. */
export function generateOrders(stream: OrderStream): OrderEvent[] {
  const random = seededRandom(stream.seed);
  const events: OrderEvent[] = [];
  for (let at = 0; at < stream.orders; at++) {
    const t = stream.startMs + Math.floor((at / stream.orders) * stream.spanMs);
    const k = String(1 + Math.floor(random() ** 2 * stream.customers)); // some buy a lot
    const order = { t, k, id: String(1000 + at), amount: 100 + Math.floor(random() * 20_000) };
    events.push(order);
    if (random() >= (stream.changed ?? 0)) continue;
    events.push({ ...order, retract: true });
    if (random() < 0.7) events.push({ ...order, amount: 50 + Math.floor(random() * 20_000) });
  }
  return events;
}

/** Moves events around by less than `boundMs` of event time; an order stays before what changes it. */
export function shuffleWithin(events: readonly OrderEvent[], boundMs: number, seed: number): OrderEvent[] {
  const random = seededRandom(seed);
  const delays = new Map<string, number>();
  const arrival = (event: OrderEvent) => {
    let delay = delays.get(event.id);
    if (delay === undefined) {
      delay = random() * boundMs;
      delays.set(event.id, delay);
    }
    return event.t + delay;
  };
  return events
    .map((event, at) => ({ event, at, arrival: arrival(event) }))
    .sort((a, b) => a.arrival - b.arrival || a.at - b.at)
    .map(({ event }) => event);
}

export interface Partitioning {
  readonly kafkaPartitions: number;
  /** Events in one batch of a Kafka partition. */
  readonly batch: number;
  readonly boundMs: number;
}

/** Spreads events over Kafka partitions by order id, and writes progress after each batch as the bridge does. */
export function toSteps(events: readonly OrderEvent[], partitioning: Partitioning): Step<OrderEvent>[] {
  const { kafkaPartitions, batch, boundMs } = partitioning;
  const steps: Step<OrderEvent>[] = [];
  const newest = new Map<number, number>();
  for (let kafkaPartition = 0; kafkaPartition < kafkaPartitions; kafkaPartition++)
    steps.push({ topic: TOPIC, kafkaPartition, progress: {} });
  for (let at = 0; at < events.length; at += batch) {
    const groups = Map.groupBy(events.slice(at, at + batch), ({ id }) => Number(id) % kafkaPartitions);
    for (const [kafkaPartition, group] of groups) {
      const watermark = Math.max(newest.get(kafkaPartition) ?? 0, ...group.map(({ t }) => t - boundMs - 1));
      newest.set(kafkaPartition, watermark);
      steps.push({ topic: TOPIC, kafkaPartition, events: group });
      steps.push({ topic: TOPIC, kafkaPartition, progress: { watermark } });
    }
  }
  return steps;
}

/** Progress that takes every Kafka partition to one watermark: the end of a run. */
export function advanceAll(kafkaPartitions: number, watermark: number): Step<OrderEvent>[] {
  return Array.from({ length: kafkaPartitions }, (_, kafkaPartition) => ({
    topic: TOPIC,
    kafkaPartition,
    progress: { watermark },
  }));
}
