/** How the bytes of a topic's records are read: the contract between the decoder and the formats. */
import type { KafkaRecord } from '../../shared/kafka/record.ts';
import type { Change } from './change.ts';

export interface Format {
  /** Fetches what these records need and is not here yet; undefined: nothing. */
  prepare(records: readonly KafkaRecord[]): Promise<void> | undefined;
  /** `exact`: integers beyond 2^53 as bigint, where that costs. Throws DataError. Hot path. */
  read(value: Buffer, record: KafkaRecord, exact: boolean): Change;
  /** What the key says, if it can be read: a row's key columns, or one value. */
  readKey(key: Buffer, record: KafkaRecord): unknown;
  /** It tells integers from doubles and rounds neither, `exact` or not. */
  readonly isExact: boolean;
}
