/** Workers that run stages: what to start, and what they have in common for the rows that wait for them. */
import type { MemberRecord } from '../../../shared/runtime/status.ts';
import type { BenchMesh } from '../bench-mesh.ts';
import type { BenchWorker, WorkerPlan } from '../bench-worker.ts';
import { allRunning } from '../stage-progress.ts';
import { waitUntil } from '../wait-until.ts';
import { pidOf } from './bridge-run.ts';

export interface StageWorker {
  readonly services: readonly string[];
  readonly worker: BenchWorker;
}

/** The process that runs these services: their own, or one for all. */
export function stageWorker(services: readonly string[]): WorkerPlan {
  const [first = ''] = services;
  if (services.length === 1) return { name: first, entry: `services/${first}/main.ts` };
  return { name: services.join('+'), entry: 'infra/launcher/fused.ts', args: services };
}

/** Waits until every partition of every worker runs; the answer is their pids. */
export async function untilRunning(
  mesh: BenchMesh,
  workers: readonly StageWorker[],
): Promise<ReadonlyMap<string, number>> {
  const pids = new Map<string, number>();
  for (const { worker } of workers) pids.set(worker.name, await pidOf(mesh, worker));
  await waitUntil(() => isTrueOfAll(workers, allRunning), {
    what: 'the start of the stages',
    signal: mesh.signal,
    atMostMs: 120_000,
    check: () => mesh.checkAlive(),
  });
  return pids;
}

/** Asks every worker about each of its services. */
export async function isTrueOfAll(
  workers: readonly StageWorker[],
  isTrue: (member: MemberRecord | undefined, service: string) => boolean,
): Promise<boolean> {
  for (const { worker, services } of workers) {
    const member = await worker.ask();
    if (!services.every((service) => isTrue(member, service))) return false;
  }
  return true;
}
