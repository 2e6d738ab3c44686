/** The bridge's metrics: what its status says per Kafka partition, and what its sessions have done per topic. */
import type { RegistryStats } from '../shared/avro/schema-registry.ts';
import type { BridgeStatus } from '../shared/runtime/status.ts';
import type { Metrics } from '../shared/telemetry/metrics.ts';
import type { Meter, TopicTotals } from './partition/meter.ts';

export interface BridgeFacts {
  status(): readonly BridgeStatus[];
  readonly meter: Meter;
  /** Absent: there is no schema registry. */
  readonly schemas: RegistryStats | undefined;
  unackedBytes(): number;
}

/** Counts of a partition that speak of dead letters by reason: `dead.malformed`. */
const DEAD = 'dead.';

export function registerBridgeMetrics(metrics: Metrics, facts: BridgeFacts): void {
  registerPartitions(metrics, facts.status);
  registerTopics(metrics, facts.meter);
  if (facts.schemas) registerSchemas(metrics, facts.schemas);
  metrics.gauge('bridge_unacked_bytes', 'Bytes handed over and not acked', [], (series) =>
    series.set(facts.unackedBytes()),
  );
}

/** Where a meter reports how long acks took. */
export function ackObserver(metrics: Metrics): (topic: string, seconds: number) => void {
  const histogram = metrics.histogram('bridge_ack_seconds', 'Time from an append to its ack', ['topic']);
  return (topic, seconds) => histogram.observe({ topic }, seconds);
}

function registerPartitions(metrics: Metrics, status: () => readonly BridgeStatus[]): void {
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
  gauge('bridge_stalled_seconds', 'How long it has not moved though there is something to do', (one) => {
    return one.stalledSeconds;
  });
  gauge('bridge_watermark_seconds', 'Watermark, seconds since the epoch', ({ watermark }) =>
    watermark === undefined ? undefined : watermark / 1000,
  );
  gauge('bridge_idle', '1 when no records come', ({ idle }) => (idle ? 1 : 0));
  gauge('bridge_running', '1 when records are taken in', ({ state }) => (state === 'running' ? 1 : 0));
  gauge('bridge_paused', '1 when something keeps records from being taken in', ({ state }) => {
    return state === 'paused' ? 1 : 0;
  });
  const byCount = (name: string, help: string, label: string, read: (count: string) => string | undefined) =>
    metrics.gauge(name, help, [...labels, label], (series) => {
      series.reset();
      for (const { topic, partition, counts } of status())
        for (const [count, value] of Object.entries(counts)) {
          const of = read(count);
          if (of !== undefined) series.set({ topic, partition: String(partition), [label]: of }, value);
        }
    });
  byCount('bridge_records', 'What became of records', 'outcome', (count) =>
    count.startsWith(DEAD) ? undefined : count,
  );
  byCount('bridge_dead_letters', 'Dead letters by reason', 'reason', (count) =>
    count.startsWith(DEAD) ? count.slice(DEAD.length) : undefined,
  );
}

function registerTopics(metrics: Metrics, { totals }: Meter): void {
  const total = (name: string, help: string, read: (one: TopicTotals) => number) =>
    metrics.gauge(name, help, ['topic'], (series) => {
      for (const [topic, one] of totals) series.set({ topic }, read(one));
    });
  total('bridge_frames_total', 'Messages appended to the log', ({ frames }) => frames);
  total('bridge_bytes_total', 'Bytes appended to the log', ({ bytes }) => bytes);
  total('bridge_fenced_total', 'Appends that found a message of another bridge before them', ({ conflicts }) => {
    return conflicts;
  });
}

function registerSchemas(metrics: Metrics, stats: RegistryStats): void {
  const total = (name: string, help: string, read: () => number) =>
    metrics.gauge(name, help, [], (series) => series.set(read()));
  total('bridge_schema_misses_total', 'Schemas asked of the registry', () => stats.misses);
  total('bridge_schema_absent_total', 'Answers of the registry that it has no such schema', () => stats.absent);
  total('bridge_schema_errors_total', 'Requests that the registry did not answer', () => stats.errors);
}
