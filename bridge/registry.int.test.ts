/** The bridge and its schema registry on real sockets: away, refusing, late, and without what records name. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BridgeBench, numbered, order, type RunningBridge, until } from './_bridge-bench.ts';
import { avroOrder, ORDER_SCHEMA, ORDER_SCHEMA_2, TestRegistry } from './_registry-bench.ts';

let bench: BridgeBench;
let registry: TestRegistry;

beforeAll(async () => {
  bench = await BridgeBench.start();
  registry = await TestRegistry.start(bench.log);
});

afterAll(async () => {
  await registry?.[Symbol.asyncDispose]();
  await bench?.[Symbol.asyncDispose]();
});

beforeEach(() => registry.serveOnly(undefined));

const avro = { decoder: 'avro' } as const;
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);
const statusOf = ({ bridge }: RunningBridge, topic: string, partition = 0) =>
  bridge.status().find((status) => status.topic === topic && status.partition === partition);
const isPaused = (running: RunningBridge, topic: string, why: string, partition = 0) =>
  until(`${topic}/${partition} says "${why}"`, () => {
    const { state, alarm = '' } = statusOf(running, topic, partition) ?? {};
    return state === 'paused' && alarm.includes(why);
  });

describe('away', () => {
  it('when the bridge starts: the partition waits, and takes all in order when it is there', async () => {
    const { topic, route, send } = await bench.orders(1, avro);
    const id = await registry.client().register(`${topic}-value`, ORDER_SCHEMA);
    await send(0, ...range(0, 20).map((n) => avroOrder(id, n)));
    await registry.down();
    const running = bench.startBridge([route], topic, { registry: registry.client() });
    await isPaused(running, topic, 'is it running and reachable?');
    expect(await bench.eventsOf(topic)).toEqual([]);
    await registry.up();
    await bench.reached(topic, 0, 19);
    expect(statusOf(running, topic)).toMatchObject({ state: 'running', counts: { counted: 20 } });
    expect(statusOf(running, topic)?.alarm).toBeUndefined();
    await running.stop();
    expect((await bench.idsOf(topic)).sort()).toEqual(numbered(0, 20));
    expect(await bench.deadOf(topic)).toEqual([]);
  });

  it('while it runs: known schemas go on, and a new one holds up its own partition only', async () => {
    const { topic, route, send } = await bench.orders(2, avro);
    const other = await bench.orders(1);
    const producer = registry.client();
    const id = await producer.register(`${topic}-value`, ORDER_SCHEMA);
    const id2 = await producer.register(`${topic}-value`, ORDER_SCHEMA_2);
    const running = bench.startBridge([route, other.route], topic, { registry: registry.client() });
    await send(0, avroOrder(id, 0));
    await bench.reached(topic, 0, 0);
    await send(1, avroOrder(id, 1));
    await bench.reached(topic, 1, 0);
    await registry.down();

    await send(0, avroOrder(id, 2), avroOrder(id2, 3, ORDER_SCHEMA_2), avroOrder(id, 4));
    await isPaused(running, topic, 'is it running and reachable?');
    await send(0, avroOrder(id, 5));
    await send(1, avroOrder(id, 6));
    await other.send(0, order(7));
    await bench.reached(topic, 1, 1);
    await bench.reached(other.topic, 0, 0);
    expect(statusOf(running, topic, 1)).toMatchObject({ state: 'running', offset: 1 });
    expect(statusOf(running, topic, 0)).toMatchObject({ state: 'paused' });
    expect(await bench.idsOf(topic)).not.toContain('o4');
    expect(await bench.idsOf(topic)).not.toContain('o5');

    await registry.up();
    await bench.reached(topic, 0, 4);
    await running.stop();
    expect((await bench.idsOf(topic)).sort()).toEqual(numbered(0, 7));
    expect(await bench.deadOf(topic)).toEqual([]);
  });

  it('with bad records behind what waits: they become dead letters in their turn', async () => {
    const { topic, route, send } = await bench.orders(1, avro);
    const id = await registry.client().register(`${topic}-value`, ORDER_SCHEMA);
    await registry.down();
    await send(0, 'no frame', avroOrder(id, 1), Buffer.from([0, 0, 0]));
    const running = bench.startBridge([route], topic, { registry: registry.client() });
    await isPaused(running, topic, 'is it running and reachable?');
    expect((await bench.progressOf(topic)).offset).toBeUndefined();
    await registry.up();
    await bench.reached(topic, 0, 2);
    await running.stop();
    expect(await bench.idsOf(topic)).toEqual(['o1']);
    expect((await bench.deadOf(topic)).map(({ offset, reason }) => `${offset} ${reason}`)).toEqual([
      '0 malformed',
      '2 malformed',
    ]);
  });
});

describe('refuses or is not named', () => {
  it('wrong credentials are no dead letters: it waits until they are right', async () => {
    const { topic, route, send } = await bench.orders(1, avro);
    const id = await registry.client().register(`${topic}-value`, ORDER_SCHEMA);
    registry.serveOnly('bridge', 'right');
    await send(0, avroOrder(id, 0), avroOrder(id, 1));
    const running = bench.startBridge([route], topic, { registry: registry.client('bridge', 'wrong-secret') });
    await isPaused(running, topic, "check the registry's user and password");
    expect(statusOf(running, topic)?.alarm).not.toContain('wrong-secret');
    registry.serveOnly('bridge', 'wrong-secret');
    await bench.reached(topic, 0, 1);
    await running.stop();
    expect((await bench.idsOf(topic)).sort()).toEqual(['o0', 'o1']);
    expect(await bench.deadOf(topic)).toEqual([]);
  });

  it('without a registry the partition waits, says which setting it needs, and others go on', async () => {
    const { topic, route, send } = await bench.orders(1, avro);
    const other = await bench.orders(1);
    const id = await registry.client().register(`${topic}-value`, ORDER_SCHEMA);
    await send(0, null, avroOrder(id, 0));
    await other.send(0, order(1));
    const without = bench.startBridge([route, other.route], topic);
    await isPaused(without, topic, 'set SCHEMA_REGISTRY_URL');
    expect(without.bridge.alarms().join()).toContain('SCHEMA_REGISTRY_URL');
    await bench.reached(other.topic, 0, 0);
    await without.stop();
    const running = bench.startBridge([route, other.route], topic, { registry: registry.client() });
    await bench.reached(topic, 0, 1);
    await running.stop();
    expect(await bench.idsOf(topic)).toEqual(['o0']);
    expect(await bench.deadOf(topic)).toEqual([]);
  });
});

describe('what records name', () => {
  it('a schema that the registry has not becomes a dead letter after a while, and what follows is taken', async () => {
    const { topic, route, send } = await bench.orders(1, avro);
    const id = await registry.client().register(`${topic}-value`, ORDER_SCHEMA);
    const client = registry.client();
    const running = bench.startBridge([route], topic, { registry: client });
    await send(0, avroOrder(id, 0), avroOrder(999_999, 1), avroOrder(id, 2));
    await isPaused(running, topic, 'the registry has not got it after');
    expect(await bench.deadOf(topic)).toEqual([]);
    await bench.reached(topic, 0, 2);
    await send(0, avroOrder(999_999, 3), avroOrder(id, 4));
    await bench.reached(topic, 0, 4);
    expect(statusOf(running, topic)).toMatchObject({ state: 'running', counts: { counted: 3, dead: 2 } });
    expect(client.stats.absent).toBe(5);
    await running.stop();
    expect((await bench.idsOf(topic)).sort()).toEqual(['o0', 'o2', 'o4']);
    const dead = await bench.deadOf(topic);
    expect(dead.map(({ offset, reason }) => `${offset} ${reason}`)).toEqual(['1 unknown-schema', '3 unknown-schema']);
    expect(dead[0]?.text).toContain('register it, or check SCHEMA_REGISTRY_URL');
  });

  it('a schema that is registered while its record waits is taken: it was late, not unknown', async () => {
    const { topic, route, send } = await bench.orders(1, avro);
    const producer = registry.client();
    const id = await producer.register(`${topic}-value`, ORDER_SCHEMA);
    const newest = await producer.register(`${topic}-value`, { ...ORDER_SCHEMA, doc: `The newest of ${topic}` });
    const next = { ...ORDER_SCHEMA, doc: `The next of ${topic}` };
    await send(0, avroOrder(id, 0), avroOrder(newest + 1, 1, next), avroOrder(id, 2));
    const running = bench.startBridge([route], topic, { registry: registry.client() });
    await isPaused(running, topic, 'the registry has not got it after');
    expect(await producer.register(`${topic}-value`, next)).toBe(newest + 1);
    await bench.reached(topic, 0, 2);
    await running.stop();
    expect((await bench.idsOf(topic)).sort()).toEqual(['o0', 'o1', 'o2']);
    expect(await bench.deadOf(topic)).toEqual([]);
  });

  it('a schema that changes in the middle of a topic, there and back', async () => {
    const { topic, route, send } = await bench.orders(1, avro);
    const producer = registry.client();
    const id = await producer.register(`${topic}-value`, ORDER_SCHEMA);
    const running = bench.startBridge([route], topic, { registry: registry.client() });
    await send(0, ...range(0, 10).map((n) => avroOrder(id, n)));
    const id2 = await producer.register(`${topic}-value`, ORDER_SCHEMA_2);
    await send(0, ...range(10, 20).map((n) => avroOrder(id2, n, ORDER_SCHEMA_2)));
    await send(0, ...range(20, 30).map((n) => (n % 2 ? avroOrder(id, n) : avroOrder(id2, n, ORDER_SCHEMA_2))));
    await bench.reached(topic, 0, 29);
    await running.stop();
    const events = await bench.eventsOf(topic);
    expect(events.map(({ id: name }) => name).sort()).toEqual(numbered(0, 30));
    for (const { id: name, k, amount } of events) {
      const n = Number(String(name).slice(1));
      expect({ k, amount }).toEqual({ k: `c${n % 9}`, amount: n * 100 });
    }
    expect(await bench.deadOf(topic)).toEqual([]);
  });

  it('tombstones, values too short for a frame, a wrong magic byte, and Avro that ends early', async () => {
    const { topic, route, send } = await bench.orders(1, avro);
    const id = await registry.client().register(`${topic}-value`, ORDER_SCHEMA);
    const whole = avroOrder(id, 1);
    const bad = [
      Buffer.from([0]),
      Buffer.from([0, 0]),
      Buffer.from([0, 0, 0]),
      Buffer.from([0, 0, 0, 0]),
      Buffer.from([7, ...whole.subarray(1)]),
      Buffer.from([1, ...whole.subarray(1, 10)]),
      whole.subarray(0, 5),
      whole.subarray(0, whole.length - 1),
    ];
    const running = bench.startBridge([route], topic, { registry: registry.client() });
    await send(0, null, Buffer.alloc(0), ...bad, null, avroOrder(id, 2));
    await bench.reached(topic, 0, bad.length + 3);
    expect(statusOf(running, topic)?.counts).toMatchObject({ tombstone: 3, dead: bad.length, counted: 1 });
    await running.stop();
    expect(await bench.idsOf(topic)).toEqual(['o2']);
    expect((await bench.deadOf(topic)).map(({ offset, reason, bytes }) => ({ offset, reason, bytes }))).toEqual(
      bad.map((value, at) => ({ offset: String(at + 2), reason: 'malformed', bytes: value.length })),
    );
  });
});
