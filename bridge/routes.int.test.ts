/** Routes that change, and topics that come, while a bridge runs on a real Kafka. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EventRoute, type Route, routeDefaults } from '../shared/config/routes.ts';
import { RoutesWatch } from '../shared/config/routes-watch.ts';
import { mirrorSubject, streamOf } from '../shared/log/names.ts';
import { withKafkaAdmin } from '../shared/testing/kafka-admin.ts';
import { BridgeBench, numbered, order, until } from './_bridge-bench.ts';
import { mirrorRecord } from './mirror/mirror-record.ts';

let bench: BridgeBench;
let folder: string;

beforeAll(async () => {
  bench = await BridgeBench.start();
  folder = await mkdtemp(join(tmpdir(), 'weir-routes-'));
});

afterAll(async () => {
  await bench?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** How often the Kafka group has rebalanced: members have ids of their own each time they join. */
async function memberOf(groupId: string): Promise<string> {
  const { groups } = await withKafkaAdmin(bench.kafka, (admin) => admin.describeGroups([groupId]));
  return groups[0]?.members.map(({ memberId }) => memberId).join() ?? '';
}

describe('a changed route', () => {
  it('holds for what comes behind what was stored, without leaving the group, and leaves other topics alone', async () => {
    const one = await bench.orders(1);
    const other = await bench.orders(1);
    const { bridge, stop } = bench.startBridge([one.route, other.route], one.topic);
    await one.send(0, order(0), order(1, { amount: -5 }));
    await other.send(0, order(10));
    await bench.reached(one.topic, 0, 1);
    await bench.reached(other.topic, 0, 0);
    const member = await memberOf(one.topic);
    await bridge.changeRoutes([{ ...one.route, allowNegativeAmounts: true }, other.route]);
    await one.send(0, order(2, { amount: -5 }));
    await other.send(0, order(11));
    await bench.reached(one.topic, 0, 2);
    await bench.reached(other.topic, 0, 1);
    expect(await memberOf(one.topic)).toBe(member);
    await stop();
    expect(await bench.idsOf(one.topic)).toEqual(['o0', 'o2']);
    expect((await bench.deadOf(one.topic)).map(({ offset }) => offset)).toEqual(['1']);
    expect(await bench.idsOf(other.topic)).toEqual(['o10', 'o11']);
  });

  it('that is gone stops its topic only; when it is back, it goes on where it was', async () => {
    const one = await bench.orders(1);
    const other = await bench.orders(1);
    const { bridge, stop } = bench.startBridge([one.route, other.route], one.topic);
    await one.send(0, order(0));
    await bench.reached(one.topic, 0, 0);
    await bridge.changeRoutes([other.route]);
    expect(bridge.status().map(({ topic }) => topic)).toEqual([other.topic]);
    await one.send(0, order(1));
    await other.send(0, order(10));
    await bench.reached(other.topic, 0, 0);
    expect((await bench.progressOf(one.topic)).offset).toBe(0);
    await bridge.changeRoutes([one.route, other.route]);
    await bench.reached(one.topic, 0, 1);
    await stop();
    expect(await bench.idsOf(one.topic)).toEqual(['o0', 'o1']);
  });

  it('of another kind is refused: its events would be read as what they are not', async () => {
    const { topic, route, send } = await bench.orders(1);
    const { bridge, stop } = bench.startBridge([route], topic);
    await send(0, order(0));
    await bench.reached(topic, 0, 0);
    await bridge.changeRoutes([{ topic, ...routeDefaults('maip', 'json') }]);
    await until('it says so', () => bridge.alarms().some((alarm) => alarm.includes('of kind order')));
    await bridge.changeRoutes([route]);
    await until('it runs again', () => bridge.status()[0]?.state === 'running');
    await send(0, order(1));
    await bench.reached(topic, 0, 1);
    await stop();
  });

  it('comes from the file; a file that cannot be used is an alarm, and the former routes stay', async () => {
    const { topic, route, send } = await bench.orders(1);
    const file = join(folder, 'routes.yaml');
    const write = (changes: object) =>
      writeFile(file, JSON.stringify({ routes: [{ topic, decoder: 'json', kind: 'order', ...changes }] }));
    await write({});
    const { bridge, stop } = bench.startBridge([route], topic);
    const watch = new RoutesWatch(file, (routes) => bridge.changeRoutes(routes));
    const end = new AbortController();
    const watching = watch.run(end.signal, 20);
    await send(0, order(0, { amount: -5 }));
    await bench.reached(topic, 0, 0);
    await write({ decoder: 'xml' });
    await until('the alarm is there', () => watch.problem?.includes('decoder') === true);
    await write({ allowNegativeAmounts: true });
    await until('the alarm is gone', () => watch.problem === undefined);
    await send(0, order(1, { amount: -5 }));
    await bench.reached(topic, 0, 1);
    end.abort();
    await watching;
    await stop();
    expect(await bench.idsOf(topic)).toEqual(['o1']);
  });
});

describe('a family of topics', () => {
  it('is picked up by its expression, also topics that appear later, and only those it covers', async () => {
    const prefix = bench.freshTopic();
    const route: EventRoute<'maip'> = {
      ...routeDefaults('maip', 'json'),
      topic: `/${prefix.replaceAll('.', '\\.')}\\.order\\.[^.]+/`,
      topicFilter: `${prefix}.order.*`,
    };
    const event = (id: string) => JSON.stringify({ eventId: id, customerId: 'c', timestamp: Date.now(), payload: {} });
    await bench.makeTopic(`${prefix}.order.created`, 1);
    await bench.makeTopic(`${prefix}.other.created`, 1);
    const { bridge, stop } = bench.startBridge([route], prefix);
    await bench.send(`${prefix}.order.created`, 0, event('e1'));
    await bench.reached(`${prefix}.order.created`, 0, 0);
    await bench.makeTopic(`${prefix}.order.cancelled`, 2);
    await bench.send(`${prefix}.order.cancelled`, 1, event('e2'));
    await bench.reached(`${prefix}.order.cancelled`, 1, 0);
    expect(new Set(bridge.status().map(({ topic }) => topic))).toEqual(
      new Set([`${prefix}.order.created`, `${prefix}.order.cancelled`]),
    );
    await stop();
    expect(await bench.eventsOf(`${prefix}.order.*`)).toMatchObject([
      { id: 'e1', type: `${prefix}.order.created` },
      { id: 'e2', type: `${prefix}.order.cancelled` },
    ]);
  });
});

describe('a raw topic', () => {
  it('is mirrored, one message a record, once, over bridges that come and go; a record too large is a dead letter', async () => {
    const topic = bench.freshTopic();
    await bench.makeTopic(topic, 1);
    const route: Route = { topic, decoder: 'raw', maxRecordBytes: 1_000 };
    for (let round = 0; round < 3; round++) {
      const { bridge, stop } = bench.startBridge([route], topic);
      await bench.send(topic, 0, `a${round}`, null, 'x'.repeat(2_000), '');
      await until('it is there', () => bridge.status()[0]?.offset === round * 4 + 3);
      await stop();
    }
    const messages = await bench.messages(streamOf(mirrorSubject(topic, 0)), mirrorSubject(topic, 0));
    const records = messages.map((message) => mirrorRecord(message));
    expect(records.map(({ offset, value }) => `${offset} ${value?.toString() ?? null}`)).toEqual(
      [0, 1, 2].flatMap((round) => [`${round * 4} a${round}`, `${round * 4 + 1} null`, `${round * 4 + 3} `]),
    );
    expect(records.map(({ key }) => key?.toString())).toEqual([0, 1, 2].flatMap(() => ['k0', 'k1', 'k3']));
    expect((await bench.deadOf(topic)).map(({ reason, offset }) => `${offset} ${reason}`)).toEqual([
      '2 too-large',
      '6 too-large',
      '10 too-large',
    ]);
    expect(await bench.eventsOf(topic)).toEqual([]);
  });
});

describe('while NATS is away', () => {
  it('no more is fetched than the bound, nothing is lost, and what is left comes when it is back', async () => {
    const { topic, route, send } = await bench.orders(1);
    const maxUnackedBytes = 64 * 1024;
    const { bridge, stop } = bench.startBridge([route], topic, { maxUnackedBytes, stallMs: 1_500 });
    await send(0, order(0));
    await bench.reached(topic, 0, 0);
    await bench.nats.restart(async () => {
      for (let from = 1; from < 10_001; from += 1_000)
        await send(0, ...Array.from({ length: 1_000 }, (_, n) => order(from + n)));
      await until('it is full', () => bridge.unackedBytes >= maxUnackedBytes);
      await until('it is not ready', () => bridge.obstacles().some((obstacle) => obstacle.includes('has not moved')));
      // One fetch may be handed over beyond the bound, never a second: a fetch is a megabyte of Kafka at most.
      expect(bridge.unackedBytes).toBeLessThan(maxUnackedBytes + 1024 * 1024);
      await until('it says that it is paused', () => bridge.status()[0]?.state === 'paused');
    });
    await bench.reached(topic, 0, 10_000);
    await until('it is ready again', () => bridge.obstacles().length === 0);
    await stop();
    expect((await bench.idsOf(topic)).sort()).toEqual(numbered(0, 10_001));
  });
});
