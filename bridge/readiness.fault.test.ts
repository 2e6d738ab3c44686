/** What readiness says while Kafka or NATS is away: why the bridge does not do its work, and nothing once it does. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestKafka, type TestKafka } from '../shared/testing/servers.ts';
import { BridgeBench, numbered, order, type RunningBridge, until } from './_bridge-bench.ts';

let kafka: TestKafka;
let bench: BridgeBench;

beforeAll(async () => {
  kafka = await startTestKafka();
  bench = await BridgeBench.start(kafka.brokers);
});

afterAll(async () => {
  await bench?.[Symbol.asyncDispose]();
  await kafka?.[Symbol.asyncDispose]();
});

/** The least that counts as a standstill. */
const STALL = { stallMs: 5_000 };
const orders = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => order(from + at));
const isReady = ({ bridge }: RunningBridge) => until('it is ready', () => bridge.obstacles().length === 0);
const isNotReady = ({ bridge }: RunningBridge, why: string) =>
  until(`it is not ready because "${why}"`, () => bridge.obstacles().some((obstacle) => obstacle.includes(why)));

it('Kafka killed: not ready, with what to check, until it is back; then each record once, in order', async () => {
  const { topic, send, route } = await bench.orders(1);
  const running = bench.startBridge([route], topic, STALL);
  await send(0, ...orders(0, 50));
  await bench.reached(topic, 0, 49);
  await isReady(running);
  await kafka.kill9();
  await isNotReady(running, 'Kafka or NATS does not answer');
  await isNotReady(running, 'check KAFKA_BOOTSTRAP_SERVERS, and that the broker runs');
  expect(running.bridge.obstacles()).toHaveLength(1); // the partition has nothing to do
  expect(running.bridge.alarms()).toEqual(running.bridge.obstacles());
  await kafka.restart();
  await bench.reconnectProducer();
  await send(0, ...orders(50, 100).map((text) => ofOne(text)));
  await bench.reached(topic, 0, 99);
  await isReady(running);
  expect(running.bridge.alarms()).toEqual([]);
  await running.stop();
  const ids = await bench.idsOf(topic);
  expect(ids.toSorted()).toEqual(numbered(0, 100));
  expect(ids.slice(50)).toEqual(Array.from({ length: 50 }, (_, at) => `o${at + 50}`));
});

it('Kafka away from the start: not ready, and ready when it is there', async () => {
  const { topic, send, route } = await bench.orders(1);
  await send(0, order(0));
  await kafka.kill9();
  const running = bench.startBridge([route], topic, STALL);
  await isNotReady(running, 'Kafka or NATS does not answer');
  await kafka.restart();
  await bench.reached(topic, 0, 0);
  await isReady(running);
  await running.stop();
});

it('NATS killed for longer than the stall time: not ready, with the partition and why, until what waited is stored', async () => {
  const { topic, send, route } = await bench.orders(2);
  await bench.reconnectProducer();
  const running = bench.startBridge([route], topic, STALL);
  for (const partition of [0, 1]) await send(partition, order(partition));
  for (const partition of [0, 1]) await bench.reached(topic, partition, 0);
  await isReady(running);
  await bench.nats.restart(async () => {
    await send(0, ...orders(2, 52));
    await isNotReady(running, `Topic "${topic}" partition 0 has not moved for`);
    await isNotReady(running, ' s: Cannot ');
    expect(running.bridge.obstacles()).toHaveLength(1); // partition 1 has nothing to do
    expect(running.bridge.status().find(({ partition }) => partition === 0)).toMatchObject({ state: 'paused' });
  });
  await bench.reached(topic, 0, 50);
  await isReady(running);
  await running.stop();
  expect((await bench.idsOf(topic)).toSorted()).toEqual(numbered(0, 52));
});

/** All of one customer, so that their order shows in the log. */
function ofOne(text: string): string {
  return JSON.stringify({ ...JSON.parse(text), customerId: 'c1' });
}
