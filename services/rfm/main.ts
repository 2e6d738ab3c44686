/** Composition root of rfm. */
import { runWorker, type Service } from '../../shared/runtime/worker.ts';
import { rfm } from './rfm.ts';
import { rfmSummary } from './summary.ts';

export const service: Service = { name: 'rfm', stages: [rfm, rfmSummary] };

if (import.meta.main) await runWorker(service);
