/** Windows close on an idle topic, by the route's idle policy, without a new record. */
import { expect, it } from 'vitest';
import type { WindowValue } from '../../services/sales/combine.ts';
import { readBucket, readLate } from './read-back.ts';
import { TestMesh } from './test-mesh.ts';
import { until } from './until.ts';

const HOUR = 3_600_000;
const ROUTE = { decoder: 'json', outOfOrdernessMs: 5_000 };

function order(id: string, t: number): string {
  return JSON.stringify({ orderId: id, customerId: `c-${id}`, amount: 12.5, timestamp: t });
}

async function windowsOf(mesh: TestMesh): Promise<WindowValue[]> {
  const entries = await readBucket(mesh.log, 'sales');
  const texts = [...entries].filter(([key]) => key.startsWith('all.window.1h.')).map(([, text]) => text);
  return texts.map((text) => JSON.parse(text) as WindowValue);
}

async function start(policy: 'advance' | 'hold'): Promise<TestMesh> {
  const route = { ...ROUTE, idle: { policy, afterMs: 400 } };
  const mesh = await TestMesh.create({ label: `idle-${policy}`, kafkaPartitions: 2, route });
  for (const role of ['bridge', 'sales'] as const) mesh.start(role, role);
  return mesh;
}

it('advance: all windows of an order close, and an order for them is late', async () => {
  await using mesh = await start('advance');
  const t = Date.now() - 4 * HOUR;
  await mesh.topic.send([{ partition: 0, value: order('1', t) }]); // the other partition never has a record
  const windows = await until('12 windows are final', async () => {
    const found = await windowsOf(mesh);
    return found.length === 12 && found.every(({ final }) => final) && found;
  });
  for (const { revenue, order_count } of windows)
    expect({ revenue, order_count }).toEqual({ revenue: '12.50', order_count: 1 });
  await mesh.topic.send([{ partition: 0, value: order('2', t) }]);
  await until('the second order is late', async () => (await readLate(mesh.log, 'sales')).length === 1);
  expect(await windowsOf(mesh)).toEqual(windows);
  await mesh.stop();
});

it('hold: they stay open until another partition has gone on', async () => {
  await using mesh = await start('hold');
  const t = Date.now() - 4 * HOUR;
  await mesh.topic.send([{ partition: 0, value: order('1', t) }]);
  await until('both partitions are idle', async () => {
    const progress = await mesh.progress();
    return progress?.length === 2 && progress.every(({ idle }) => idle === true);
  });
  await until('the live windows are shown', async () => (await windowsOf(mesh)).length === 12);
  expect((await windowsOf(mesh)).filter(({ window_end, final }) => final && Date.parse(window_end) > t)).toEqual([]);
  await mesh.topic.send([{ partition: 1, value: order('3', t + 2 * HOUR) }]); // the idle one does not hold it back
  await until('the first order’s windows are final', async () => {
    const first = (await windowsOf(mesh)).filter(({ window_start }) => Date.parse(window_start) <= t);
    return first.length === 12 && first.every(({ final }) => final);
  });
  await mesh.stop();
});
