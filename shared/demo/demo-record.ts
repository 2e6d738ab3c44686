/** A record of the demo, and what makes records: pure, a seed and the times it is asked at decide everything. */
export interface DemoRecord {
  readonly topic: string;
  readonly key: string;
  /** Becomes the record's JSON, or Avro where the topic has a schema. */
  readonly value: Readonly<Record<string, unknown>>;
}

/** A record on its way: it may be damaged, and a text is sent as it is. */
export interface SentRecord extends Omit<DemoRecord, 'value'> {
  readonly value: DemoRecord['value'] | string;
}

export interface DemoSource {
  /** All that next() may name. */
  readonly topics: readonly string[];
  /** The next record, arriving at this time (ms). */
  next(nowMs: number): DemoRecord;
}
