/** Bad input to a whole mesh: each bad record ends in DLQ with its reason or is refused, and the good ones around it count. */
import { expect, it } from 'vitest';
import { rfm } from '../../services/rfm/rfm.ts';
import { rfmSummary } from '../../services/rfm/summary.ts';
import type { OrderEvent } from '../../shared/events/order.ts';
import { advanceAll, toSteps } from '../../shared/testing/orders.ts';
import { runStages } from '../../shared/testing/stage-harness.ts';
import { EVENTS } from '../../shared/log/names.ts';
import { KafkaTopic } from './kafka-topic.ts';
import { readBucket, readDeadLetters, readEvents } from './read-back.ts';
import { TestMesh } from './test-mesh.ts';
import { until } from './until.ts';

const START = Date.UTC(2024, 5, 1, 10);
const MINUTE = 60_000;
const BOUND = 5_000;
const CLOSE_AT = START + 600 * MINUTE;

const good = (at: number): OrderEvent => ({
  t: START + at * MINUTE,
  k: `c${at % 4}`,
  id: String(at),
  amount: 1_000 + at,
});

function orderText({ t, k, id, amount }: OrderEvent, changes: object = {}): string {
  return JSON.stringify({ orderId: id, customerId: k, amount: amount / 100, timestamp: t, ...changes });
}

const base = orderText(good(1));
/** Reason in DLQ and the record's value. */
const BAD: readonly (readonly [reason: string, value: string])[] = [
  ['malformed', '{"orderId":"1","customerId":'],
  ['malformed', 'not JSON'],
  ['malformed', '[1,2]'],
  ['missing-key', orderText(good(1), { customerId: null })],
  ['missing-key', orderText(good(1), { customerId: undefined })],
  ['bad-time', orderText(good(1), { timestamp: 0 })],
  ['bad-time', orderText(good(1), { timestamp: Math.floor(START / 1000) })], // seconds, read as 1970
  ['bad-time', orderText(good(1), { timestamp: Date.UTC(9999, 0, 1) })],
  ['bad-time', orderText(good(1), { timestamp: 'soon' })],
  ['bad-amount', orderText(good(1), { amount: 'abc' })],
  ['bad-amount', base.replace(/"amount":[\d.]+/, '"amount":1e400')],
  ['bad-amount', orderText(good(1), { amount: 1.005 })],
  ['bad-amount', orderText(good(1), { amount: null })],
  ['too-large', orderText(good(1), { note: 'x'.repeat(2 * 1024 * 1024) })],
];

it('each bad record is a dead letter with a reason; what is between them counts', async () => {
  const route = { decoder: 'json', outOfOrdernessMs: BOUND, idle: { policy: 'hold', afterMs: 3_600_000 } };
  const topicSettings = { 'max.message.bytes': '4194304' };
  await using mesh = await TestMesh.create({ label: 'bad', kafkaPartitions: 1, topicSettings, route });
  await using unrouted = await KafkaTopic.create('unrouted', 1);
  for (const role of ['bridge', 'rfm', 'sales'] as const) mesh.start(role, role);
  const orders = [...BAD.map((_, at) => good(at)), { t: CLOSE_AT, k: 'closing', id: '99', amount: 100 }];
  for (const [at, [, value]] of BAD.entries())
    await mesh.topic.send([
      { partition: 0, value: orderText(good(at)) },
      { partition: 0, value, key: `bad-${at}` },
    ]);
  await unrouted.send([{ partition: 0, value: orderText(good(50)) }]);
  await mesh.topic.send([{ partition: 0, value: orderText(orders.at(-1) ?? good(0)) }]);
  await mesh.reach(CLOSE_AT - BOUND - 1);
  await mesh.stop();

  const letters = await readDeadLetters(mesh.log, mesh.topic.name);
  expect(letters.map(({ offset, reason }) => [offset, reason])).toEqual(
    BAD.map(([reason], at) => [at * 2 + 1, reason]),
  );
  for (const [at, { text, payload }] of letters.entries()) {
    expect(text, `reason of ${BAD[at]?.[0]}`).toMatch(/^Cannot .{20,}/);
    expect(Buffer.from(payload).equals(Buffer.from(BAD[at]?.[1] ?? ''))).toBe(true);
  }
  expect((await mesh.progress())?.[0]?.counts).toMatchObject({ counted: orders.length, dead: BAD.length });
  const lines = [...(await readEvents(mesh.log, mesh.topic.name)).values()].flat();
  expect(lines.map((line) => (JSON.parse(line) as OrderEvent).id).sort()).toEqual(orders.map(({ id }) => id).sort());
  expect(await mesh.log.lastOfEach(EVENTS, [`kafka.${unrouted.name}.>`])).toEqual([]);

  const steps = [
    ...toSteps(orders, { kafkaPartitions: 1, batch: 1, boundMs: BOUND }),
    ...advanceAll(1, CLOSE_AT - BOUND - 1),
  ];
  const straight = runStages([rfm, rfmSummary], steps);
  expect(await readBucket(mesh.log, 'rfm')).toEqual(new Map([...straight.state, ...straight.results]));
});

it('a partition that nobody knew of is declared, then its records count', async () => {
  const route = { decoder: 'json', outOfOrdernessMs: BOUND, idle: { policy: 'hold', afterMs: 3_600_000 } };
  await using mesh = await TestMesh.create({ label: 'grown', kafkaPartitions: 1, route });
  mesh.start('bridge', 'bridge');
  await mesh.topic.send([{ partition: 0, value: orderText(good(1)) }]);
  await until('the first record is in the log', async () => (await mesh.progress())?.[0]?.offset === 0);
  await mesh.topic.growTo(2);
  await mesh.topic.send([{ partition: 1, value: orderText(good(2)) }]);
  await until('the record of the new partition is in the log', async () => {
    const progress = await mesh.progress();
    return progress?.length === 2 && progress.every(({ offset }) => offset === 0);
  });
  await mesh.stop();
});

it('routes that cannot be used are refused at the start, with what is wrong', async () => {
  await using mesh = await TestMesh.create({ label: 'route', kafkaPartitions: 1, route: { decoder: 'xml' } });
  const bridge = mesh.start('bridge', 'bridge');
  await until('it has ended', () => !bridge.running);
  expect(await bridge.stop()).toBe(1);
  expect(bridge.lines.join('\n')).toMatch(/Cannot use the routes file .*decoder/);
});
