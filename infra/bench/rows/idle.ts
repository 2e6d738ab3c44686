/** Row `idle`: resident memory of each worker of a mesh in which nothing happens, Kafka's topic being empty. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchMesh } from '../bench-mesh.ts';
import type { WorkerPlan } from '../bench-worker.ts';
import { IDLE_BYTES } from '../budgets.ts';
import { makeTopic } from '../kafka-topic.ts';
import { resident } from '../process-usage.ts';
import type { Result } from '../result.ts';
import { BRIDGE, pidOf } from './bridge-run.ts';
import { TOPIC } from './dataset.ts';
import { stageWorker, untilRunning } from './stage-workers.ts';

const IDLE_MS = 10_000;
const GATEWAY: WorkerPlan = { name: 'gateway', entry: 'services/gateway/main.ts' };

export async function benchIdle(mesh: BenchMesh): Promise<Result[]> {
  await mesh.clear();
  await makeTopic(await mesh.kafka(), TOPIC);
  const apart = [BRIDGE, stageWorker(['sales']), stageWorker(['rfm']), GATEWAY];
  return [...(await measure(mesh, apart)), ...(await measure(mesh, [stageWorker(['sales', 'rfm'])]))];
}

async function measure(mesh: BenchMesh, plans: readonly WorkerPlan[]): Promise<Result[]> {
  const workers = [];
  for (const plan of plans) workers.push(await mesh.startWorker(plan));
  for (const worker of workers) {
    const services = worker.name.split('+').filter((name) => name === 'sales' || name === 'rfm');
    await untilRunning(mesh, [{ services, worker }]);
  }
  mesh.progress.say(`idle: ${workers.map(({ name }) => name).join(', ')}, for ${IDLE_MS / 1000} s`);
  await sleep(IDLE_MS, undefined, { signal: mesh.signal });
  mesh.checkAlive();
  const results: Result[] = [];
  for (const worker of workers) {
    const found = resident(await pidOf(mesh, worker));
    const rssBytes = found?.bytes ?? (await worker.ask())?.rssBytes ?? Number.NaN;
    results.push({
      kind: 'memory',
      row: worker.name,
      rssBytes,
      ...(found ? { privateBytes: found.privateBytes } : {}),
      budgetBytes: IDLE_BYTES[mesh.runtime],
    });
  }
  await mesh.stopWorkers();
  return results;
}
