/** Composition root of segments. */
import { runWorker, type Service } from '../../shared/runtime/worker.ts';
import { segments } from './segments.ts';

export const service: Service = { name: 'segments', stages: [segments()] };

if (import.meta.main) await runWorker(service);
