/** Kafka headers of a record that `redrive` has sent again: how the bridge knows it. */
import type { KafkaRecord } from '../kafka/record.ts';

/** Sequence in DLQ of the dead letter that it was. */
export const REDRIVE_HEADER = 'weir-redrive';
/** `1`: what the row counted before was taken back already; only its new values are to be brought. */
export const REDRIVE_AFTER_HEADER = 'weir-redrive-after';

/** Hot path: most records have no headers. */
export function isRedriven({ headers }: KafkaRecord): boolean {
  return headers?.[REDRIVE_HEADER] !== undefined;
}

export function bringsAfterOnly({ headers }: KafkaRecord): boolean {
  return headers?.[REDRIVE_AFTER_HEADER] !== undefined;
}
