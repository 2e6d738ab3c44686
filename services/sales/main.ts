/** Composition root of sales. */
import { runWorker, type Service } from '../../shared/runtime/worker.ts';
import { combineSales } from './combine.ts';
import { sales } from './sales.ts';

export const service: Service = { name: 'sales', stages: [sales(), combineSales()] };

if (import.meta.main) await runWorker(service);
