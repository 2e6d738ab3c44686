/** Topics that change under a running bridge: deleted, made anew, cut, grown. Nothing of it passes in silence. */
import { DiscardPolicy } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EVENTS, progressSubject } from '../shared/log/names.ts';
import { withKafkaAdmin } from '../shared/testing/kafka-admin.ts';
import { BridgeBench, numbered, order, type RunningBridge, until } from './_bridge-bench.ts';

let bench: BridgeBench;

beforeAll(async () => {
  bench = await BridgeBench.start();
});

afterAll(async () => {
  await bench?.[Symbol.asyncDispose]();
});

/** So seldom that a topic can be deleted and made anew in between. */
const SELDOM = { discoverMs: 600_000 };
const orders = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => order(from + at));
const statusOf = ({ bridge }: RunningBridge, topic: string) => bridge.status().find((status) => status.topic === topic);
const alarmed = ({ bridge }: RunningBridge, text: string) =>
  until(`it says "${text}"`, () => bridge.alarms().some((alarm) => alarm.includes(text))).catch((error: unknown) => {
    throw new Error(`It says ${JSON.stringify(bridge.alarms())}, ${JSON.stringify(bridge.status())}`, { cause: error });
  });

describe('a topic deleted and made anew under a running bridge', () => {
  async function runningOn(records: number, options: { discoverMs?: number } = {}) {
    const { topic, send, route } = await bench.orders(1);
    const other = await bench.orders(1);
    const running = bench.startBridge([route, other.route], topic, options);
    await send(0, ...orders(0, records));
    await bench.reached(topic, 0, records - 1);
    await remake(topic);
    return { topic, send, route, other, running };
  }

  async function othersGoOn({ other }: Awaited<ReturnType<typeof runningOn>>): Promise<void> {
    await other.send(0, order(0));
    await bench.reached(other.topic, 0, 0);
  }

  for (const [name, options] of [
    ['that looks for topics', {}],
    ['that does not look for topics in the meantime', SELDOM],
  ] as const) {
    it(`${name}, shorter: nothing is taken, and the alarm names the range`, async () => {
      const state = await runningOn(20, options);
      await state.send(0, ...orders(100, 103));
      await alarmed(state.running, 'records 3 to 19 are not Kafka');
      expect(statusOf(state.running, state.topic)).toMatchObject({ state: 'paused' });
      await othersGoOn(state);
      await state.running.stop();
      expect((await bench.idsOf(state.topic)).sort()).toEqual(numbered(0, 20));
    });

    it(`${name}, longer: nothing is taken, and the alarm names the range`, async () => {
      const state = await runningOn(3, options);
      await alarmed(state.running, 'Kafka'); // gone, or shorter than what was read: until then one fetch may span it all
      await state.send(0, ...orders(100, 120));
      await alarmed(state.running, 'records 0 to 2 were replaced');
      await state.send(0, ...orders(120, 140));
      await othersGoOn(state);
      expect(statusOf(state.running, state.topic)).toMatchObject({ state: 'paused' });
      await state.running.stop();
      expect((await bench.idsOf(state.topic)).sort()).toEqual(numbered(0, 3));
    });
  }

  it('while nothing was fetched, because EVENTS was full', async () => {
    const { topic, send, route } = await bench.orders(1);
    const running = bench.startBridge([route], topic, { ...SELDOM, maxUnackedBytes: 1 });
    await send(0, ...orders(0, 3));
    await bench.reached(topic, 0, 2);
    await fillEvents();
    await send(0, order(3));
    await until('it is paused', () => statusOf(running, topic)?.state === 'paused');
    await remake(topic);
    await send(0, ...orders(100, 120));
    await emptyEvents();
    await alarmed(running, 'were replaced');
    await running.stop();
    expect((await bench.idsOf(topic)).sort()).toEqual(numbered(0, 4));
  });
});

describe('a topic deleted', () => {
  it('is reported; others go on, and so does one that appears later', async () => {
    const { topic, send, route } = await bench.orders(1);
    const [other, later] = [await bench.orders(1), await bench.orders(undefined)];
    const running = bench.startBridge([route, other.route, later.route], topic);
    await send(0, order(0));
    await bench.reached(topic, 0, 0);
    await bench.deleteTopic(topic);
    await bench.reconnectProducer();
    await alarmed(running, `Topic "${topic}" is gone from Kafka: all that was seen of it was read`);
    await bench.makeTopic(later.topic, 1);
    for (const one of [other, later]) {
      await one.send(0, order(1));
      await bench.reached(one.topic, 0, 0);
    }
    expect(running.bridge.alarms()).toHaveLength(1);
    await running.stop();
  });

  it('before it was read to its end: the alarm names the range', async () => {
    const { topic, send, route } = await bench.orders(1);
    const other = await bench.orders(1);
    const running = bench.startBridge([route, other.route], topic, { maxUnackedBytes: 1 });
    await send(0, order(0));
    await bench.reached(topic, 0, 0);
    await fillEvents();
    await send(0, ...orders(1, 5));
    await until('it is seen', () => statusOf(running, topic)?.lagRecords === 4);
    await bench.deleteTopic(topic);
    await alarmed(running, 'its records 1 to 4 of partition 0 were not read');
    await emptyEvents();
    await running.stop();
  });

  it('is reported also when it was the only one, until it is there again', async () => {
    const { topic, send, start } = await bench.orders(1);
    const running = start();
    await until('it is read', () => statusOf(running, topic)?.state === 'running');
    await bench.deleteTopic(topic);
    await alarmed(running, `Topic "${topic}" is gone from Kafka`);
    await bench.makeTopic(topic, 1);
    await bench.reconnectProducer();
    await send(0, order(0));
    await bench.reached(topic, 0, 0);
    await until('all is well', () => running.bridge.alarms().length === 0);
    await running.stop();
  });
});

describe('records deleted under a bridge that is behind', () => {
  for (const [name, maxUnackedBytes] of [
    ['its fetching was held back', 1_000_000],
    ['it waited for room', 1],
  ] as const)
    it(`because ${name}: they are counted and named, and it goes on behind them`, async () => {
      const { topic, send, route } = await bench.orders(1);
      const running = bench.startBridge([route], topic, { maxUnackedBytes });
      await send(0, order(0));
      await bench.reached(topic, 0, 0);
      await fillEvents();
      await send(0, order(1));
      await until('it is paused', () => statusOf(running, topic)?.state === 'paused');
      for (let n = 2; n < 60; n++) await send(0, order(n));
      await deleteRecords(topic, 50);
      await emptyEvents();
      await bench.reached(topic, 0, 59);
      const { counts, missing = [] } = await bench.progressOf(topic);
      const [[from, to] = [0, 0]] = missing;
      expect({ missing: counts?.missing, to }).toEqual({ missing: 50 - from, to: 49 });
      await alarmed(running, `${50 - from} records were gone from Kafka before they were read (offsets ${from} to 49)`);
      await running.stop();
      const taken = [...numbered(0, from), ...numbered(50, 60)].sort();
      expect((await bench.idsOf(topic)).sort()).toEqual(taken);
    });
});

describe('a topic that grows', () => {
  it('under load: every record is taken once, in order for each partition', async () => {
    const { topic, route } = await bench.orders(1, { outOfOrdernessMs: 0 });
    const bridges = [bench.startBridge([route], topic), bench.startBridge([route], topic)];
    const sent: string[][] = [];
    let n = 0;
    for (const count of [1, 3, 6]) {
      if (count > 1)
        await withKafkaAdmin(bench.kafka, (admin) => admin.createPartitions({ topicPartitions: [{ topic, count }] }));
      await until('the partitions are there', async () => (await partitionsOf(topic)) === count);
      await bench.reconnectProducer();
      for (let round = 0; round < 30; round++)
        for (let partition = 0; partition < count; partition++) {
          const values = orders(n, n + 5).map((text) => ({ ...JSON.parse(text), customerId: `c${partition}` }));
          sent[partition] = [...(sent[partition] ?? []), ...values.map(({ orderId }) => String(orderId))];
          await bench.send(topic, partition, ...values.map((value) => JSON.stringify(value)));
          n += 5;
        }
    }
    for (const [partition, ids] of sent.entries()) await bench.reached(topic, partition, ids.length - 1);
    await Promise.all(bridges.map((bridge) => bridge.stop()));
    const events = await bench.eventsOf(topic);
    for (const [partition, ids] of sent.entries())
      expect(events.filter(({ k }) => k === `c${partition}`).map(({ id }) => id)).toEqual(ids);
    expect(events.length).toBe(n);
    for (const partition of sent.keys())
      expect((await bench.messages(EVENTS, progressSubject(topic, partition))).length).toBeGreaterThan(0);
  });
});

async function remake(topic: string): Promise<void> {
  await bench.deleteTopic(topic);
  const topics = [{ topic, numPartitions: 1 }];
  await withKafkaAdmin(bench.kafka, (admin) => admin.createTopics({ waitForLeaders: false, topics }));
  await until('it is there again', async () => (await partitionsOf(topic).catch(() => 0)) === 1);
  await bench.reconnectProducer();
}

async function partitionsOf(topic: string): Promise<number> {
  const { topics } = await withKafkaAdmin(bench.kafka, (admin) => admin.fetchTopicMetadata({ topics: [topic] }));
  return topics[0]?.partitions.length ?? 0;
}

async function deleteRecords(topic: string, offset: number): Promise<void> {
  await withKafkaAdmin(bench.kafka, async (admin) => {
    await admin.fetchTopicOffsets(topic); // deleteTopicRecords needs the metadata this loads
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] });
  });
}

/** From now on EVENTS refuses everything. */
async function fillEvents(): Promise<void> {
  const { bytes } = await bench.log.state(EVENTS);
  await bench.log.manager.streams.update(EVENTS, { discard: DiscardPolicy.New, max_bytes: bytes + 1 });
}

async function emptyEvents(): Promise<void> {
  await bench.log.manager.streams.update(EVENTS, { discard: DiscardPolicy.Old, max_bytes: 1024 ** 3 });
}
