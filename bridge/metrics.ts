/** The bridge's metrics: what its status says, per Kafka partition. */
import type { BridgeStatus } from '../shared/runtime/status.ts';
import type { Metrics } from '../shared/telemetry/metrics.ts';

export function registerBridgeMetrics(metrics: Metrics, status: () => readonly BridgeStatus[]): void {
  const labels = ['topic', 'partition'] as const;
  const gauge = (name: string, help: string, read: (one: BridgeStatus) => number | undefined) =>
    metrics.gauge(name, help, labels, (series) => {
      series.reset();
      for (const one of status()) {
        const value = read(one);
        if (value !== undefined) series.set({ topic: one.topic, partition: String(one.partition) }, value);
      }
    });
  gauge('bridge_offset', 'Last Kafka offset that is in the log', ({ offset }) => offset);
  gauge('bridge_lag_records', 'Records in Kafka that are not in the log', ({ lagRecords }) => lagRecords);
  gauge('bridge_lag_seconds', 'Age of the newest record taken in while behind', ({ lagSeconds }) => lagSeconds);
  gauge('bridge_watermark_seconds', 'Watermark, seconds since the epoch', ({ watermark }) =>
    watermark === undefined ? undefined : watermark / 1000,
  );
  gauge('bridge_idle', '1 when no records come', ({ idle }) => (idle ? 1 : 0));
  gauge('bridge_running', '1 when records are taken in', ({ state }) => (state === 'running' ? 1 : 0));
  metrics.gauge('bridge_records', 'What became of records', [...labels, 'outcome'] as const, (series) => {
    series.reset();
    for (const { topic, partition, counts } of status())
      for (const [outcome, count] of Object.entries(counts))
        series.set({ topic, partition: String(partition), outcome }, count);
  });
}
