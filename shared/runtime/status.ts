/** What every process of the mesh says of itself: the value of its key in bucket `members`, renewed by heartbeat. */

export interface MemberRecord {
  readonly instance: string;
  readonly kind: 'bridge' | 'worker' | 'gateway' | 'sink' | 'generator' | 'registry';
  /** The stages this process can run, by the `service` of their definitions; [] for a bridge or gateway. */
  readonly services: readonly string[];
  readonly pid: number;
  /** For example `node 24.21.0`. */
  readonly runtime: string;
  readonly startedAt: string;
  /** Base URL of its /livez, /readyz, /metrics. */
  readonly health: string;
  readonly ready: boolean;
  /** Why it is not ready, or what is wrong: one sentence each. */
  readonly alarms: readonly string[];
  readonly rssBytes: number;
  /** What its stages read of EVENTS: topics and filters, by kind of event. A bridge takes in no topic that they pass by. */
  readonly reads?: readonly { readonly kind: string; readonly topics: readonly string[] }[];
  readonly stages?: readonly StageStatus[];
  readonly bridge?: readonly BridgeStatus[];
  readonly sinks?: readonly SinkStatus[];
}

/** One partition of one stage, as its owner sees it. */
export interface StageStatus {
  readonly service: string;
  readonly partition: string;
  readonly state: 'recovering' | 'running' | 'draining';
  readonly epoch: number;
  /** Sequence in the input stream of the last message folded and committed. */
  readonly position: number;
  /** ms; absent: nothing is known to be complete. */
  readonly watermark?: number;
  /** Messages stored behind the position when the last one arrived: of all partitions that its owner reads together. */
  readonly lagFrames: number;
  /** Age of the oldest message not yet folded, seconds; 0 when caught up. */
  readonly lagSeconds: number;
  readonly events: number;
  readonly commits: number;
  readonly late: number;
  /** Committed values not yet in KV. */
  readonly dirtyKeys: number;
  /** Sequence of the commit up to which KV is complete. */
  readonly applied: number;
}

/** One Kafka partition, as the bridge that owns it sees it. */
export interface BridgeStatus {
  readonly topic: string;
  readonly partition: number;
  readonly state: 'starting' | 'running' | 'paused';
  /** Last offset that is in the log with everything before it; absent: none yet. */
  readonly offset?: number;
  /** Kafka's end offset when last seen. */
  readonly highWatermark?: number;
  readonly lagRecords: number;
  readonly lagSeconds: number;
  /** How long it has not moved though there is something to do; 0 while it moves or has nothing to do. */
  readonly stalledSeconds: number;
  readonly watermark?: number;
  readonly idle: boolean;
  /** Running counts by what became of the records: events, unchanged, unattributable, tombstone, dead, ... */
  readonly counts: Readonly<Record<string, number>>;
  readonly alarm?: string;
}

/** One bucket, as the sink that brings it to a store sees it. */
export interface SinkStatus {
  /** `sink-postgres` */
  readonly sink: string;
  readonly bucket: string;
  /** `waiting`: there is no such bucket yet. `claiming`: the store has not answered yet. */
  readonly state: 'waiting' | 'claiming' | 'running' | 'draining';
  /** Everything of the bucket's stream up to here is in the store. */
  readonly position: number;
  /** Keys that wait or are being written, and messages not yet read. */
  readonly lagEntries: number;
  /** Age of the oldest value that is not written, seconds; 0 when there is none. */
  readonly lagSeconds: number;
  /** Keys that wait or are being written. */
  readonly waiting: number;
  /** Values written, and keys deleted, by this owner. */
  readonly written: number;
  readonly deleted: number;
  readonly refused: number;
  /** Calls repeated because the store was away, full or overloaded, and how many of these it was overloaded. */
  readonly retries: number;
  readonly throttled: number;
  readonly alarm?: string;
}
