/** Prometheus metrics of the sink in this process: read from its status at each scrape, and told of each write. */
import type { SinkStatus } from '../runtime/status.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { SinkMeter } from './sink-meter.ts';

const LABELS = ['sink', 'bucket'] as const;

const GAUGES: readonly [name: string, help: string, value: (status: SinkStatus) => number][] = [
  ['weir_sink_position', 'Sequence up to which the bucket is in the store', (status) => status.position],
  ['weir_sink_lag_entries', 'Keys and messages not yet in the store', (status) => status.lagEntries],
  ['weir_sink_lag_seconds', 'Age of the oldest value not yet in the store', (status) => status.lagSeconds],
  ['weir_sink_waiting_keys', 'Keys read and not yet written', (status) => status.waiting],
  ['weir_sink_written', 'Values written by this owner', (status) => status.written],
  ['weir_sink_deleted', 'Keys deleted by this owner', (status) => status.deleted],
  ['weir_sink_refused', 'Values that the store does not take', (status) => status.refused],
  ['weir_sink_retries', 'Calls repeated: the store was away, full or overloaded', (status) => status.retries],
  ['weir_sink_throttled', 'Calls repeated because the store was overloaded', (status) => status.throttled],
];

const BATCH_BUCKETS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000];

export function registerSinkMetrics(metrics: Metrics, status: () => readonly SinkStatus[]): void {
  for (const [name, help, value] of GAUGES)
    metrics.gauge(name, help, LABELS, (gauge) => {
      gauge.reset(); // buckets move away
      for (const one of status()) gauge.set({ sink: one.sink, bucket: one.bucket }, value(one));
    });
}

export function sinkMeter(metrics: Metrics, sink: string): SinkMeter {
  const entries = metrics.histogram('weir_sink_batch_entries', 'Entries of one write', LABELS, BATCH_BUCKETS);
  const seconds = metrics.histogram('weir_sink_write_seconds', 'Time of one write', LABELS);
  return {
    written(bucket, count, ms) {
      entries.observe({ sink, bucket }, count);
      seconds.observe({ sink, bucket }, ms / 1_000);
    },
  };
}
