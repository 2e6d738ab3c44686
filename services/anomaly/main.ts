/** Composition root of anomaly. */
import { runWorker, type Service } from '../../shared/runtime/worker.ts';
import { anomaly } from './anomaly.ts';
import { globalPatterns } from './global-patterns.ts';
import { anomalyMaip } from './maip.ts';

export const service: Service = { name: 'anomaly', stages: [anomaly(), anomalyMaip(), globalPatterns()] };

if (import.meta.main) await runWorker(service);
