/** Composition root of anomaly. */
import { runWorker, type Service } from '../../shared/runtime/worker.ts';
import { anomaly } from './anomaly.ts';
import { readAnomalySettings } from './config/anomaly-file.ts';
import { globalPatterns } from './global-patterns.ts';
import { anomalyMaip } from './maip.ts';

export const service: Service = {
  name: 'anomaly',
  /** Read when the worker starts, so that it can say what is wrong with the rules. */
  get stages() {
    const { orders, maip } = readAnomalySettings();
    return [anomaly(orders), anomalyMaip(maip), globalPatterns(maip)];
  },
};

if (import.meta.main) await runWorker(service);
