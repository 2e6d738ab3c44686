/** What a row of the benchmark found, as data: the table prints it, `--json` keeps it. */

/** Rows that measure one service each. */
export const SERVICE_ROWS = [
  'sales',
  'rfm',
  'anomaly',
  'anomaly-maip',
  'inventory',
  'region-health',
  'segments',
  'activity',
  'cep',
] as const;

/** Rows that measure everything at once, for minutes: a process a service, or one for all services. */
export const MESH_ROWS = ['mesh', 'mesh-fused'] as const;

/** Rows that measure a store outside and the sink that writes it. */
export const SINK_ROWS = ['sink-postgres', 'sink-dynamodb'] as const;

/** In the order in which they run: `idle` while no order is in Kafka. */
export const ROWS = [
  'idle',
  'bridge',
  ...SERVICE_ROWS,
  'fused',
  'path',
  'latency',
  'recovery',
  ...SINK_ROWS,
  'postgres-queries',
  'egress',
  'gateway',
  ...MESH_ROWS,
] as const;
export type RowName = (typeof ROWS)[number];

/** CPU of one process, microseconds an event. */
export interface ProcessCost {
  readonly process: string;
  readonly usPerEvent: number;
}

/** What one stream stored, bytes an event. */
export interface StorageCost {
  readonly stream: string;
  readonly bytesPerEvent: number;
}

export interface ThroughputResult {
  readonly kind: 'throughput';
  readonly row: string;
  readonly events: number;
  /** Until everything was committed. */
  readonly seconds: number;
  /** Absent: this system does not tell what a process used. */
  readonly cpu?: readonly ProcessCost[];
  /** As `cpu`, but until KV held every result too; absent for a row without a store. */
  readonly cpuToKv?: readonly ProcessCost[];
  readonly storage: readonly StorageCost[];
  /** Puts into KV buckets for an event; below 1 because they coalesce. */
  readonly putsPerEvent?: number;
  /** What the service's bucket holds in the end. */
  readonly state?: { readonly keys: number; readonly bytesPerKey: number };
  /** CPU of the processes in `workers` together may be so much, microseconds an event. */
  /** Share of the machine that other work used meanwhile, 0 to 1; absent where the system does not tell. */
  readonly otherLoad?: number;
  /** Without a figure: a floor that others are compared with. */
  readonly budget: { readonly workers: readonly string[]; readonly usPerEvent?: number };
}

export interface LatencyResult {
  readonly kind: 'latency';
  readonly row: string;
  readonly perSecond: number;
  readonly events: number;
  /** Where the orders were looked for: `KV`, `PostgreSQL`. */
  readonly to: string;
  readonly budget: { readonly p50?: number; readonly p99: number };
  /** Sent, but not seen there before the row gave up. */
  readonly missing: number;
  readonly otherLoad?: number;
  readonly fromAckMs: LatencyFigures;
  readonly fromSendMs: LatencyFigures;
}

export interface LatencyFigures {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Reads over HTTP at a steady rate. */
export interface ReadsResult {
  readonly kind: 'reads';
  readonly row: string;
  /** Asked of the load. */
  readonly perSecond: number;
  readonly readsPerSecond: number;
  /** From when a read was due to the last byte of its answer. */
  readonly latencyMs: LatencyFigures;
  readonly budget: { readonly p99: number };
  /** In the store that is read. */
  readonly keys: number;
  /** Through the service behind it, meanwhile. */
  readonly eventsPerSecond: number;
  readonly answerBytes: number;
  /** Of a read; what the events cost is in that of their service and the server, too. */
  readonly cpu?: readonly ProcessCost[];
  /** Of the gateway, in the end. */
  readonly rssBytes?: number;
  readonly otherLoad?: number;
}

export interface MemoryResult {
  readonly kind: 'memory';
  readonly row: string;
  readonly rssBytes: number;
  /** What of it no other process shares; absent where the system does not tell. */
  readonly privateBytes?: number;
  readonly budgetBytes: number;
}

/** One question to PostgreSQL. */
export interface QueryResult {
  readonly kind: 'query';
  readonly row: string;
  /** Of each table. */
  readonly rows: number;
  readonly latencyMs: LatencyFigures;
  readonly budget: { readonly p99: number };
}

export interface RecoveryResult {
  readonly kind: 'recovery';
  readonly row: string;
  readonly keys: number;
  /** From SIGKILL to the last partition running in the other process. */
  readonly failoverMs: number;
  /** From the first partition taken to the last one running. */
  readonly recoveryMs: number;
  readonly otherLoad?: number;
}

export interface LagSample {
  /** Since the measurement began. */
  readonly atS: number;
  /** Records that Kafka has and the log has not. */
  readonly records: number;
  /** Of the partition that is furthest behind, of the bridge or any stage; NaN: one did not answer. */
  readonly seconds: number;
}

export interface ProcessMemory {
  readonly process: string;
  readonly startBytes: number;
  readonly endBytes: number;
}

export interface MeshResult {
  readonly kind: 'mesh';
  readonly row: string;
  /** Asked of the load. */
  readonly perSecond: number;
  /** Acknowledged by Kafka meanwhile. */
  readonly events: number;
  readonly seconds: number;
  readonly cpu?: readonly ProcessCost[];
  /** Stored by each stream meanwhile, for a record. */
  readonly messages: readonly { readonly stream: string; readonly perRecord: number }[];
  readonly lag: readonly LagSample[];
  readonly memory: readonly ProcessMemory[];
  readonly otherLoad?: number;
}

export interface CepResult {
  readonly kind: 'cep';
  readonly row: string;
  readonly usPerEvent: number;
  /** Live when the last event came. */
  readonly partialMatches: number;
  readonly snapshotBytes: number;
}

export type Result =
  | CepResult
  | ThroughputResult
  | LatencyResult
  | MemoryResult
  | ReadsResult
  | QueryResult
  | RecoveryResult
  | MeshResult;
