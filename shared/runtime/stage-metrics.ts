/** Prometheus metrics of the stages in this process, read from their status at each scrape. */
import type { Metrics } from '../telemetry/metrics.ts';
import type { StageStatus } from './status.ts';

const LABELS = ['service', 'partition'] as const;

const GAUGES: readonly [name: string, help: string, value: (status: StageStatus) => number][] = [
  ['weir_stage_position', 'Sequence of the last input message committed', (status) => status.position],
  ['weir_stage_watermark_seconds', 'Watermark, seconds since the epoch', (status) => (status.watermark ?? 0) / 1000],
  ['weir_stage_lag_frames', 'Input messages not yet folded', (status) => status.lagFrames],
  ['weir_stage_lag_seconds', 'Age of the oldest input message not yet folded', (status) => status.lagSeconds],
  ['weir_stage_events', 'Events folded by this owner', (status) => status.events],
  ['weir_stage_commits', 'Commits by this owner', (status) => status.commits],
  ['weir_stage_late_events', 'Late events since the partition began', (status) => status.late],
  ['weir_stage_dirty_keys', 'Committed values not yet in KV', (status) => status.dirtyKeys],
  ['weir_stage_epoch', 'Owners the partition has had', (status) => status.epoch],
];

export function registerStageMetrics(metrics: Metrics, status: () => readonly StageStatus[]): void {
  for (const [name, help, value] of GAUGES)
    metrics.gauge(name, help, LABELS, (gauge) => {
      gauge.reset(); // partitions move away
      for (const stage of status()) gauge.set({ service: stage.service, partition: stage.partition }, value(stage));
    });
}
