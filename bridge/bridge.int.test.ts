/** The bridge on a real Kafka and a real nats-server: what Kafka does that no twin does. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EVENTS, progressSubject } from '../shared/log/names.ts';
import { withKafkaAdmin } from '../shared/testing/kafka-admin.ts';
import { BridgeBench, numbered, order, until } from './_bridge-bench.ts';

let bench: BridgeBench;

beforeAll(async () => {
  bench = await BridgeBench.start();
});

afterAll(async () => {
  await bench?.[Symbol.asyncDispose]();
});

describe('exactly once', () => {
  it('over bridges that come and go, with records in between', async () => {
    const { topic, send, start } = await bench.orders(2);
    for (let round = 0; round < 3; round++) {
      const bridge = start();
      await send(0, ...Array.from({ length: 50 }, (_, n) => order(round * 100 + n)));
      await bridge.stop();
      await send(1, ...Array.from({ length: 50 }, (_, n) => order(round * 100 + 50 + n)));
    }
    const bridge = start();
    await bench.reached(topic, 0, 149);
    await bench.reached(topic, 1, 149);
    await bridge.stop();
    expect((await bench.idsOf(topic)).sort()).toEqual(numbered(0, 300));
  });

  it('while two bridges of different groups write the same partitions', async () => {
    const { topic, route, send } = await bench.orders(2);
    const bridges = [bench.startBridge([route], `${topic}-a`), bench.startBridge([route], `${topic}-b`)];
    for (let n = 0; n < 300; n += 30) {
      await send(0, ...Array.from({ length: 15 }, (_, at) => order(n + at)));
      await send(1, ...Array.from({ length: 15 }, (_, at) => order(n + 15 + at)));
    }
    await bench.reached(topic, 0, 149);
    await bench.reached(topic, 1, 149);
    await Promise.all(bridges.map((bridge) => bridge.stop()));
    expect((await bench.idsOf(topic)).sort()).toEqual(numbered(0, 300));
  });

  it('while bridges of one group share the partitions, and one leaves', async () => {
    const { topic, send, start } = await bench.orders(4);
    const [one, other] = [start(), start()];
    await until('both own partitions', () => [one, other].every(({ bridge }) => bridge.status().length === 2));
    for (let partition = 0; partition < 4; partition++)
      await send(partition, ...Array.from({ length: 25 }, (_, n) => order(partition * 25 + n)));
    await one.stop();
    for (let partition = 0; partition < 4; partition++) await bench.reached(topic, partition, 24);
    await until('the other owns all', () => other.bridge.status().length === 4);
    await other.stop();
    expect((await bench.idsOf(topic)).sort()).toEqual(numbered(0, 100));
  });
});

describe('bad input', () => {
  it('ends in DLQ with a reason, and the mesh goes on', async () => {
    const { topic, start, send } = await bench.orders(undefined);
    await bench.makeTopic(topic, 1, { 'max.message.bytes': '4194304' });
    const bad = [
      '{"orderId":',
      order(1, { customerId: null }),
      order(2, { timestamp: 0 }),
      order(3, { timestamp: Date.UTC(9999, 0, 1) }),
      order(4, { amount: 'abc' }),
      order(5).replace('"amount":5', '"amount":1e400'),
      order(6, { note: 'x'.repeat(2 * 1024 * 1024) }),
    ];
    const bridge = start();
    for (const value of bad) await send(0, value);
    await send(0, null, order(7));
    await bench.reached(topic, 0, bad.length + 1);
    await bridge.stop();
    expect(await bench.idsOf(topic)).toEqual(['o7']);
    const dead = await bench.deadOf(topic);
    expect(dead.map(({ reason, offset }) => `${offset} ${reason}`)).toEqual([
      '0 malformed',
      '1 missing-key',
      '2 bad-time',
      '3 bad-time',
      '4 bad-amount',
      '5 bad-amount',
      '6 too-large',
    ]);
    expect(dead.at(-1)?.bytes).toBeGreaterThan(2 * 1024 * 1024);
    for (const { text } of dead) expect(text).toMatch(/^Cannot /);
  });
});

describe('Kafka', () => {
  it('has a topic only later, and more partitions later still', async () => {
    const { topic, send, start } = await bench.orders(undefined);
    const { bridge, stop } = start();
    await until('it says that it waits', () => bridge.alarms().some((alarm) => alarm.includes('waiting for one')));
    await bench.makeTopic(topic, 1);
    await send(0, order(0));
    await bench.reached(topic, 0, 0);
    await withKafkaAdmin(bench.kafka, (admin) => admin.createPartitions({ topicPartitions: [{ topic, count: 2 }] }));
    await until('the new partition is declared', async () =>
      Boolean(await bench.log.last(EVENTS, progressSubject(topic, 1))),
    );
    await bench.reconnectProducer();
    await send(1, order(1));
    await bench.reached(topic, 1, 0);
    await stop();
    expect((await bench.idsOf(topic)).sort()).toEqual(['o0', 'o1']);
  });

  it('has transactions: aborted records are not read, and control records do not stop progress or idleness', async () => {
    const { topic, start } = await bench.orders(1, { idle: { policy: 'advance', afterMs: 300 } });
    const writer = bench.kafka.producer({ transactionalId: topic, maxInFlightRequests: 1, idempotent: true });
    await writer.connect();
    const bridge = start();
    for (const [id, isKept] of [
      [0, true],
      [1, false],
      [2, true],
      [3, false],
    ] as const) {
      const transaction = await writer.transaction();
      await transaction.send({ topic, messages: [{ key: 'k', value: order(id) }] });
      await (isKept ? transaction.commit() : transaction.abort());
    }
    await writer.disconnect();
    await bench.reached(topic, 0, 7); // four records, four markers
    const before = Date.now();
    await until(
      'the idle watermark follows',
      async () => ((await bench.progressOf(topic)).watermark ?? 0) >= before - 5_000,
    );
    await bridge.stop();
    expect((await bench.idsOf(topic)).sort()).toEqual(['o0', 'o2']);
  });

  it('is quiet: policy hold says idle', async () => {
    const { topic, send, start } = await bench.orders(1, { idle: { policy: 'hold', afterMs: 300 } });
    const bridge = start();
    await send(0, order(0));
    await until('the partition is idle', async () => (await bench.progressOf(topic)).idle === true);
    await send(0, order(1));
    await until('it is idle no more', async () => (await bench.progressOf(topic)).idle !== true);
    await bridge.stop();
  });

  it('has lost records before they were read: they are counted, and it goes on', async () => {
    const { topic, send, start } = await bench.orders(1);
    const first = start();
    await send(0, order(0), order(1));
    await bench.reached(topic, 0, 1);
    await first.stop();
    await send(0, order(2), order(3), order(4));
    await withKafkaAdmin(bench.kafka, async (admin) => {
      await admin.fetchTopicOffsets(topic); // deleteTopicRecords needs the metadata this loads
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '4' }] });
    });
    const { bridge, stop } = start();
    await bench.reached(topic, 0, 4);
    expect(bridge.alarms().join()).toContain('2 records were gone from Kafka');
    await stop();
    expect((await bench.idsOf(topic)).sort()).toEqual(['o0', 'o1', 'o4']);
    expect((await bench.progressOf(topic)).counts?.missing).toBe(2);
  });

  it('has made the topic anew: nothing is read, and an alarm says why', async () => {
    const { topic, send, start } = await bench.orders(1);
    const first = start();
    await send(0, order(0), order(1), order(2));
    await bench.reached(topic, 0, 2);
    await first.stop();
    await bench.deleteTopic(topic);
    await bench.makeTopic(topic, 1);
    const { bridge, stop } = start();
    await until('it says so', () => bridge.alarms().some((alarm) => alarm.includes('deleted and made again')));
    // Also when the new topic has become longer than the former one was.
    await bench.reconnectProducer();
    await send(0, ...Array.from({ length: 9 }, (_, n) => order(100 + n)));
    await until('it says what it found', () => bridge.alarms().some((alarm) => alarm.includes('were replaced')));
    await stop();
    expect((await bench.idsOf(topic)).sort()).toEqual(['o0', 'o1', 'o2']);
  });

  it('shows the group where it stands, for lag tools', async () => {
    const { topic, send, start } = await bench.orders(1);
    const bridge = start();
    await send(0, order(0), order(1));
    await bench.reached(topic, 0, 1);
    await bridge.stop();
    const [offsets] = await withKafkaAdmin(bench.kafka, (admin) =>
      admin.fetchOffsets({ groupId: topic, topics: [topic] }),
    );
    expect(offsets?.partitions[0]?.offset).toBe('2');
  });
});
