/** The egress's metrics: what its status says per service, read at each scrape, and how long transactions take. */
import type { Metrics } from '../../shared/telemetry/metrics.ts';
import type { EgressStatus } from './egress-status.ts';

const GAUGES: readonly [name: string, help: string, value: (status: EgressStatus) => number][] = [
  ['weir_egress_position', 'Sequence of the last commit whose results are in Kafka', ({ position }) => position],
  ['weir_egress_lag_entries', 'Commits not yet read', ({ lagEntries }) => lagEntries],
  ['weir_egress_lag_seconds', 'Age of the last commit read while behind', ({ lagSeconds }) => lagSeconds],
  ['weir_egress_waiting', 'Results read and not yet committed to Kafka', ({ waiting }) => waiting],
  ['weir_egress_results', 'Results committed to Kafka by this owner', ({ sent }) => sent],
  ['weir_egress_restarts', 'Times it started over from what Kafka has', ({ restarts }) => restarts],
  ['weir_egress_missed_commits', 'Commits that were deleted before they were read', ({ missed }) => missed],
  ['weir_egress_running', '1 when results are sent', ({ state }) => (state === 'running' ? 1 : 0)],
];

export function registerEgressMetrics(metrics: Metrics, status: () => readonly EgressStatus[]): void {
  for (const [name, help, value] of GAUGES)
    metrics.gauge(name, help, ['service'], (gauge) => {
      gauge.reset(); // services move away
      for (const one of status()) gauge.set({ service: one.service }, value(one));
    });
}

/** Where transactions are reported. */
export function commitObserver(metrics: Metrics): (service: string, results: number, seconds: number) => void {
  const seconds = metrics.histogram('egress_transaction_seconds', 'Time of a transaction', ['service']);
  return (service, _results, took) => seconds.observe({ service }, took);
}
