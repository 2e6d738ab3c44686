/**
 * Row `recovery`: a worker that holds many keys is killed, and another takes its partitions.
 * The dead one's keys are in KV by then, as after a while without much change.
 */
import { availableParallelism } from 'node:os';
import { provisionMesh } from '../../../shared/log/provision.ts';
import { logSubject } from '../../../shared/log/names.ts';
import type { BenchMesh } from '../bench-mesh.ts';
import { untilStoresAreStill } from '../costs.ts';
import { fillEvents } from '../event-frames.ts';
import { otherLoad, takeUsage } from '../process-usage.ts';
import type { Result } from '../result.ts';
import { orderEvent, ORDERS } from '../service-inputs.ts';
import { allRunning, eventsFolded, haveCommitted, lastDataFrames } from '../stage-progress.ts';
import { waitUntil } from '../wait-until.ts';
import { pidOf } from './bridge-run.ts';
import { stageWorker } from './stage-workers.ts';

const RFM = 'rfm';

export async function benchRecovery(mesh: BenchMesh, keys: number): Promise<Result[]> {
  await mesh.clear();
  await provisionMesh(mesh.log);
  await fillEvents(mesh.log, { sources: [ORDERS], event: orderOfItsOwn, count: keys }, mesh);
  const targets = await lastDataFrames(mesh.log, [ORDERS.topic]);
  const check = () => mesh.checkAlive();
  const first = await mesh.startWorker(stageWorker([RFM]));
  const startedMs = performance.now();
  const isFolded = async () => {
    const member = await first.ask();
    mesh.progress.show('recovery: making state', eventsFolded(member, RFM), keys, startedMs);
    return haveCommitted(member, RFM, targets);
  };
  await waitUntil(isFolded, { what: 'the state', signal: mesh.signal, everyMs: 200, check });
  mesh.progress.say('recovery: waiting until KV holds every key');
  await untilStoresAreStill(mesh, [RFM], new Map());

  await first.kill9();
  const killedMs = performance.now();
  const firstFence = mesh.lookOut(logSubject(RFM, '*'));
  const second = await mesh.startWorker(stageWorker([RFM]));
  await firstFence();
  const pids = new Map<string, number>([
    ...mesh.serverPids(),
    [RFM, await pidOf(mesh, second)],
    ['bench', process.pid],
  ]);
  const taken = takeUsage(pids);
  const isRunning = async () => allRunning(await second.ask(), RFM);
  await waitUntil(isRunning, { what: 'the recovery', signal: mesh.signal, everyMs: 20, check });
  const running = takeUsage(pids);
  const others = otherLoad(taken, running, availableParallelism());
  mesh.noteMeasured([RFM], taken, running);
  await mesh.stopWorkers();
  const row = `recovery of ${keys.toLocaleString('en')} keys`;
  return [
    {
      kind: 'recovery',
      row,
      keys,
      failoverMs: running.atMs - killedMs,
      recoveryMs: running.atMs - taken.atMs,
      ...(others === undefined ? {} : { otherLoad: others }),
    },
  ];
}

/** Every order has a customer of its own. */
function orderOfItsOwn(number: number, t: number) {
  return { source: 0, event: { ...orderEvent(number, t), k: String(number) } };
}
