/**
 * What the design allows (design 11), and what others need for the same work. Numbers only; the table compares.
 * The peers' figures are not measured here: they come from the design, taken on a machine of the same kind (2 cores)
 * with 1 M Debezium orders.
 */

/** CPU microseconds an event. */
export const BRIDGE_US = 8;
/** The bridge, for Avro and JSON. */
export const FORMAT_US = 5;
export const SERVICE_US = 2.5;

export const LATENCY_MS = { p50: 10, p99: 50 } as const;
/** To DynamoDB or PostgreSQL, at 1,000 events a second. */
export const SINK_LATENCY_MS = { p99: 1_000 } as const;
/** Of single keys by the gateway, on 2 cores, while 10,000 events a second flow. */
export const READS = { perSecond: 5_000, p99: 20 } as const;
/** Of any list, of tables of 1 M rows. */
export const QUERY_MS = { p99: 100 } as const;
/** Of 1 M keys, from the takeover; noticing that a worker is dead comes before it. */
export const RECOVERY_MS = 10_000;

const MEGABYTE = 1_000_000;
export const IDLE_BYTES = { node: 90 * MEGABYTE, bun: 60 * MEGABYTE, deno: 90 * MEGABYTE } as const;

export interface Peer {
  readonly name: string;
  readonly usPerEvent: string;
  readonly eventsPerSecond: string;
  readonly visible: string;
}

/** Flink 2.2.1, sales + rfm + anomalies in one job: one job more than the path here. */
export const PEERS: readonly Peer[] = [
  { name: 'Flink, Java, heap state, no sink', usPerEvent: '5.5-7.6', eventsPerSecond: '200-330 K', visible: 'never' },
  {
    name: 'Flink, Java, heap state, exactly-once Kafka sink',
    usPerEvent: '8.6-11, and 2.6 in the broker',
    eventsPerSecond: '140-175 K',
    visible: 'at each checkpoint (5 s)',
  },
  {
    name: 'Flink, Java, RocksDB (rfm + anomalies)',
    usPerEvent: '10.5',
    eventsPerSecond: '165 K',
    visible: 'at each checkpoint',
  },
  { name: 'PyFlink', usPerEvent: 'hundreds to thousands', eventsPerSecond: '0.5-7 K', visible: 'seconds' },
];
