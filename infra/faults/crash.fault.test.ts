/**
 * Crashes under load: the bridge, a worker or nats-server is killed at random moments (by the number of records sent) and
 * started again. In the end every entry of every store is what a straight fold of the same orders gives.
 */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../shared/testing/orders.ts';
import { Feeder } from './feeder.ts';
import type { MeshProcess, Role } from './mesh-process.ts';
import { makeLoad, routeOf } from './order-load.ts';
import { differences } from './straight-fold.ts';
import { TestMesh } from './test-mesh.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const KILLS = 4;

type Victim = Role | 'nats';

interface Runs {
  readonly victims: readonly Victim[];
  readonly seeds: readonly number[];
  /** Both services in one process. */
  readonly isFused?: boolean;
  /** A restarted bridge joins the group of the killed one, and waits until Kafka has given up on that: 6 s a kill. */
  readonly isOneGroup?: boolean;
}

const RUNS: readonly Runs[] = [
  { victims: ['bridge'], seeds: [1, 2, 3] },
  { victims: ['bridge'], seeds: [4], isOneGroup: true },
  { victims: ['rfm'], seeds: [5, 6, 7, 8] },
  { victims: ['sales'], seeds: [9, 10, 11] },
  { victims: ['nats'], seeds: [12, 13, 14, 15] },
  { victims: ['bridge', 'rfm', 'sales', 'nats'], seeds: [16, 17, 18, 19] },
  { victims: ['sales+rfm', 'nats'], seeds: [20, 21], isFused: true },
];

describe('killed at random moments under load', () => {
  for (const runs of RUNS)
    for (const seed of runs.seeds)
      it(`${runs.victims.join(', ')}: every entry equals the straight fold (seed ${seed})`, () => crash(seed, runs));
});

async function crash(seed: number, { victims, isFused, isOneGroup }: Runs): Promise<void> {
  const random = seededRandom(seed);
  const load = makeLoad({
    seed,
    orders: 3_000,
    customers: 1_000,
    kafkaPartitions: 3,
    startMs: Date.UTC(2024, 5, 1, 9),
    spanMs: 6 * HOUR,
    boundMs: 5 * MINUTE,
    gapMs: seed % 2 === 0 ? 3 * HOUR : 40 * DAY, // in which every customer becomes At-Risk
  });
  await using mesh = await TestMesh.create({ label: 'crash', kafkaPartitions: 3, route: routeOf(load) });
  const group = isOneGroup ? mesh.newGroup() : undefined;
  const processes = new Map<Role, MeshProcess>();
  // Started again under the same name, a worker takes its leases back at once.
  const start = (role: Role) => processes.set(role, mesh.start(role, role, group));
  for (const role of isFused ? (['bridge', 'sales+rfm'] as const) : (['bridge', 'rfm', 'sales'] as const)) start(role);
  const feeder = new Feeder(mesh, load);
  for (const at of killPoints(random, load.changes.length)) {
    await feeder.sendUpTo(at);
    const victim = victims[Math.floor(random() * victims.length)] ?? 'bridge';
    if (victim === 'nats') await mesh.restartNats();
    else {
      await processes.get(victim)?.kill9();
      start(victim);
    }
  }
  await feeder.sendUpTo(load.changes.length);
  await mesh.reach(load.finalWatermark);
  await mesh.stop();
  expect(await differences(mesh, load)).toEqual([]);
}

/** Numbers of records after which somebody is killed, ascending; close ones kill who is still recovering. */
function killPoints(random: () => number, records: number): number[] {
  return Array.from({ length: KILLS }, () => 1 + Math.floor(random() * (records - 200))).sort((a, b) => a - b);
}
