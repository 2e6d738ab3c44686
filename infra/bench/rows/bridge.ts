/** Row `bridge`: Kafka to EVENTS, alone. */
import type { BenchMesh } from '../bench-mesh.ts';
import { BRIDGE_US } from '../budgets.ts';
import { storageCosts, throughputOf } from '../costs.ts';
import type { Result } from '../result.ts';
import type { Dataset } from './dataset.ts';

export async function benchBridge(mesh: BenchMesh, dataset: Dataset): Promise<Result[]> {
  const { before, after } = await dataset.bridge();
  const { count: events } = dataset;
  mesh.noteMeasured(['bridge'], before, after);
  const storage = await storageCosts(mesh, [], events);
  const budget = { workers: ['bridge'], usPerEvent: BRIDGE_US };
  return [throughputOf({ row: 'bridge', events, before, after, storage, budget })];
}
