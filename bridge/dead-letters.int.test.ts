/** Streams that refuse: DLQ and EVENTS deleted, full, or no longer for our subjects; and records too large for NATS. */
import { DiscardPolicy, type StreamUpdateConfig } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DLQ, dlqSubject, EVENTS, mirrorSubject, streamOf } from '../shared/log/names.ts';
import { provisionMesh } from '../shared/log/provision.ts';
import { type Bench, BridgeBench, numbered, order, type RunningBridge, until } from './_bridge-bench.ts';
import { DEAD_LETTER_HEADERS } from '../shared/dead-letters/letter-headers.ts';

let bench: BridgeBench;

beforeAll(async () => {
  bench = await BridgeBench.start();
});

afterAll(async () => {
  await bench?.[Symbol.asyncDispose]();
});

/** Little, so that a partition which kept taking records in would stop all others. */
const BUDGET_BYTES = 4 * 1024;
const MEBIBYTE = 1024 * 1024;
const NO_JSON = '{"orderId":';
const orders = (from: number, to: number, changes = {}) =>
  Array.from({ length: to - from }, (_, at) => order(from + at, changes));
const statusOf = ({ bridge }: RunningBridge, topic: string) => bridge.status().find((status) => status.topic === topic);
const change = (stream: string, config: Partial<StreamUpdateConfig>) =>
  bench.log.manager.streams.update(stream, config);
const bytesOf = async (stream: string) => (await bench.log.state(stream)).bytes;

async function paused(running: RunningBridge, topic: string, why: string): Promise<void> {
  await until(`${topic} says "${why}"`, () => {
    const { state, alarm = '' } = statusOf(running, topic) ?? {};
    return state === 'paused' && alarm.includes(why);
  });
}

interface Refusal {
  readonly name: string;
  readonly why: string;
  begin(stream: string): Promise<unknown>;
  end(stream: string): Promise<unknown>;
}

const FULL: Refusal = {
  name: 'is full',
  why: "maximum bytes exceeded; raise the stream's limits",
  begin: async (stream) => change(stream, { discard: DiscardPolicy.New, max_bytes: (await bytesOf(stream)) + 16 }),
  end: (stream) => change(stream, { max_bytes: 1024 ** 3 }),
};

describe('DLQ', () => {
  const refusals: Refusal[] = [
    FULL,
    {
      name: 'does not take its subjects',
      why: 'no stream answered; see that there is one for this subject',
      begin: (stream) => change(stream, { subjects: ['elsewhere.>'] }),
      end: (stream) => change(stream, { subjects: ['dlq.>'] }),
    },
    {
      name: 'was deleted',
      why: 'no stream answered; see that there is one for this subject',
      begin: (stream) => bench.log.manager.streams.delete(stream),
      end: () => provisionMesh(bench.log),
    },
  ];
  for (const { name, why, begin, end } of refusals)
    it(`${name}: the partition pauses and says so, other topics go on, and it goes on when DLQ is back`, async () => {
      const { topic, send, route } = await bench.orders(1);
      const other = await bench.orders(1);
      const options = { maxUnackedBytes: BUDGET_BYTES };
      const running = bench.startBridge([route, other.route], topic, options);
      await send(0, order(0), NO_JSON);
      await bench.reached(topic, 0, 1);
      await begin(DLQ);
      await send(0, order(1), NO_JSON, order(2));
      await paused(running, topic, why);
      for (let n = 3; n < 203; n += 10) await send(0, ...orders(n, n + 10, { note: 'x'.repeat(1_000) }));
      await other.send(0, ...orders(0, 500));
      await bench.reached(other.topic, 0, 499);
      expect((await bench.progressOf(topic)).offset).toBe(1);
      await end(DLQ);
      await bench.reached(topic, 0, 204);
      expect(statusOf(running, topic)).toMatchObject({ state: 'running', counts: { dead: 2, counted: 203 } });
      await running.stop();
      expect((await bench.idsOf(topic)).sort()).toEqual(numbered(0, 203));
      const dead = (await bench.deadOf(topic)).map(({ offset }) => offset);
      expect(dead).toEqual(name === 'was deleted' ? ['3'] : ['1', '3']);
    });

  it('was away when the bridge ended: the next bridge stores what is missing, once', async () => {
    const { topic, send, start } = await bench.orders(1);
    const first = start();
    await send(0, NO_JSON, order(0));
    await bench.reached(topic, 0, 1);
    await FULL.begin(DLQ);
    await send(0, NO_JSON, order(1), NO_JSON);
    await paused(first, topic, FULL.why);
    const stopping = first.stop();
    await FULL.end(DLQ);
    await stopping;
    const second = start();
    await bench.reached(topic, 0, 4);
    await second.stop();
    expect((await bench.idsOf(topic)).sort()).toEqual(['o0', 'o1']);
    expect((await bench.deadOf(topic)).map(({ offset }) => offset)).toEqual(['0', '2', '4']);
  });
});

describe('EVENTS', () => {
  it('is full: the partition pauses and says so, and nothing is lost or doubled', async () => {
    const { topic, send, start } = await bench.orders(2);
    const running = start();
    await send(0, order(0));
    await bench.reached(topic, 0, 0);
    await change(EVENTS, { discard: DiscardPolicy.New, max_bytes: (await bytesOf(EVENTS)) + 20_000 });
    const customers = { customerId: 'c1' };
    for (let n = 1; n < 501; n += 50) await send(0, ...orders(n, n + 50, n % 100 === 1 ? customers : {}));
    await paused(running, topic, FULL.why);
    await send(1, NO_JSON, ...orders(501, 600));
    expect((await bench.progressOf(topic)).offset).toBeLessThan(500);
    await change(EVENTS, { max_bytes: 1024 ** 3 });
    await bench.reached(topic, 0, 500);
    await bench.reached(topic, 1, 99);
    expect(running.bridge.status().map(({ state }) => state)).toEqual(['running', 'running']);
    await running.stop();
    expect((await bench.idsOf(topic)).sort()).toEqual(numbered(0, 600));
    expect((await bench.deadOf(topic)).length).toBe(1);
    await change(EVENTS, { discard: DiscardPolicy.Old });
  });
});

describe('records that are too large', () => {
  const largeTopic = async (partitions: number, changes: Parameters<BridgeBench['orders']>[1] = {}): Promise<Bench> => {
    const made = await bench.orders(undefined, changes);
    await bench.makeTopic(made.topic, partitions, { 'max.message.bytes': String(12 * MEBIBYTE) });
    return made;
  };

  it('for the route become dead letters whole, and those that NATS cannot take are cut; neighbours keep their order', async () => {
    const { topic, send, start } = await largeTopic(1);
    const sizes = [MEBIBYTE + 1, 7 * MEBIBYTE, 10 * MEBIBYTE];
    const running = start();
    const one = { customerId: 'c1' };
    await send(0, order(0, one));
    for (const [at, size] of sizes.entries()) {
      await send(0, Buffer.alloc(size, 'x'));
      await send(0, order(at + 1, one));
    }
    await bench.reached(topic, 0, 6);
    await running.stop();
    expect(await bench.idsOf(topic)).toEqual(['o0', 'o1', 'o2', 'o3']);
    const letters = await bench.messages(DLQ, dlqSubject(topic, 'too-large'));
    const { offset, truncated } = DEAD_LETTER_HEADERS;
    expect(letters.map(({ header }) => [header(offset), header(truncated)])).toEqual([
      ['1', undefined],
      ['3', undefined],
      ['5', String(sizes[2])],
    ]);
    expect(letters.slice(0, 2).map(({ payload }) => payload.length)).toEqual(sizes.slice(0, 2));
    expect(letters[2]?.payload.length).toBeGreaterThan(7 * MEBIBYTE);
    expect(letters[2]?.payload.every((byte) => byte === 'x'.charCodeAt(0))).toBe(true);
  });

  it('are no matter when only what the route reads of them is kept', async () => {
    const { topic, send, start } = await largeTopic(1, { maxRecordBytes: 11 * MEBIBYTE });
    const running = start();
    await send(0, order(0, { note: 'x'.repeat(10 * MEBIBYTE) }));
    await send(0, order(1));
    await bench.reached(topic, 0, 1);
    await running.stop();
    expect((await bench.idsOf(topic)).sort()).toEqual(['o0', 'o1']);
    expect(await bench.deadOf(topic)).toEqual([]);
  });

  it('for a mirror become dead letters between their neighbours', async () => {
    const topic = bench.freshTopic();
    await bench.makeTopic(topic, 1, { 'max.message.bytes': String(12 * MEBIBYTE) });
    const route = { topic, decoder: 'raw', maxRecordBytes: 11 * MEBIBYTE } as const;
    const running = bench.startBridge([route], topic);
    await bench.send(topic, 0, 'one', Buffer.alloc(7 * MEBIBYTE, 'x'));
    await bench.send(topic, 0, Buffer.alloc(10 * MEBIBYTE, 'x'), 'four');
    await until('all is stored', () => statusOf(running, topic)?.offset === 3);
    await running.stop();
    const subject = mirrorSubject(topic, 0);
    const mirrored = await bench.messages(streamOf(subject), subject);
    expect(mirrored.map(({ payload }) => payload.length)).toEqual([3, 7 * MEBIBYTE, 4]);
    expect((await bench.deadOf(topic)).map(({ offset, reason }) => `${offset} ${reason}`)).toEqual(['2 too-large']);
  });
});
