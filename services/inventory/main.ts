/** Composition root of inventory. */
import { runWorker, type Service } from '../../shared/runtime/worker.ts';
import { inventory } from './inventory.ts';
import { readInventoryOptions } from './settings.ts';
import { inventorySummary } from './summary.ts';

export const service: Service = {
  name: 'inventory',
  stages: [inventory(readInventoryOptions(process.env)), inventorySummary],
};

if (import.meta.main) await runWorker(service);
