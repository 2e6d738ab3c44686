/** Rows `sales`, `rfm`, `fused`: stages over an EVENTS that is full already. */
import { logSubject } from '../../../shared/log/names.ts';
import type { BenchMesh } from '../bench-mesh.ts';
import { SERVICE_US } from '../budgets.ts';
import { processCosts, storageCosts, untilStoresAreStill } from '../costs.ts';
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
  const still = await untilStoresAreStill(mesh, services, pids);
  const storage = await storageCosts(mesh, services, events);
  await mesh.stopWorkers();
  mesh.noteMeasured([plan.name], before, after);
  const cpu = processCosts(before, after, events);
  const cpuToKv = processCosts(before, still.usage, events);
  return [
    {
      kind: 'throughput',
      row: services.length > 1 ? `fused ${plan.name}` : plan.name,
      events,
      seconds: (after.atMs - before.atMs) / 1000,
      ...(cpu ? { cpu } : {}),
      ...(cpuToKv ? { cpuToKv } : {}),
      storage,
      putsPerEvent: still.puts / events,
      budget: { workers: [plan.name], usPerEvent: SERVICE_US * services.length },
    },
  ];
}
