/** A rebalance storm: members come and go while records flow. Each record is in the log once, in order for each key. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BridgeBench, order, until } from './_bridge-bench.ts';

let bench: BridgeBench;

beforeAll(async () => {
  bench = await BridgeBench.start();
});

afterAll(async () => {
  await bench?.[Symbol.asyncDispose]();
});

const PARTITIONS = 4;
const ROUNDS = 8;
const NO_JSON = '{"orderId":';

/** Sends until it is told to stop; every 50th record is bad. Resolves with the good ids of each partition. */
async function flow(topic: string, signal: AbortSignal): Promise<string[][]> {
  const sent: string[][] = Array.from({ length: PARTITIONS }, () => []);
  for (let n = 0; !signal.aborted; n += 10)
    for (const [partition, ids] of sent.entries()) {
      const values = Array.from({ length: 10 }, (_, at) => {
        if ((n + at) % 50 === 49) return NO_JSON;
        ids.push(`o${n + at}`);
        return order(n + at, { customerId: `c${partition}` });
      });
      await bench.send(topic, partition, ...values);
    }
  return sent;
}

it('of a group of two bridges that others join and leave, and a member that is no bridge', async () => {
  const { topic, start } = await bench.orders(PARTITIONS);
  const steady = [start(), start()];
  await until('both own partitions', () => steady.every(({ bridge }) => bridge.status().length === PARTITIONS / 2));
  const stop = new AbortController();
  const flowing = flow(topic, stop.signal);
  flowing.catch(() => {}); // awaited below, unless the test fails before
  for (let round = 0; round < ROUNDS; round++) {
    if (round % 4 === 3) {
      const stranger = bench.kafka.consumer({ groupId: topic });
      await stranger.connect();
      await stranger.subscribe({ topics: [topic] });
      const joined = new Promise((resolve) => stranger.on(stranger.events.GROUP_JOIN, resolve));
      await stranger.run({ autoCommit: false, eachMessage: async () => {} });
      await joined;
      await stranger.disconnect();
      continue;
    }
    const guest = start();
    await until('the guest owns a partition', () => guest.bridge.status().length > 0);
    await guest.stop();
  }
  stop.abort();
  const sent = await flowing;
  const total = (await flowed(topic)).map((high) => high - 1);
  for (const [partition, offset] of total.entries()) await bench.reached(topic, partition, offset);
  await Promise.all(steady.map((bridge) => bridge.stop()));
  const events = await bench.eventsOf(topic);
  for (const [partition, ids] of sent.entries()) {
    const taken = events.filter(({ k }) => k === `c${partition}`).map(({ id }) => id);
    expect(taken.length).toBe(ids.length);
    expect(taken).toEqual(ids);
  }
  const bad = (await bench.deadOf(topic)).map(({ offset }) => offset);
  expect(bad.length).toBe(total.reduce((sum, offset) => sum + Math.floor((offset + 1) / 50), 0));
});

async function flowed(topic: string): Promise<number[]> {
  const admin = bench.kafka.admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  return offsets.toSorted((a, b) => a.partition - b.partition).map(({ high }) => Number(high));
}
