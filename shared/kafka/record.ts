/** One Kafka record, as the bridge needs it; the consumer's own types stay in kafka-source.ts. */
export interface KafkaRecord {
  readonly offset: number;
  /** The record's own timestamp (CreateTime or LogAppendTime), ms. */
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>> | undefined;
}

/** The offset before the first record of a partition. */
export const BEFORE_FIRST = -1;
