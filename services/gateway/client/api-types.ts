// biome-ignore-all format: generated
/**
 * What the gateway takes and gives, as types. Generated; do not edit:
 *
 *   node services/gateway/client/generate.ts
 */

type Json<T, S extends number> = { output: T; outputFormat: 'json'; status: S };
type Text<S extends number> = { output: string; outputFormat: 'text'; status: S };
type Call<I, O> = O extends unknown ? { input: I } & O : never;

export type Health = {
  readonly status: 'ok' | 'unavailable';
  readonly reasons: readonly string[];
};

/** RFC 9457 problem details */
export type Problem = {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly code: 'invalid-parameter' | 'malformed-body' | 'bad-request' | 'unauthorized' | 'forbidden' | 'not-found' | 'method-not-allowed' | 'request-timeout' | 'conflict' | 'precondition-failed' | 'body-too-large' | 'uri-too-long' | 'unsupported-media-type' | 'invalid-body' | 'misdirected' | 'too-many-requests' | 'headers-too-large' | 'internal' | 'unavailable' | 'timeout';
  readonly detail: string;
  /** Path of the request, as it was encoded; cut when it is long */
  readonly instance: string;
  /** Also in the X-Request-Id header and in the log of the gateway */
  readonly request_id: string;
  readonly errors?: ReadonlyArray<{
    /** Of the query, the path or the headers */
    readonly parameter?: string;
    /** Of the body; empty: all of it */
    readonly field?: string;
    readonly detail: string;
  }>;
};

export type MeshStatus = {
  /** True when there is no alarm */
  readonly healthy: boolean;
  readonly alarms: readonly string[];
  readonly as_of: string;
  /** Kafka records that the bridge has not taken yet */
  readonly lag_records: number;
  /** The largest lag of any bridge, stage or sink */
  readonly lag_seconds: number;
  readonly workers: readonly Worker[];
  readonly services: readonly Service[];
  readonly sources: readonly KafkaPartition[];
  readonly sinks: readonly SinkBucket[];
};

export type Worker = {
  readonly instance: string;
  readonly kind: 'bridge' | 'worker' | 'gateway' | 'sink' | 'generator' | 'registry';
  readonly ready: boolean;
  readonly services: readonly string[];
  /** Partitions it owns */
  readonly partitions: number;
  readonly alarms: readonly string[];
  readonly pid: number;
  readonly runtime: string;
  readonly started_at: string;
  /** Base URL of its /livez, /readyz and /metrics */
  readonly health: string;
  readonly rss_bytes: number;
  readonly heartbeat_age_seconds: number;
};

export type Service = {
  readonly service: string;
  /** The lowest of its partitions; absent: nothing is complete */
  readonly watermark?: string;
  readonly lag_frames: number;
  readonly lag_seconds: number;
  readonly events: number;
  readonly late: number;
  readonly partitions: readonly Partition[];
};

export type Partition = {
  readonly partition: string;
  readonly owner: string;
  readonly state: 'recovering' | 'running' | 'draining';
  /** Input sequence folded and committed */
  readonly position: number;
  readonly watermark?: string;
  readonly lag_frames: number;
  readonly lag_seconds: number;
  readonly epoch: number;
  readonly events: number;
  readonly commits: number;
  readonly late: number;
  /** Committed values that are not in KV yet */
  readonly dirty_keys: number;
  readonly applied: number;
};

export type KafkaPartition = {
  readonly topic: string;
  readonly partition: number;
  readonly owner: string;
  readonly state: 'starting' | 'running' | 'paused';
  readonly offset?: number;
  /** Kafka's end offset when last seen */
  readonly high_watermark?: number;
  readonly watermark?: string;
  readonly lag_records: number;
  readonly lag_seconds: number;
  /** How long it has not moved though there is something to do; 0 while it moves */
  readonly stalled_seconds: number;
  readonly idle: boolean;
  readonly counts: {
    readonly [name: string]: number;
  };
  readonly alarm?: string;
};

export type SinkBucket = {
  readonly sink: string;
  readonly bucket: string;
  readonly owner: string;
  /** waiting: there is no such bucket yet; claiming: the store has not answered yet */
  readonly state: 'waiting' | 'claiming' | 'running' | 'draining';
  /** Everything of the bucket's stream up to this sequence is in the store */
  readonly position: number;
  /** Keys and messages that are not in the store yet */
  readonly lag_entries: number;
  readonly lag_seconds: number;
  /** Keys that were read and are not written */
  readonly waiting: number;
  readonly written: number;
  readonly deleted: number;
  /** Values that the store does not take: they are dead letters */
  readonly refused: number;
  readonly retries: number;
  /** Retries because the store was overloaded */
  readonly throttled: number;
  readonly alarm?: string;
};

/** Every edge joins two of the nodes */
export type Topology = {
  readonly as_of: string;
  readonly nodes: readonly TopologyNode[];
  readonly edges: readonly TopologyEdge[];
};

export type TopologyNode = {
  readonly id: string;
  /** topic: of Kafka. process: a member. stream: of JetStream. stage: what folds events, by its service; `/all` is the one that combines its partitions. bucket: of results */
  readonly kind: 'topic' | 'process' | 'stream' | 'stage' | 'bucket';
  readonly name: string;
  /** Of a process */
  readonly role?: string;
  /** Of a topic: what its records become */
  readonly event_kind?: string;
  /** That somebody owns */
  readonly partitions?: number;
  /** The lowest of its partitions; absent: nothing is complete */
  readonly watermark?: string;
  /** Of a topic: records not taken in. Of a stage: frames not folded. Of a process that is a sink: entries */
  readonly lag?: number;
  /** Age of the oldest of these */
  readonly lag_seconds?: number;
  /** In a stream, or keys in a bucket */
  readonly messages?: number;
  readonly bytes?: number;
  /** Newest sequence of a stream */
  readonly last_seq?: number;
  /** Of a process */
  readonly alarms?: readonly string[];
};

export type TopologyEdge = {
  readonly from: string;
  readonly to: string;
  /** In the direction in which data goes: `to` reads `from`, `from` writes `to`; or process `from` runs `to` */
  readonly kind: 'reads' | 'writes' | 'runs';
  /** What goes along it */
  readonly what?: string;
};

export type SalesWindowPage = {
  readonly items: readonly SalesWindow[];
  /** Give it as `cursor` for the next page; absent on the last one */
  readonly next_cursor?: string;
};

/** Sales of one hour; windows slide by 5 minutes */
export type SalesWindow = {
  readonly window_start: string;
  readonly window_end: string;
  /** Decimal text: never a binary fraction */
  readonly revenue: string;
  readonly order_count: number;
  /** Decimal text: never a binary fraction */
  readonly avg_order_value: string;
  readonly unique_customers: number;
  /** Late orders counted after the window was first final */
  readonly revision: number;
  /** False while orders of this window are still expected */
  readonly final: boolean;
};

export type HourlySalesPage = {
  readonly items: readonly HourlySales[];
  /** Give it as `cursor` for the next page; absent on the last one */
  readonly next_cursor?: string;
};

/** Sales of one hour by the clock */
export type HourlySales = {
  readonly window_start: string;
  readonly window_end: string;
  /** Decimal text: never a binary fraction */
  readonly total_sales: string;
  /** Decimal text: never a binary fraction */
  readonly average_order_value: string;
  readonly order_count: number;
  /** Late orders counted after the window was first final */
  readonly revision: number;
  /** False while orders of this window are still expected */
  readonly final: boolean;
};

/** What is not final yet, newest first */
export type LiveSales = {
  readonly windows: readonly SalesWindow[];
  readonly hourly: readonly HourlySales[];
};

/** It may be short, or empty, and have a next page all the same */
export type RfmCustomerPage = {
  readonly items: readonly RfmCustomer[];
  /** Give it as `cursor` for the next page; absent on the last one */
  readonly next_cursor?: string;
  /** value: who spent most comes first. change: who changed last comes last */
  readonly sorted_by: 'value' | 'change';
};

export type RfmCustomer = {
  readonly customer_id: string;
  readonly segment: 'VIP' | 'Regular' | 'New' | 'At-Risk' | 'Churned';
  /** Whole days since the last order, in event time */
  readonly recency_days: number;
  /** Orders */
  readonly frequency: number;
  /** Decimal text: never a binary fraction */
  readonly monetary_value: string;
  readonly first_order: string;
  readonly last_order: string;
};

/** A part that was not asked for is absent */
export type Customer = {
  readonly customer_id: string;
  /** null: rfm knows no order, or see `missing` */
  readonly rfm?: {
    readonly customer_id: string;
    readonly segment: 'VIP' | 'Regular' | 'New' | 'At-Risk' | 'Churned';
    /** Whole days since the last order, in event time */
    readonly recency_days: number;
    /** Orders */
    readonly frequency: number;
    /** Decimal text: never a binary fraction */
    readonly monetary_value: string;
    readonly first_order: string;
    readonly last_order: string;
  } | null;
  /** Hours with orders, newest first, at most 48; null: see `missing` */
  readonly recent_hours?: readonly CustomerHour[] | null;
  /** Last raised first, at most 20; null: see `missing` */
  readonly alerts?: readonly Alert[] | null;
  /** null: nothing changed within the hour, or see `missing` */
  readonly segments?: {
    readonly user_id: string;
    /** By segment */
    readonly segments: {
      readonly [name: string]: SegmentResult;
    };
    /** As of when, in event time */
    readonly updated: string;
  } | null;
  /** Windows of 5 minutes with events, newest first, at most 12; null: see `missing` */
  readonly activity?: readonly ActivityWindow[] | null;
  /** Parts that could not be read now, and why */
  readonly missing: ReadonlyArray<{
    readonly part: 'rfm' | 'recent_hours' | 'alerts' | 'segments' | 'activity';
    readonly reason: string;
  }>;
};

/** Orders of one customer in one hour by the clock */
export type CustomerHour = {
  readonly customer_id: string;
  readonly window_start: string;
  readonly orders: number;
  /** Decimal text: never a binary fraction */
  readonly total_spent: string;
  /** False while orders of this window are still expected */
  readonly final: boolean;
};

export type Alert = {
  readonly alert_id: string;
  readonly anomaly_type: string;
  readonly severity: 'low' | 'medium' | 'high' | 'critical';
  readonly customer_id?: string;
  readonly region?: string;
  readonly description: string;
  /** Event time of the occurrence that is described */
  readonly timestamp: string;
  /** Occurrences folded into this alert */
  readonly count: number;
  readonly first: string;
  readonly last: string;
  /** When it was over; absent: it goes on, or it is about a moment */
  readonly resolved?: string;
  /** The evidence */
  readonly details: {
    readonly [name: string]: unknown;
  };
};

export type SegmentResult = {
  readonly qualified: boolean;
  /** What rule ruleId compares; of a derived segment: in how many bases the user is */
  readonly value: number;
  readonly timestamp: string;
  readonly windowStart: string;
  readonly windowEnd: string;
  /** null: a derived segment */
  readonly ruleId: string | null;
  /** Of several rules, what each compares */
  readonly rules?: {
    readonly [name: string]: number;
  };
};

/** What one customer did in 5 minutes */
export type ActivityWindow = {
  readonly customer_id: string;
  readonly window_start: string;
  readonly window_end: string;
  readonly total_events: number;
  /** By type of event */
  readonly event_counts: {
    readonly [name: string]: number;
  };
  /** null: no event had an amount */
  readonly total_amount: string | null;
  /** By type of event, of those with amounts */
  readonly amounts: {
    readonly [name: string]: {
      readonly count: number;
      /** Decimal text: never a binary fraction */
      readonly sum: string;
    };
  };
  /** Events with an amount that is in no sum */
  readonly unusable_amounts?: number;
  /** null: every event was taken back */
  readonly first_event: string | null;
  readonly last_event: string | null;
  /** Events counted after the window was first final */
  readonly revision: number;
  /** False while events of this window are still expected */
  readonly final: boolean;
};

export type CustomerHourPage = {
  readonly items: readonly CustomerHour[];
  /** Give it as `cursor` for the next page; absent on the last one */
  readonly next_cursor?: string;
};

export type RfmSummary = {
  readonly segments: {
    readonly [name: string]: {
      readonly customers: number;
      /** Decimal text: never a binary fraction */
      readonly monetary_value: string;
    };
  };
  readonly customers: number;
  /** Event time up to which it is complete; null: not known yet */
  readonly as_of: string | null;
};

export type ActivityPage = {
  readonly items: readonly ActivityWindow[];
  /** Give it as `cursor` for the next page; absent on the last one */
  readonly next_cursor?: string;
};

export type AlertPage = {
  readonly items: readonly Alert[];
  /** Give it as `cursor` for the next page; absent on the last one */
  readonly next_cursor?: string;
  /** Stores of alerts that are not in the list: their service was never started, or is only starting */
  readonly missing: readonly string[];
  /** Alerts from before may be left out: the gateway lists the newest 10,000 of each store. Absent: none are */
  readonly complete_from?: string;
};

export type ProductPage = {
  readonly items: readonly Product[];
  /** Give it as `cursor` for the next page; absent on the last one */
  readonly next_cursor?: string;
  /** False: the gateway lists 25,000 products of each kind (to be ordered, others), and there are more */
  readonly complete: boolean;
};

export type Product = {
  readonly product_id: string;
  /** null, as stock and price: its row was never seen */
  readonly name: string | null;
  readonly stock_quantity: number | null;
  /** Decimal text: never a binary fraction */
  readonly price: string | null;
  /** Less what was returned */
  readonly units_sold_7d: number;
  readonly velocity_units_per_day: number;
  /** null: nothing is sold */
  readonly days_until_stockout: number | null;
  /** critical: under 3 days until stockout, low: under 7 (settings of inventory) */
  readonly stock_status: 'out_of_stock' | 'critical' | 'low' | 'healthy' | 'unknown';
  /** In stock, and not sold for 30 days (a setting) */
  readonly dead_stock: boolean;
  readonly last_sale: string | null;
  /** What brings the stock to 30 days of sales */
  readonly restock_quantity: number | null;
  readonly restock_urgency: 'immediate' | 'soon' | 'planned' | 'none';
  /** The day of event time that the figures are of */
  readonly as_of: string | null;
};

export type InventorySummary = {
  readonly products: number;
  readonly by_status: {
    readonly out_of_stock: number;
    readonly critical: number;
    readonly low: number;
    readonly healthy: number;
    readonly unknown: number;
  };
  readonly dead_stock: {
    readonly products: number;
    /** Stock times price, decimal text */
    readonly value: string;
  };
  /** Products to be ordered, by urgency */
  readonly restock: {
    readonly products: number;
    readonly immediate: number;
    readonly soon: number;
    readonly planned: number;
  };
  /** Event time up to which it is complete */
  readonly as_of: string | null;
};

export type RegionPage = {
  readonly items: readonly RegionMinute[];
  /** Give it as `cursor` for the next page; absent on the last one */
  readonly next_cursor?: string;
  /** False: there are more regions than the gateway lists (10,000) */
  readonly complete: boolean;
};

/** Downloads of one region in one minute */
export type RegionMinute = {
  readonly region: string;
  readonly window_start: string;
  readonly window_end: string;
  /** Downloads */
  readonly events: number;
  /** Successes of all downloads; null: all of them were taken back */
  readonly success_rate: number | null;
  /** null: none was measured */
  readonly avg_speed_mbps: number | null;
  /** null: none was measured */
  readonly avg_duration_seconds: number | null;
  readonly successes: number;
  readonly failures: number;
  /** Downloads counted after the minute was first final */
  readonly revision: number;
  /** False while downloads of this minute are still expected */
  readonly final: boolean;
};

export type DevicePage = {
  readonly items: readonly DeviceMinute[];
  /** Give it as `cursor` for the next page; absent on the last one */
  readonly next_cursor?: string;
  /** False: kinds of devices without downloads lately, or beyond 10,000, are left out */
  readonly complete: boolean;
};

/** Downloads of one kind of device in one minute */
export type DeviceMinute = {
  readonly device_type: string;
  readonly os: string;
  readonly os_version: string;
  readonly window_start: string;
  readonly window_end: string;
  /** Downloads */
  readonly events: number;
  /** Successes of all downloads; null: all of them were taken back */
  readonly success_rate: number | null;
  /** null: none was measured */
  readonly avg_speed_mbps: number | null;
  readonly successes: number;
  readonly failures: number;
  /** Downloads counted after the minute was first final */
  readonly revision: number;
  /** False while downloads of this minute are still expected */
  readonly final: boolean;
};

export type TopContent = {
  readonly by: 'downloads' | 'failures' | 'success_rate';
  /** Start of the oldest minute; null: there were no downloads yet */
  readonly from: string | null;
  /** End of the newest minute, which may be live */
  readonly to: string | null;
  /** Contents with downloads in this time */
  readonly contents: number;
  /** False: some of these minutes are not known whole: the gateway keeps the newest 100,000 values */
  readonly complete: boolean;
  readonly items: readonly ContentTotal[];
};

export type ContentTotal = {
  readonly content_id: string;
  readonly downloads: number;
  readonly successes: number;
  readonly failures: number;
  /** Successes of all downloads; null: all of them were taken back */
  readonly success_rate: number | null;
};

export type TopRegions = {
  readonly by: 'downloads' | 'failures' | 'success_rate' | 'speed';
  /** False: there are more regions than the gateway lists (10,000) */
  readonly complete: boolean;
  /** The newest minute of each region; the first ones first */
  readonly items: readonly RegionMinute[];
};

export type TopDevices = {
  readonly by: 'downloads' | 'failures' | 'success_rate' | 'speed';
  /** False: kinds of devices without downloads lately, or beyond 10,000, are left out */
  readonly complete: boolean;
  /** The newest minute of each kind; the first ones first */
  readonly items: readonly DeviceMinute[];
};

export type DeviceMinutePage = {
  readonly items: readonly DeviceMinute[];
  /** Give it as `cursor` for the next page; absent on the last one */
  readonly next_cursor?: string;
};

export type RegionMinutePage = {
  readonly items: readonly RegionMinute[];
  /** Give it as `cursor` for the next page; absent on the last one */
  readonly next_cursor?: string;
};

export type ContentMinutePage = {
  readonly items: readonly ContentMinute[];
  /** Give it as `cursor` for the next page; absent on the last one */
  readonly next_cursor?: string;
};

/** Downloads of one content in one minute */
export type ContentMinute = {
  readonly content_id: string;
  readonly window_start: string;
  readonly window_end: string;
  readonly downloads: number;
  readonly successes: number;
  readonly failures: number;
  /** Downloads counted after the minute was first final */
  readonly revision: number;
  /** False while downloads of this minute are still expected */
  readonly final: boolean;
};

export type SegmentRuleList = {
  /** By segment, then in the order of its rules */
  readonly items: ReadonlyArray<{
    readonly id: string;
    readonly eventType: 'purchase' | 'view' | 'install';
    readonly attribute: 'count' | 'sum';
    readonly operator: 'GT' | 'LT' | 'EQ' | 'NEQ' | 'GTE' | 'LTE';
    readonly segmentId: string;
    readonly threshold: number;
    readonly windowMinutes: 5 | 30 | 60;
    /** trailing: the minutes up to now. tumbling: the minutes since the last full multiple of the window */
    readonly window: 'trailing' | 'tumbling';
  }>;
  /** Of the whole rule set */
  readonly version: number;
};

export type SegmentList = {
  /** By id, at most 1000 */
  readonly items: readonly Segment[];
  /** Of the whole rule set */
  readonly version: number;
};

export type Segment = {
  readonly id: string;
  readonly name: string;
  readonly type: 'INDEPENDENT' | 'DERIVED';
  readonly windowMinutes: 5 | 30 | 60;
  /** trailing: the minutes up to now. tumbling: the minutes since the last full multiple of the window */
  readonly window: 'trailing' | 'tumbling';
  readonly rules: readonly SegmentRule[];
  readonly baseSegmentIds: readonly string[];
  /** Of DERIVED segments */
  readonly combine?: 'AND' | 'OR' | 'NOT';
  readonly status: SegmentStatus;
};

export type SegmentRule = {
  readonly id: string;
  readonly eventType: 'purchase' | 'view' | 'install';
  readonly attribute: 'count' | 'sum';
  readonly operator: 'GT' | 'LT' | 'EQ' | 'NEQ' | 'GTE' | 'LTE';
  /** The threshold */
  readonly value: number;
};

export type SegmentStatus = {
  /** Of this segment, also in its ETag; never the same twice */
  readonly revision: number;
  readonly created_at: string;
  readonly updated_at: string;
  /** All partitions count by this revision, as their stores show some seconds later */
  readonly in_force: boolean;
  /** Of 16 */
  readonly partitions_in_force: number;
};

export type SegmentDryRun = {
  readonly dry_run: true;
  /** As it would be stored; nothing was */
  readonly segment: {
    readonly id: string;
    readonly name: string;
    readonly type: 'INDEPENDENT' | 'DERIVED';
    readonly windowMinutes: 5 | 30 | 60;
    /** trailing: the minutes up to now. tumbling: the minutes since the last full multiple of the window */
    readonly window: 'trailing' | 'tumbling';
    readonly rules: readonly SegmentRule[];
    readonly baseSegmentIds: readonly string[];
    /** Of DERIVED segments */
    readonly combine?: 'AND' | 'OR' | 'NOT';
  };
  /** Event time: where the partition is that is furthest behind; null: no events are known */
  readonly as_of: string | null;
  /** Users who would be in it now */
  readonly qualified: number;
  /** Users who would have been in it at any time */
  readonly qualified_last_hour: number;
  /** Users with events in the last hour: nothing is known of others */
  readonly users: number;
  /** False: there was too much to count, and a part was left out */
  readonly complete: boolean;
};

export type ChangedSegment = {
  readonly id: string;
  readonly name: string;
  readonly type: 'INDEPENDENT' | 'DERIVED';
  readonly windowMinutes: 5 | 30 | 60;
  /** trailing: the minutes up to now. tumbling: the minutes since the last full multiple of the window */
  readonly window: 'trailing' | 'tumbling';
  readonly rules: readonly SegmentRule[];
  readonly baseSegmentIds: readonly string[];
  /** Of DERIVED segments */
  readonly combine?: 'AND' | 'OR' | 'NOT';
  readonly status: ChangedSegmentStatus;
  /** Sequence in stream EVENTS: in force for every event behind it, on every partition */
  readonly effective_from: number;
};

export type ChangedSegmentStatus = {
  /** Of this segment, also in its ETag; never the same twice */
  readonly revision: number;
  readonly created_at: string;
  readonly updated_at: string;
};

export type SegmentBody = {
  /** Made from the name when absent */
  readonly id?: string;
  readonly name: string;
  readonly type: 'INDEPENDENT' | 'DERIVED';
  readonly windowMinutes: 5 | 30 | 60;
  /** trailing: the minutes up to now. tumbling: the minutes since the last full multiple of the window */
  readonly window?: 'trailing' | 'tumbling';
  /** INDEPENDENT: all must hold */
  readonly rules?: readonly SegmentRuleBody[];
  /** DERIVED: segments of the same window */
  readonly baseSegmentIds?: readonly string[];
  /** DERIVED: in all bases (AND, the default), in one of them, in none of them */
  readonly combine?: 'AND' | 'OR' | 'NOT';
  /** Ignored: what GET says of the segment */
  readonly status?: unknown;
  /** Ignored: what the answer of a change says */
  readonly effective_from?: unknown;
};

export type SegmentRuleBody = {
  /** Made up when absent; unique in its segment */
  readonly id?: string;
  /** `orders` is another word for `purchase` */
  readonly eventType: 'purchase' | 'view' | 'install' | 'orders';
  /** Events, or the sum of their values */
  readonly attribute: 'count' | 'sum';
  readonly operator: 'GT' | 'LT' | 'EQ' | 'NEQ' | 'GTE' | 'LTE';
  /** The threshold */
  readonly value: number;
};

export type DeletedSegment = {
  readonly id: string;
  readonly deleted: true;
  /** Sequence in stream EVENTS: in force for every event behind it, on every partition */
  readonly effective_from: number;
};

export type UserSegments = {
  readonly user_id: string;
  /** By segment */
  readonly segments: {
    readonly [name: string]: SegmentResult;
  };
  /** As of when, in event time */
  readonly updated: string;
};

export type SegmentMemberPage = {
  readonly items: readonly SegmentMember[];
  readonly next_cursor?: string;
};

export type SegmentMember = {
  readonly user_id: string;
};

/** It may be short, or empty, and have a next page all the same */
export type LatePage = {
  readonly items: readonly LateEvents[];
  /** Give it as `cursor` for the next page; absent on the last one */
  readonly next_cursor?: string;
};

/** Late events of one commit of a partition */
export type LateEvents = {
  /** Its place in the stream */
  readonly seq: number;
  readonly service: string;
  readonly partition: string;
  readonly stored_at: string;
  /** Sequence of its commit in the service's log */
  readonly commit?: number;
  /** Late events of this commit */
  readonly count: number;
  /** The first ones: 20 in a list, 1000 in a single answer */
  readonly events: ReadonlyArray<{
    readonly reason: string;
    /** As the service saw it; `t` is its event time, ms */
    readonly event?: unknown;
    /** The window that was closed already */
    readonly window?: {
      readonly start: string;
      readonly end: string;
    };
    /** Of the partition when it came */
    readonly watermark: string | null;
  }>;
};

export type Redriven = {
  readonly dry_run: boolean;
  /** Now in Kafka and out of DLQ; of a dry run: what would be */
  readonly sent: number;
  /** Still in DLQ */
  readonly kept: number;
  /** In the order of DLQ */
  readonly results: readonly RedriveResult[];
  /** Give it as `cursor` for the next page; absent on the last one */
  readonly next_cursor?: string;
};

export type RedriveResult = {
  /** Its place in the stream */
  readonly seq: number;
  /** settled: an interrupted redrive had sent it, and this one has finished it */
  readonly status: 'sent' | 'would-send' | 'kept' | 'settled';
  /** Where the record was first */
  readonly from?: {
    readonly topic: string;
    readonly partition: number;
    readonly offset: number;
  };
  readonly to?: {
    readonly topic: string;
    readonly partition: number;
  };
  /** Why it is kept */
  readonly why?: string;
  /** What it becomes */
  readonly outcome?: string;
  /** The lines of the log that it becomes */
  readonly lines?: readonly string[];
};

export type RedriveBody = {
  /** Of the records */
  readonly topic: string;
  /** Only these */
  readonly reason?: string;
  /** Only letters stored since then */
  readonly from?: string;
  /** Only letters stored before then */
  readonly to?: string;
  /** Letters of this request, the oldest first */
  readonly limit?: number;
  /** next_cursor of an answer, to go on behind its letters */
  readonly cursor?: string;
  /** Also those that would be dead letters again */
  readonly force?: boolean;
  /** To another topic than the one they came from */
  readonly toTopic?: string;
};

/** It may be short, or empty, and have a next page all the same */
export type DeadLetterPage = {
  readonly items: readonly DeadLetter[];
  /** Give it as `cursor` for the next page; absent on the last one */
  readonly next_cursor?: string;
};

export type DeadLetter = {
  /** Its place in the stream */
  readonly seq: number;
  /** A record of Kafka that a bridge could not use; a value that a store did not take; neither */
  readonly kind: 'record' | 'sink' | 'unknown';
  /** For programs */
  readonly reason: string;
  /** What was found */
  readonly detail: string;
  /** What to do */
  readonly advice: string;
  readonly stored_at: string;
  readonly record?: {
    readonly topic: string;
    readonly partition: number;
    readonly offset: number;
    readonly timestamp: string;
    /** The key it goes back with; null: it has none */
    readonly key: {
      readonly encoding: 'utf8' | 'base64';
      readonly data: string;
    } | null;
    /** Of its value */
    readonly bytes: number;
  };
  readonly refused?: {
    readonly sink: string;
    readonly bucket: string;
    readonly key: string;
    readonly revision: number;
  };
  /** False: it cannot be put back, whatever is changed */
  readonly redrivable: boolean;
};

export type WholeDeadLetter = {
  /** Its place in the stream */
  readonly seq: number;
  /** A record of Kafka that a bridge could not use; a value that a store did not take; neither */
  readonly kind: 'record' | 'sink' | 'unknown';
  /** For programs */
  readonly reason: string;
  /** What was found */
  readonly detail: string;
  /** What to do */
  readonly advice: string;
  readonly stored_at: string;
  readonly record?: {
    readonly topic: string;
    readonly partition: number;
    readonly offset: number;
    readonly timestamp: string;
    /** The key it goes back with; null: it has none */
    readonly key: {
      readonly encoding: 'utf8' | 'base64';
      readonly data: string;
    } | null;
    /** Of its value */
    readonly bytes: number;
  };
  readonly refused?: {
    readonly sink: string;
    readonly bucket: string;
    readonly key: string;
    readonly revision: number;
  };
  /** False: it cannot be put back, whatever is changed */
  readonly redrivable: boolean;
  /** As text where they are UTF-8, else in base64 */
  readonly payload: {
    readonly encoding: 'utf8' | 'base64';
    readonly data: string;
  };
  /** Of a value that did not fit and was cut */
  readonly full_bytes?: number;
  /** The record's own, in their order */
  readonly headers: ReadonlyArray<{
    readonly name: string;
    /** As text where they are UTF-8, else in base64 */
    readonly value: {
      readonly encoding: 'utf8' | 'base64';
      readonly data: string;
    };
  }>;
};

export type Generated = {
  readonly topic: string;
  readonly count: number;
  /** Kafka has taken so many; 0 of a dry run */
  readonly sent: number;
  readonly dry_run: boolean;
  readonly seed: number;
  /** The first five */
  readonly preview: ReadonlyArray<{
    readonly key: string;
    readonly value: {
      readonly [name: string]: unknown;
    };
  }>;
};

export type GenerateBody = {
  /** Of Kafka; made when it is missing */
  readonly topic: 'order_events' | 'activity_events' | 'install_events' | 'orders' | 'dbserver1.public.orders' | 'dbserver1.public.order_items' | 'dbserver1.public.products' | 'content-downloads' | 'maip.product.viewed' | 'maip.product.added_to_cart' | 'maip.customer.updated' | 'maip.customer.registered' | 'maip.application.started' | 'maip.order.created' | 'maip.order.cancelled';
  readonly count: number;
  /** Users are prefix_001 to prefix_100; user when absent */
  readonly userPrefix?: string;
  /** The same seed makes the same records, but for their times; made up when absent */
  readonly seed?: number;
  /** Only show what would be sent */
  readonly dryRun?: boolean;
};

/** Server-sent events. `event` is the type of a result and `data` the result, as JSON. Besides: `live` (all that was missed has been sent), `deleted` (a result is gone: its type and the fields of its key), `reset` (a store was made anew: forget the results of these types, all that it holds follows), `dropped` (the client was too slow; connect again) */
export type EventStream = string;

export type Api = {
  '/livez': {
    /** Is the gateway alive? */
    $get: Call<object, Json<Health, 200> | Json<Problem, 414 | 421>>;
  };
  '/readyz': {
    /** Can the gateway answer? */
    $get: Call<object, Json<Health, 200 | 503> | Json<Problem, 414 | 421>>;
  };
  '/api/v1/status': {
    /** Workers, partitions and their owners, positions, watermarks and lag; the alarms first */
    $get: Call<object, Json<MeshStatus, 200> | Json<Problem, 400 | 401 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/topology': {
    /** Topics, processes, streams, stages and buckets, and how data goes between them; a picture is at /topology */
    $get: Call<object, Json<Topology, 200> | Json<Problem, 400 | 401 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/sales/windows': {
    /** Final one-hour windows that slide by 5 minutes, newest first */
    $get: Call<{
      query?: {
        /** Only windows that start at or after this time */
        readonly from?: string;
        /** Only windows that start before this time */
        readonly to?: string;
        /** Items of a page */
        readonly limit?: number | string;
        /** next_cursor of the page before */
        readonly cursor?: string;
      };
    }, Json<SalesWindowPage, 200> | Json<Problem, 400 | 401 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/sales/hourly': {
    /** Final hours by the clock, newest first */
    $get: Call<{
      query?: {
        /** Only windows that start at or after this time */
        readonly from?: string;
        /** Only windows that start before this time */
        readonly to?: string;
        /** Items of a page */
        readonly limit?: number | string;
        /** next_cursor of the page before */
        readonly cursor?: string;
      };
    }, Json<HourlySalesPage, 200> | Json<Problem, 400 | 401 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/sales/live': {
    /** Windows and hours that are not final yet, newest first */
    $get: Call<{
      query?: {
        /** Items of a page */
        readonly limit?: number | string;
      };
    }, Json<LiveSales, 200> | Json<Problem, 400 | 401 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/customers': {
    /** Customers with their RFM values, all or of one segment */
    $get: Call<{
      query?: {
        /** Only customers of this segment */
        readonly segment?: 'VIP' | 'Regular' | 'New' | 'At-Risk' | 'Churned';
        /** Items of a page */
        readonly limit?: number | string;
        /** next_cursor of the page before */
        readonly cursor?: string;
      };
    }, Json<RfmCustomerPage, 200> | Json<Problem, 400 | 401 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/customers/:id': {
    /** One customer: RFM values, hours, alerts, segments and activity */
    $get: Call<{
      param: {
        /** The customer's id, as in Kafka */
        readonly id: string;
      };
      query?: {
        /** Only these parts, with commas; default: all */
        readonly parts?: string;
      };
    }, Json<Customer, 200> | Json<Problem, 400 | 401 | 404 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/customers/:id/hours': {
    /** Orders of a customer by hours of the clock, newest first */
    $get: Call<{
      param: {
        /** The customer's id, as in Kafka */
        readonly id: string;
      };
      query?: {
        /** Only windows that start at or after this time */
        readonly from?: string;
        /** Only windows that start before this time */
        readonly to?: string;
        /** Items of a page */
        readonly limit?: number | string;
        /** next_cursor of the page before */
        readonly cursor?: string;
      };
    }, Json<CustomerHourPage, 200> | Json<Problem, 400 | 401 | 404 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/rfm/summary': {
    /** Customers and value per RFM segment */
    $get: Call<object, Json<RfmSummary, 200> | Json<Problem, 400 | 401 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/customers/:id/activity': {
    /** What a customer did, by windows of 5 minutes, newest first */
    $get: Call<{
      param: {
        /** The customer's id, as in Kafka */
        readonly id: string;
      };
      query?: {
        /** Only windows that start at or after this time */
        readonly from?: string;
        /** Only windows that start before this time */
        readonly to?: string;
        /** Items of a page */
        readonly limit?: number | string;
        /** next_cursor of the page before */
        readonly cursor?: string;
      };
    }, Json<ActivityPage, 200> | Json<Problem, 400 | 401 | 404 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/alerts': {
    /** Alerts of all services, newest first */
    $get: Call<{
      query?: {
        /** Only alerts of this anomaly_type */
        readonly type?: string;
        /** Only alerts of this severity */
        readonly severity?: 'low' | 'medium' | 'high' | 'critical';
        /** Only alerts as severe as this, or more */
        readonly min_severity?: 'low' | 'medium' | 'high' | 'critical';
        /** Only alerts about this customer */
        readonly customer?: string;
        /** Only alerts about this region */
        readonly region?: string;
        /** Only alerts that were last raised at or after this time */
        readonly from?: string;
        /** Only alerts that were first raised before this time */
        readonly to?: string;
        /** true: only alerts that are not resolved, as those about a moment never are; false: the others */
        readonly active?: 'true' | 'false';
        /** Items of a page */
        readonly limit?: number | string;
        /** next_cursor of the page before */
        readonly cursor?: string;
      };
    }, Json<AlertPage, 200> | Json<Problem, 400 | 401 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/alerts/:alert_id': {
    /** One alert */
    $get: Call<{
      param: {
        /** The alert's id */
        readonly alert_id: string;
      };
    }, Json<Alert, 200> | Json<Problem, 400 | 401 | 404 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/inventory': {
    /** Products and their stock, by id */
    $get: Call<{
      query?: {
        /** Only products of this stock_status */
        readonly status?: 'out_of_stock' | 'critical' | 'low' | 'healthy' | 'unknown';
        /** Only products that are dead stock, or only those that are not */
        readonly dead_stock?: 'true' | 'false';
        /** Items of a page */
        readonly limit?: number | string;
        /** next_cursor of the page before */
        readonly cursor?: string;
      };
    }, Json<ProductPage, 200> | Json<Problem, 400 | 401 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/inventory/restock': {
    /** What to order: the most urgent first, then what is out of stock soonest, then the largest quantity */
    $get: Call<{
      query?: {
        /** Only products of this restock_urgency */
        readonly urgency?: 'immediate' | 'soon' | 'planned';
        /** Items of a page */
        readonly limit?: number | string;
        /** next_cursor of the page before */
        readonly cursor?: string;
      };
    }, Json<ProductPage, 200> | Json<Problem, 400 | 401 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/inventory/summary': {
    /** Products by status, the value of dead stock, and how many are to be ordered */
    $get: Call<object, Json<InventorySummary, 200> | Json<Problem, 400 | 401 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/products/:id': {
    /** One product: its stock, how fast it sells, and what to order */
    $get: Call<{
      param: {
        /** The product's id, as in Kafka */
        readonly id: string;
      };
    }, Json<Product, 200> | Json<Problem, 400 | 401 | 404 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/regions': {
    /** The newest minute of every region, by name */
    $get: Call<{
      query?: {
        /** Items of a page */
        readonly limit?: number | string;
        /** next_cursor of the page before */
        readonly cursor?: string;
      };
    }, Json<RegionPage, 200> | Json<Problem, 400 | 401 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/devices': {
    /** The newest minute of every kind of device (type, operating system, version) */
    $get: Call<{
      query?: {
        /** Items of a page */
        readonly limit?: number | string;
        /** next_cursor of the page before */
        readonly cursor?: string;
      };
    }, Json<DevicePage, 200> | Json<Problem, 400 | 401 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/content/top': {
    /** The contents with the most downloads or failures, or the lowest success rate, in the newest minutes */
    $get: Call<{
      query?: {
        /** downloads, failures: the most first; success_rate, speed: the lowest first */
        readonly by?: 'downloads' | 'failures' | 'success_rate';
        /** Leaves out those with fewer downloads: a rate of a few says little */
        readonly min_downloads?: number | string;
        /** Minutes of event time, with the newest */
        readonly minutes?: number | string;
        /** Contents to list */
        readonly limit?: number | string;
      };
    }, Json<TopContent, 200> | Json<Problem, 400 | 401 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/regions/top': {
    /** The regions with the most downloads or failures, or the lowest success rate or speed, in their newest minute */
    $get: Call<{
      query?: {
        /** downloads, failures: the most first; success_rate, speed: the lowest first */
        readonly by?: 'downloads' | 'failures' | 'success_rate' | 'speed';
        /** Leaves out those with fewer downloads: a rate of a few says little */
        readonly min_downloads?: number | string;
        /** How many to list */
        readonly limit?: number | string;
      };
    }, Json<TopRegions, 200> | Json<Problem, 400 | 401 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/devices/top': {
    /** The kinds of devices with the most downloads or failures, or the lowest success rate or speed */
    $get: Call<{
      query?: {
        /** downloads, failures: the most first; success_rate, speed: the lowest first */
        readonly by?: 'downloads' | 'failures' | 'success_rate' | 'speed';
        /** Leaves out those with fewer downloads: a rate of a few says little */
        readonly min_downloads?: number | string;
        /** How many to list */
        readonly limit?: number | string;
      };
    }, Json<TopDevices, 200> | Json<Problem, 400 | 401 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/devices/minutes': {
    /** Minutes of one kind of device, newest first */
    $get: Call<{
      query?: {
        /** Absent: what downloads that do not say it are counted under */
        readonly device_type?: string;
        /** The same */
        readonly os?: string;
        /** The same */
        readonly os_version?: string;
        /** Only windows that start at or after this time */
        readonly from?: string;
        /** Only windows that start before this time */
        readonly to?: string;
        /** Items of a page */
        readonly limit?: number | string;
        /** next_cursor of the page before */
        readonly cursor?: string;
      };
    }, Json<DeviceMinutePage, 200> | Json<Problem, 400 | 401 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/regions/:region/minutes': {
    /** Minutes of one region, newest first */
    $get: Call<{
      param: {
        /** The region's name */
        readonly region: string;
      };
      query?: {
        /** Only windows that start at or after this time */
        readonly from?: string;
        /** Only windows that start before this time */
        readonly to?: string;
        /** Items of a page */
        readonly limit?: number | string;
        /** next_cursor of the page before */
        readonly cursor?: string;
      };
    }, Json<RegionMinutePage, 200> | Json<Problem, 400 | 401 | 404 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/content/:id/minutes': {
    /** Minutes of one content, newest first */
    $get: Call<{
      param: {
        /** The content's id, as in Kafka */
        readonly id: string;
      };
      query?: {
        /** Only windows that start at or after this time */
        readonly from?: string;
        /** Only windows that start before this time */
        readonly to?: string;
        /** Items of a page */
        readonly limit?: number | string;
        /** next_cursor of the page before */
        readonly cursor?: string;
      };
    }, Json<ContentMinutePage, 200> | Json<Problem, 400 | 401 | 404 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/segments/rules': {
    /** The rules of all segments */
    $get: Call<object, Json<SegmentRuleList, 200> | Json<Problem, 400 | 401 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/segments/rules/eventType/:eventType': {
    /** The rules about one type of event */
    $get: Call<{
      param: {
        /** purchase (or orders), view, install */
        readonly eventType: string;
      };
    }, Json<SegmentRuleList, 200> | Json<Problem, 400 | 401 | 404 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/segments': {
    /** All segments */
    $get: Call<object, Json<SegmentList, 200> | Json<Problem, 400 | 401 | 414 | 421 | 429 | 500 | 503 | 504>>;
    /** Make a segment */
    $post: Call<{
      query?: {
        /** Change nothing, and say what would come of it */
        readonly dryRun?: '' | 'true' | 'false';
      };
      json: SegmentBody;
    }, Json<SegmentDryRun, 200> | Json<ChangedSegment, 201> | Json<Problem, 400 | 401 | 403 | 409 | 413 | 414 | 415 | 421 | 422 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/segments/:id': {
    /** A segment, and whether it is in force on all partitions */
    $get: Call<{
      param: {
        /** The segment's id */
        readonly id: string;
      };
    }, Json<Segment, 200> | Json<Problem, 400 | 401 | 404 | 414 | 421 | 429 | 500 | 503 | 504>>;
    /** Replace a segment, or make one with this id */
    $put: Call<{
      param: {
        readonly id: string;
      };
      query?: {
        /** Change nothing, and say what would come of it */
        readonly dryRun?: '' | 'true' | 'false';
      };
      header?: {
        /** Only if it is still this revision: the ETag of an earlier answer. 412 when it is not */
        readonly 'if-match'?: string;
        /** `*`: only if it does not exist yet. 412 when it does */
        readonly 'if-none-match'?: string;
      };
      json: SegmentBody;
    }, Json<ChangedSegment | SegmentDryRun, 200> | Json<ChangedSegment, 201> | Json<Problem, 400 | 401 | 403 | 409 | 412 | 413 | 414 | 415 | 421 | 422 | 429 | 500 | 503 | 504>>;
    /** Delete a segment that none is derived from */
    $delete: Call<{
      param: {
        /** The segment's id */
        readonly id: string;
      };
      header?: {
        /** Only if it is still this revision: the ETag of an earlier answer. 412 when it is not */
        readonly 'if-match'?: string;
      };
    }, Json<DeletedSegment, 200> | Json<Problem, 400 | 401 | 403 | 404 | 409 | 412 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/users/:id/segments': {
    /** The segments of one user, as of the last change within the hour */
    $get: Call<{
      param: {
        /** The user's id, as in Kafka */
        readonly id: string;
      };
    }, Json<UserSegments, 200> | Json<Problem, 400 | 401 | 404 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/segments/:id/users': {
    /** The users who are in a segment, in the order in which they joined */
    $get: Call<{
      param: {
        /** The segment's id */
        readonly id: string;
      };
      query?: {
        /** Items of a page */
        readonly limit?: number | string;
        /** next_cursor of the page before */
        readonly cursor?: string;
      };
    }, Json<SegmentMemberPage, 200> | Json<Problem, 400 | 401 | 404 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/late': {
    /** Events that came too late to be counted, newest first, by commits of the service that found them late */
    $get: Call<{
      query?: {
        /** Only events that this service found late */
        readonly service?: string;
        /** Only events of this partition */
        readonly partition?: string;
        /** Only what was found at or after this time, by the clock of the server */
        readonly from?: string;
        /** Only what was found before this time */
        readonly to?: string;
        /** Items of a page */
        readonly limit?: number | string;
        /** next_cursor of the page before */
        readonly cursor?: string;
      };
    }, Json<LatePage, 200> | Json<Problem, 400 | 401 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/late/:seq': {
    /** The late events of one commit */
    $get: Call<{
      param: {
        /** Its place in the stream: `seq` of a list */
        readonly seq: string;
      };
    }, Json<LateEvents, 200> | Json<Problem, 400 | 401 | 404 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/dead-letters/redrive': {
    /** Put records of a topic back into Kafka, the oldest first; ?dryRun says what would become of them */
    $post: Call<{
      query?: {
        /** Change nothing, and say what would come of it */
        readonly dryRun?: '' | 'true' | 'false';
      };
      json: RedriveBody;
    }, Json<Redriven, 200> | Json<Problem, 400 | 401 | 403 | 409 | 413 | 414 | 415 | 421 | 422 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/dead-letters/:seq/redrive': {
    /** Put one record back into Kafka, with its key, headers and timestamp, once; and take its letter out */
    $post: Call<{
      param: {
        /** Its place in the stream: `seq` of a list */
        readonly seq: string;
      };
      query?: {
        /** Change nothing, and say what would come of it */
        readonly dryRun?: '' | 'true' | 'false';
        /** Also if it would be a dead letter again */
        readonly force?: '' | 'true' | 'false';
      };
    }, Json<Redriven, 200> | Json<Problem, 400 | 401 | 403 | 404 | 409 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/dead-letters': {
    /** What could not be used, newest first: records of Kafka, and values that a store did not take */
    $get: Call<{
      query?: {
        /** Only records of this topic */
        readonly topic?: string;
        /** Only letters for this reason */
        readonly reason?: string;
        /** record: of Kafka; sink: values that a store did not take */
        readonly kind?: 'record' | 'sink' | 'unknown';
        /** Only letters stored at or after this time */
        readonly from?: string;
        /** Only letters stored before this time */
        readonly to?: string;
        /** Items of a page */
        readonly limit?: number | string;
        /** next_cursor of the page before */
        readonly cursor?: string;
      };
    }, Json<DeadLetterPage, 200> | Json<Problem, 400 | 401 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/dead-letters/:seq': {
    /** One dead letter whole: payload, key, headers, the reason and what to do */
    $get: Call<{
      param: {
        /** Its place in the stream: `seq` of a list */
        readonly seq: string;
      };
    }, Json<WholeDeadLetter, 200> | Json<Problem, 400 | 401 | 404 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/events/generate': {
    /** Send believable records to a topic of Kafka, with times over the last five minutes */
    $post: Call<{
      query?: {
        /** Change nothing, and say what would come of it */
        readonly dryRun?: '' | 'true' | 'false';
      };
      json: GenerateBody;
    }, Json<Generated, 200> | Json<Problem, 400 | 401 | 403 | 413 | 414 | 415 | 421 | 422 | 429 | 500 | 503 | 504>>;
  };
  '/api/v1/stream': {
    /** Results as they change, as server-sent events that can be resumed */
    $get: Call<{
      query?: {
        /** Types of results, with commas: sales.window, sales.hourly, sales.customer-hour, rfm.summary, rfm.customer, alert, inventory.summary, inventory.product, region.minute, device.minute, content.minute, segments.user, segments.member, activity.window. Absent: sales.window, sales.hourly, rfm.summary, alert, inventory.summary, region.minute, device.minute; with a filter, all that it applies to */
        readonly types?: string;
        /** Without an id to go on behind: what comes from now on, or first all that the stores hold */
        readonly from?: 'now' | 'start';
        /** As the header Last-Event-ID, for clients that cannot set it; the header goes first */
        readonly lastEventId?: string;
        /** Only results about this customer */
        readonly customer?: string;
        /** Only results about this product */
        readonly product?: string;
        /** Only results about this content */
        readonly content?: string;
        /** Only results about this region */
        readonly region?: string;
        /** Only results about this user */
        readonly user?: string;
        /** Only members of this segment */
        readonly segment?: string;
        /** Only alerts of this severity */
        readonly severity?: 'low' | 'medium' | 'high' | 'critical';
      };
      header?: {
        /** The id of the last event that was received: the stream goes on behind it */
        readonly 'last-event-id'?: string;
      };
    }, Text<200> | Json<Problem, 400 | 401 | 414 | 421 | 429 | 500 | 503 | 504>>;
  };
};
