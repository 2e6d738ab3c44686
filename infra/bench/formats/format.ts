/** One format that the bridge decodes, as the benchmark produces it. */

export interface BenchRecord {
  readonly key: string;
  readonly value: Buffer;
}

export interface Format {
  /** The row's name. */
  readonly name: string;
  readonly topic: string;
  /** As in a routes file. */
  readonly route: Readonly<Record<string, unknown>>;
  /** CPU microseconds an event (issue and design: 8 for Debezium JSON, 5 for the others). */
  readonly budgetUs: number;
  /** The number decides everything about a record; `t` is its event time, ms. */
  record(number: number, t: number): BenchRecord;
}
