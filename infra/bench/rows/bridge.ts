/** Row `bridge`: Kafka to EVENTS, alone. */
import type { BenchMesh } from '../bench-mesh.ts';
import { BRIDGE_US } from '../budgets.ts';
import { processCosts, storageCosts } from '../costs.ts';
import type { Result } from '../result.ts';
import type { Dataset } from './dataset.ts';

export async function benchBridge(mesh: BenchMesh, dataset: Dataset): Promise<Result[]> {
  const { before, after } = await dataset.bridge();
  const { count: events } = dataset;
  mesh.noteMeasured(['bridge'], before, after);
  const cpu = processCosts(before, after, events);
  return [
    {
      kind: 'throughput',
      row: 'bridge',
      events,
      seconds: (after.atMs - before.atMs) / 1000,
      ...(cpu ? { cpu } : {}),
      storage: await storageCosts(mesh, [], events),
      budget: { workers: ['bridge'], usPerEvent: BRIDGE_US },
    },
  ];
}
