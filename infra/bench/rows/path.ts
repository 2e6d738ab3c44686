/**
 * Row `path`: bridge and stages at once, from a Kafka topic that is full to the last commit. The stages run and wait
 * before the bridge starts, so that what a process needs to start is not counted.
 */
import type { BenchMesh } from '../bench-mesh.ts';
import { BRIDGE_US, SERVICE_US } from '../budgets.ts';
import { storageCosts, throughputOf, untilStoresAreStill } from '../costs.ts';
import { takeUsage } from '../process-usage.ts';
import type { Result } from '../result.ts';
import { haveCommitted, lastDataFrames } from '../stage-progress.ts';
import { waitUntil } from '../wait-until.ts';
import { DEBEZIUM_JSON } from '../formats/formats.ts';
import { runBridge } from './bridge-run.ts';
import type { Dataset } from './dataset.ts';
import { isTrueOfAll, type StageWorker, stageWorker, untilRunning } from './stage-workers.ts';

const SERVICES = ['sales', 'rfm'] as const;

export async function benchPath(mesh: BenchMesh, dataset: Dataset): Promise<Result[]> {
  return [await runPath(mesh, dataset, [['sales'], ['rfm']]), await runPath(mesh, dataset, [['sales', 'rfm']])];
}

async function runPath(mesh: BenchMesh, dataset: Dataset, groups: readonly (readonly string[])[]): Promise<Result> {
  await dataset.toKafka();
  const { count: events, topic } = dataset;
  const workers: StageWorker[] = [];
  for (const services of groups) workers.push({ services, worker: await mesh.startWorker(stageWorker(services)) });
  const { before, pids } = await runBridge(mesh, DEBEZIUM_JSON, events, await untilRunning(mesh, workers));
  const targets = await lastDataFrames(mesh.log, [topic]);
  const isDone = () => isTrueOfAll(workers, (member, service) => haveCommitted(member, service, targets));
  await waitUntil(isDone, { what: 'the stages', signal: mesh.signal, check: () => mesh.checkAlive() });
  const after = takeUsage(pids);
  mesh.progress.say('path: waiting until KV holds all results');
  const inKv = await untilStoresAreStill(mesh, SERVICES, pids);
  const storage = await storageCosts(mesh, SERVICES, events);
  await mesh.stopWorkers();
  const names = ['bridge', ...groups.map((services) => services.join('+'))];
  mesh.noteMeasured(names, before, after);
  const row = `path: ${names.join(', ')}`;
  const budget = { workers: names, usPerEvent: BRIDGE_US + SERVICES.length * SERVICE_US };
  return throughputOf({ row, events, before, after, inKv, storage, budget });
}
