/** Rows of services: a worker over an EVENTS that is full already. */
import { provisionMesh } from '../../../shared/log/provision.ts';
import { bucketStream, logSubject } from '../../../shared/log/names.ts';
import type { BenchMesh } from '../bench-mesh.ts';
import { SERVICE_US } from '../budgets.ts';
import { storageCosts, throughputOf, untilStoresAreStill } from '../costs.ts';
import { fillEvents } from '../event-frames.ts';
import { takeUsage } from '../process-usage.ts';
import type { Result, ThroughputResult } from '../result.ts';
import type { ServiceInput } from '../service-inputs.ts';
import { eventsFolded, haveCommitted, lastDataFrames } from '../stage-progress.ts';
import { waitUntil } from '../wait-until.ts';
import { pidOf } from './bridge-run.ts';
import type { Dataset } from './dataset.ts';
import { stageWorker } from './stage-workers.ts';

const POLL_MS = 100;

/** Services over orders that came through Kafka and the bridge. */
export async function benchStages(mesh: BenchMesh, dataset: Dataset, services: readonly string[]): Promise<Result[]> {
  await dataset.toEvents();
  return [
    await runStages(mesh, { workers: services, stages: services, topics: [dataset.topic], events: dataset.count }),
  ];
}

/** A service over events of its kinds, which never were in Kafka. */
export async function benchService(mesh: BenchMesh, dataset: Dataset, input: ServiceInput): Promise<Result[]> {
  const { count: events } = dataset;
  await dataset.leaveEvents();
  await provisionMesh(mesh.log);
  await fillEvents(mesh.log, { ...input, count: events }, mesh);
  const topics = input.sources.map(({ topic }) => topic);
  return [await runStages(mesh, { workers: [input.worker], stages: [input.stage], topics, events })];
}

interface StageRun {
  /** Folders of services/, fused when there are several. */
  readonly workers: readonly string[];
  /** `service` of the stages that read the topics. */
  readonly stages: readonly string[];
  readonly topics: readonly string[];
  readonly events: number;
}

async function runStages(mesh: BenchMesh, { workers, stages, topics, events }: StageRun): Promise<ThroughputResult> {
  const targets = await lastDataFrames(mesh.log, topics);
  const plan = stageWorker(workers);
  const firstFence = mesh.lookOut(logSubject('*', '*'));
  const worker = await mesh.startWorker(plan);
  const pids = new Map([...mesh.serverPids(), [plan.name, await pidOf(mesh, worker)]]);
  pids.delete('Kafka'); // it has no part in this
  await firstFence();
  const before = takeUsage(pids);
  const isDone = async () => {
    const member = await worker.ask();
    const folded = Math.min(...stages.map((stage) => eventsFolded(member, stage)));
    mesh.progress.show(plan.name, folded, events, before.atMs);
    return stages.every((stage) => haveCommitted(member, stage, targets));
  };
  await waitUntil(isDone, { what: plan.name, signal: mesh.signal, everyMs: POLL_MS, check: () => mesh.checkAlive() });
  const after = takeUsage(pids);
  mesh.progress.say(`${plan.name}: waiting until KV holds all results`);
  const inKv = await untilStoresAreStill(mesh, stages, pids);
  const storage = await storageCosts(mesh, stages, events);
  const state = await stateOf(mesh, stages);
  await mesh.stopWorkers();
  mesh.noteMeasured([plan.name], before, after);
  const row = stages.length > 1 ? `fused ${plan.name}` : stages.join();
  const budget = { workers: [plan.name], usPerEvent: SERVICE_US * stages.length };
  return throughputOf({ row, events, before, after, inKv, storage, state, budget });
}

/** Every key of the buckets, and its bytes with what the server stores beside a value. */
async function stateOf(mesh: BenchMesh, stages: readonly string[]): Promise<ThroughputResult['state']> {
  const buckets = await Promise.all(stages.map((stage) => mesh.log.state(bucketStream(stage))));
  const keys = buckets.reduce((sum, { messages }) => sum + messages, 0);
  const bytes = buckets.reduce((sum, bucket) => sum + bucket.bytes, 0);
  return { keys, bytesPerKey: keys === 0 ? 0 : bytes / keys };
}
