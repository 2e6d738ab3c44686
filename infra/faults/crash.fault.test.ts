/**
 * Crashes under load: the bridge, a worker or nats-server is killed at random moments and started again. In the end every
 * entry of every store is what a straight fold of the same orders gives.
 *
 * A moment is a number of records sent, plus a few round trips to the server, in which what was sent is on its way through
 * the mesh. Some are killed once more while they recover, after a number of log lines.
 */
import { describe, expect, it } from 'vitest';
import { EVENTS } from '../../shared/log/names.ts';
import { seededRandom } from '../../shared/testing/orders.ts';
import { Feeder } from './feeder.ts';
import type { MeshProcess, Role } from './mesh-process.ts';
import { makeLoad, routeOf } from './order-load.ts';
import { differences } from './straight-fold.ts';
import { TestMesh } from './test-mesh.ts';
import { until } from './until.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const KILLS = 4;
/** Records that are sent before anybody is killed, so that there is something to lose, and behind each kill. */
const FIRST = 350;
const BEHIND = 200;

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
  { victims: ['bridge'], seeds: [1, 2] },
  { victims: ['bridge'], seeds: [4], isOneGroup: true },
  { victims: ['rfm'], seeds: [5, 6] },
  { victims: ['sales'], seeds: [9, 10] },
  { victims: ['nats'], seeds: [12, 13] },
  { victims: ['bridge', 'rfm', 'sales', 'nats'], seeds: [16, 17, 18] },
  { victims: ['sales+rfm', 'nats'], seeds: [20], isFused: true },
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
    const victim = victims[Math.floor(random() * victims.length)] ?? 'bridge';
    const sending = await sendPast(feeder, at);
    for (let trips = Math.floor(random() * 30); trips > 0; trips--) await mesh.log.state(EVENTS);
    if (victim === 'nats') await mesh.restartNats();
    else {
      await processes.get(victim)?.kill9();
      start(victim);
      if (random() < 0.3) {
        const lines = 1 + Math.floor(random() * 8);
        await until(`${victim} recovers`, () => (processes.get(victim)?.lines.length ?? 0) >= lines);
        await processes.get(victim)?.kill9();
        start(victim);
      }
    }
    await sending.done;
  }
  await feeder.sendUpTo(load.changes.length);
  await mesh.reach(load.finalWatermark);
  await mesh.stop();
  expect(await differences(mesh, load)).toEqual([]);
}

/** Sends up to this record and further. Resolves when Kafka has this one; `done`, when it has all. */
async function sendPast(feeder: Feeder, at: number): Promise<{ readonly done: Promise<void> }> {
  const sent = Promise.withResolvers<void>();
  const done = feeder.sendUpTo(at + BEHIND, (count) => count >= at && sent.resolve());
  await Promise.race([sent.promise, done]);
  return { done };
}

/** Numbers of records, ascending, one in each quarter of the load. */
function killPoints(random: () => number, records: number): number[] {
  const part = (records - BEHIND - FIRST) / KILLS;
  return Array.from({ length: KILLS }, (_, at) => FIRST + Math.floor((at + random()) * part));
}
