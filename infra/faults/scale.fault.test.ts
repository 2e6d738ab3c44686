/** One instance of rfm, then three, then one, while orders flow: each partition has one owner, and nothing is lost or doubled. */
import { expect, it } from 'vitest';
import { Feeder } from './feeder.ts';
import { makeLoad, routeOf } from './order-load.ts';
import { readHeads } from './read-back.ts';
import { differences } from './straight-fold.ts';
import { TestMesh } from './test-mesh.ts';
import { until } from './until.ts';

const MINUTE = 60_000;
/** The budget is 10 s; a loaded machine is given more. */
const TAKEOVER_PATIENCE_MS = 30_000;

it('1 → 3 → 1 instances of rfm, one of them killed', async () => {
  const load = makeLoad({
    seed: 41,
    orders: 6_000,
    customers: 1_500,
    kafkaPartitions: 3,
    startMs: Date.UTC(2024, 5, 1, 9),
    spanMs: 720 * MINUTE,
    boundMs: 5 * MINUTE,
    gapMs: 180 * MINUTE,
  });
  await using mesh = await TestMesh.create({ label: 'scale', kafkaPartitions: 3, route: routeOf(load) });
  const feeder = new Feeder(mesh, load);
  for (const name of ['bridge', 'sales'] as const) mesh.start(name, name);
  mesh.start('rfm', 'rfm-1');
  await feeder.sendUpTo(1_000);
  await mesh.settle('rfm', ['rfm-1']);

  const killed = mesh.start('rfm', 'rfm-2');
  const stopped = mesh.start('rfm', 'rfm-3');
  await Promise.all([mesh.settle('rfm', ['rfm-1', 'rfm-2', 'rfm-3']), feeder.sendUpTo(3_000)]);

  const lost = [...(await mesh.owners('rfm'))].filter(([, { lease }]) => lease === 'rfm-2').map(([name]) => name);
  const former = await readHeads(mesh.log, 'rfm');
  const killedAt = performance.now();
  await killed.kill9();
  const sending = feeder.sendUpTo(4_500);
  await until(
    'the partitions of the killed instance are committed to by others',
    async () => {
      const heads = await readHeads(mesh.log, 'rfm');
      return lost.every((name) => {
        const head = heads?.get(name);
        return head !== undefined && head.epoch > (former?.get(name)?.epoch ?? 0) && head.n > 0;
      });
    },
    TAKEOVER_PATIENCE_MS,
  );
  console.log(`Takeover of ${lost.length} partitions after SIGKILL: ${Math.round(performance.now() - killedAt)} ms`);
  await sending;
  await mesh.settle('rfm', ['rfm-1', 'rfm-3']);

  expect((await Promise.all([stopped.stop(), feeder.sendUpTo(6_000)]))[0]).toBe(0);
  await mesh.settle('rfm', ['rfm-1']);
  await feeder.sendUpTo(Number.POSITIVE_INFINITY);
  await mesh.reach(load.finalWatermark);
  await mesh.stop();
  expect(await differences(mesh, load)).toEqual([]);
});
