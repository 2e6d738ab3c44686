/**
 * Crashes under load: the bridge, a worker or nats-server is killed at random moments (by the number of records sent) and
 * started again. In the end every entry of every store is what a straight fold of the same orders gives.
 */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../shared/testing/orders.ts';
import { Feeder } from './feeder.ts';
import type { MeshProcess, Role } from './mesh-process.ts';
import { makeLoad } from './order-load.ts';
import { differences } from './straight-fold.ts';
import { TestMesh } from './test-mesh.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

type Victim = Role | 'nats';

/** Who is killed, in which runs. */
const RUNS: readonly {
  readonly victims: readonly Victim[];
  readonly seeds: readonly number[];
  readonly isFused?: true;
}[] = [
  { victims: ['bridge'], seeds: [1, 2, 3, 4] },
  { victims: ['rfm'], seeds: [5, 6, 7, 8] },
  { victims: ['sales'], seeds: [9, 10, 11] },
  { victims: ['nats'], seeds: [12, 13, 14, 15] },
  { victims: ['bridge', 'rfm', 'sales', 'nats'], seeds: [16, 17, 18, 19] },
  { victims: ['sales+rfm', 'nats'], seeds: [20, 21], isFused: true },
];

describe('killed at random moments under load', () => {
  for (const { victims, seeds, isFused } of RUNS)
    for (const seed of seeds)
      it(`${victims.join(', ')}: every entry equals the straight fold (seed ${seed})`, () =>
        crash(seed, victims, isFused));
});

async function crash(seed: number, victims: readonly Victim[], isFused = false): Promise<void> {
  const random = seededRandom(seed);
  const load = makeLoad({
    seed,
    orders: 3_000,
    customers: 1_000,
    kafkaPartitions: 3,
    startMs: Date.UTC(2024, 5, 1, 9),
    spanMs: 6 * HOUR,
    boundMs: 5 * MINUTE,
    gapMs: seed % 2 === 0 ? 3 * HOUR : 40 * DAY,
  });
  const route = { decoder: 'debezium-json', outOfOrdernessMs: 5 * MINUTE, idle: { policy: 'hold', afterMs: HOUR } };
  await using mesh = await TestMesh.create({ label: 'crash', kafkaPartitions: 3, route });
  const processes = new Map<Role, MeshProcess>();
  const roles: Role[] = isFused ? ['bridge', 'sales+rfm'] : ['bridge', 'rfm', 'sales'];
  for (const role of roles) processes.set(role, mesh.start(role, role));
  const feeder = new Feeder(mesh, load);
  for (const at of killPoints(random, load.changes.length)) {
    const sending = feeder.sendUpTo(at);
    await sending;
    const victim = victims[Math.floor(random() * victims.length)] ?? 'bridge';
    if (victim === 'nats') await mesh.restartNats();
    else {
      await processes.get(victim)?.kill9();
      processes.set(victim, mesh.start(victim, victim)); // of the same name: it takes its leases back at once
    }
  }
  await feeder.sendUpTo(load.changes.length);
  await mesh.reach(load.finalWatermark);
  await mesh.stop();
  expect((await differences(mesh, load)).slice(0, 5)).toEqual([]);
}

/** Numbers of records after which somebody is killed, ascending; close ones kill who is still recovering. */
function killPoints(random: () => number, records: number): number[] {
  return Array.from({ length: 4 }, () => Math.floor(random() * (records - 200)) + 1).sort((a, b) => a - b);
}
