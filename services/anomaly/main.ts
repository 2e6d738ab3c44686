/** Composition root of anomaly. */
import { runWorker, type Service } from '../../shared/runtime/worker.ts';
import { anomaly } from './anomaly.ts';

export const service: Service = { name: 'anomaly', stages: [anomaly()] };

if (import.meta.main) await runWorker(service);
