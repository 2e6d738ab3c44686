/**
 * A process of its own that sends orders to Kafka at a steady pace, so that sending does not wait for measuring.
 * Every order has a customer of its own, so that each is found again.
 *
 *   latency-load.ts <brokers> <topic> <orders a second> <seconds>
 *
 * Prints a JSON line for each send (Sent); times are ms since the epoch.
 * Invariant: a send does not wait for the one before it; what is due is sent at the next tick, however late that is.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel, Partitioners, type Producer } from 'kafkajs';
import { KAFKA_PARTITIONS, orderEnvelope, orderKey } from './orders.ts';

export interface Sent {
  readonly first: number;
  readonly count: number;
  readonly sentMs: number;
  readonly ackedMs: number;
  /** CPU this process has used so far. */
  readonly cpuUs: number;
}

const TICK_MS = 5;
const FIRST_CUSTOMER = 10_000_000;

if (import.meta.main) {
  const [brokers = '', topic = '', rate = '', seconds = ''] = process.argv.slice(2);
  await load(brokers.split(','), topic, Number(rate), Number(seconds));
}

async function load(brokers: string[], topic: string, rate: number, seconds: number): Promise<void> {
  const kafka = new Kafka({ clientId: 'weir-bench-load', brokers, logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  const sends: Promise<void>[] = [];
  const total = rate * seconds;
  const startMs = clockMs();
  for (let made = 0; made < total; await sleep(TICK_MS)) {
    const due = Math.min(total, Math.floor(((clockMs() - startMs) * rate) / 1000)) - made;
    if (due > 0) sends.push(send(producer, topic, made, due));
    made += Math.max(0, due);
  }
  await Promise.all(sends);
  await producer.disconnect();
}

async function send(producer: Producer, topic: string, made: number, count: number): Promise<void> {
  const sentMs = clockMs();
  const messages = Array.from({ length: count }, (_, at) => {
    const number = made + at;
    const value = orderEnvelope({ number, customer: FIRST_CUSTOMER + number, t: Math.floor(sentMs) });
    return { key: orderKey(number), value, partition: number % KAFKA_PARTITIONS };
  });
  await producer.send({ topic, messages, acks: 1 });
  const { user, system } = process.cpuUsage();
  const sent: Sent = { first: FIRST_CUSTOMER + made, count, sentMs, ackedMs: clockMs(), cpuUs: user + system };
  console.log(JSON.stringify(sent));
}

/** Comparable between processes of one machine, finer than Date.now(). */
export function clockMs(): number {
  return performance.timeOrigin + performance.now();
}
