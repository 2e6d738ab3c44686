/** One format that the bridge decodes, as the benchmark produces it. */

/** In the order in which they run: what the last one leaves in EVENTS, the next rows work on. */
export const FORMAT_NAMES = [
  'debezium-json-schema',
  'debezium-avro',
  'avro',
  'json-order',
  'json-maip',
  'mirror',
  'debezium-json',
] as const;
export type FormatName = (typeof FORMAT_NAMES)[number];

export interface BenchRecord {
  readonly key: string;
  readonly value: Buffer;
}

export interface Format {
  readonly name: FormatName;
  readonly topic: string;
  /** As in a routes file. */
  readonly route: Readonly<Record<string, unknown>>;
  /** CPU microseconds an event (issue and design: 8 for Debezium JSON, 5 for the others). */
  readonly budgetUs: number;
  /** The number decides everything about a record; `t` is its event time, ms. */
  record(number: number, t: number): BenchRecord;
}
