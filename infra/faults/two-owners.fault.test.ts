/** Two owners of one partition, forced: one is fenced, nothing is doubled, and every entry equals the straight fold. */
import { describe, expect, it } from 'vitest';
import { Feeder } from './feeder.ts';
import type { MeshProcess } from './mesh-process.ts';
import { makeLoad, type OrderLoad, routeOf } from './order-load.ts';
import { readHeads } from './read-back.ts';
import { differences } from './straight-fold.ts';
import { TestMesh } from './test-mesh.ts';
import { until } from './until.ts';

const MINUTE = 60_000;
const FENCED = /rfm p\d\d lost/;

describe('two bridges on one Kafka partition', () => {
  it('of two groups, all the time', () =>
    withMesh(31, async (mesh, feeder) => {
      for (const name of ['rfm', 'sales'] as const) mesh.start(name, name);
      mesh.start('bridge', 'bridge-a');
      mesh.start('bridge', 'bridge-b');
      await feeder.sendUpTo(Number.POSITIVE_INFINITY);
    }));

  it('of one group: the frozen one is thawed when another has taken over', () =>
    withMesh(32, async (mesh, feeder) => {
      for (const name of ['rfm', 'sales'] as const) mesh.start(name, name);
      const group = mesh.newGroup();
      const frozen = mesh.start('bridge', 'bridge-a', group);
      await feeder.sendUpTo(700);
      mesh.start('bridge', 'bridge-b', group);
      frozen.freeze();
      await feeder.sendUpTo(1_800); // past what was there only once the other has taken over
      frozen.thaw();
      await feeder.sendUpTo(Number.POSITIVE_INFINITY);
      await until('each Kafka partition has one bridge', async () => {
        const owned = (await mesh.members()).flatMap(({ bridge = [] }) => bridge.map(({ partition }) => partition));
        return owned.sort().join() === '0,1,2';
      });
    }));
});

describe('two workers on one partition', () => {
  it('the frozen one is thawed when another has taken over', () =>
    withMesh(33, async (mesh, feeder) => {
      for (const name of ['bridge', 'sales'] as const) mesh.start(name, name);
      const frozen = mesh.start('rfm', 'rfm-a');
      mesh.start('rfm', 'rfm-b');
      await mesh.settle('rfm', ['rfm-a', 'rfm-b']);
      await feeder.sendUpTo(900);
      frozen.freeze();
      await feeder.sendUpTo(1_800);
      frozen.thaw();
      await feeder.sendUpTo(Number.POSITIVE_INFINITY);
      await untilFenced(frozen);
      await mesh.settle('rfm', ['rfm-a', 'rfm-b']);
    }));

  it('of one name, so that each takes every lease for its own', () =>
    withMesh(34, async (mesh, feeder) => {
      for (const name of ['bridge', 'sales'] as const) mesh.start(name, name);
      const twins = [mesh.start('rfm', 'rfm'), mesh.start('rfm', 'rfm')];
      for (let turn = 0; turn < 6; turn++) {
        const before = await epochOf(mesh);
        await feeder.sendUpTo(feeder.sent + 400); // one commits, so the other is fenced, and takes the partition back
        await until('the partition changes hands', async () => (await epochOf(mesh)) > before);
      }
      for (const twin of twins) await untilFenced(twin);
      expect(await twins[0]?.stop()).toBe(0);
      await feeder.sendUpTo(Number.POSITIVE_INFINITY);
    }));
});

async function withMesh(seed: number, run: (mesh: TestMesh, feeder: Feeder) => Promise<void>): Promise<void> {
  const load: OrderLoad = makeLoad({
    seed,
    orders: 3_000,
    customers: 1_000,
    kafkaPartitions: 3,
    startMs: Date.UTC(2024, 5, 1, 9),
    spanMs: 360 * MINUTE,
    boundMs: 5 * MINUTE,
    gapMs: 180 * MINUTE,
  });
  await using mesh = await TestMesh.create({ label: 'owners', kafkaPartitions: 3, route: routeOf(load) });
  await run(mesh, new Feeder(mesh, load));
  await mesh.reach(load.finalWatermark);
  await mesh.stop();
  expect(await differences(mesh, load)).toEqual([]);
}

async function epochOf(mesh: TestMesh): Promise<number> {
  return (await readHeads(mesh.log, 'rfm'))?.get('p00')?.epoch ?? 0;
}

function untilFenced(worker: MeshProcess): Promise<boolean> {
  return until(`${worker.name} is fenced`, () => worker.lines.some((line) => FENCED.test(line)));
}
