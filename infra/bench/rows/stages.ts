/** Rows `sales`, `rfm`, `fused`: stages over an EVENTS that is full already. */
import { logSubject } from '../../../shared/log/names.ts';
import type { BenchMesh } from '../bench-mesh.ts';
import { SERVICE_US } from '../budgets.ts';
import { storageCosts, throughputOf, untilStoresAreStill } from '../costs.ts';
import { takeUsage } from '../process-usage.ts';
import type { Result } from '../result.ts';
import { eventsFolded, haveCommitted, lastDataFrames } from '../stage-progress.ts';
import { waitUntil } from '../wait-until.ts';
import { pidOf } from './bridge-run.ts';
import type { Dataset } from './dataset.ts';
import { stageWorker } from './stage-workers.ts';

const POLL_MS = 100;

export async function benchStages(mesh: BenchMesh, dataset: Dataset, services: readonly string[]): Promise<Result[]> {
  await dataset.toEvents();
  const { count: events, topic } = dataset;
  const targets = await lastDataFrames(mesh.log, topic);
  const plan = stageWorker(services);
  const firstFence = mesh.lookOut(logSubject('*', '*'));
  const worker = await mesh.startWorker(plan);
  const pids = new Map([...mesh.serverPids(), [plan.name, await pidOf(mesh, worker)]]);
  pids.delete('Kafka'); // it has no part in this
  await firstFence();
  const before = takeUsage(pids);
  const isDone = async () => {
    const member = await worker.ask();
    const folded = Math.min(...services.map((service) => eventsFolded(member, service)));
    mesh.progress.show(plan.name, folded, events, before.atMs);
    return services.every((service) => haveCommitted(member, service, targets));
  };
  await waitUntil(isDone, { what: plan.name, signal: mesh.signal, everyMs: POLL_MS, check: () => mesh.checkAlive() });
  const after = takeUsage(pids);
  mesh.progress.say(`${plan.name}: waiting until KV holds all results`);
  const inKv = await untilStoresAreStill(mesh, services, pids);
  const storage = await storageCosts(mesh, services, events);
  await mesh.stopWorkers();
  mesh.noteMeasured([plan.name], before, after);
  const row = services.length > 1 ? `fused ${plan.name}` : plan.name;
  const budget = { workers: [plan.name], usPerEvent: SERVICE_US * services.length };
  return [throughputOf({ row, events, before, after, inKv, storage, budget })];
}
