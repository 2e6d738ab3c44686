/**
 * The process's Prometheus metrics as OpenTelemetry observables, so that an OTLP receiver sees what /metrics shows.
 * A histogram becomes its `_sum` and `_count`; its buckets stay with Prometheus.
 *
 * It must run after the SDK was started: the meter before that makes instruments which nobody ever reads.
 */
import { type Attributes, metrics as openTelemetry, type ObservableResult } from '@opentelemetry/api';
import type { Metrics, MetricSample } from './metrics.ts';

export async function mirrorMetrics(source: Pick<Metrics, 'samples'>): Promise<void> {
  const meter = openTelemetry.getMeter('weir');
  const mirrored = new Set<string>();
  let collection: Promise<readonly MetricSample[]> | undefined;

  /** One reading of the registry for all instruments of a collection. */
  const collect = () => {
    collection ??= source.samples().finally(() => {
      collection = undefined;
    });
    return collection;
  };
  const observe = (name: string) => async (result: ObservableResult<Attributes>) => {
    for (const sample of await collect()) if (sample.name === name) result.observe(sample.value, sample.labels);
  };
  const mirrorNew = (samples: readonly MetricSample[]) => {
    for (const { name, kind, help } of samples) {
      if (mirrored.has(name)) continue;
      mirrored.add(name);
      const instrument =
        kind === 'counter'
          ? meter.createObservableCounter(name, { description: help })
          : meter.createObservableGauge(name, { description: help });
      instrument.addCallback(observe(name));
    }
  };

  mirrorNew(await collect());
  // A metric that is made later joins at the collection after the one that finds it.
  meter.createObservableGauge('weir_up', { description: '1 while the process runs' }).addCallback(async (result) => {
    result.observe(1);
    mirrorNew(await collect());
  });
}
