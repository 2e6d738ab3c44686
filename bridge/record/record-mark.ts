/**
 * What a record was, in a few bytes: kept beside the position, so that the next owner of a Kafka partition can tell
 * whether the topic still holds what was read from it, or was deleted and made again, or truncated and written anew.
 */
import { crc32 } from 'node:zlib';
import type { KafkaRecord } from '../../shared/kafka/record.ts';

export interface RecordMark {
  readonly offset: number;
  /** The record's timestamp, ms. */
  readonly ms: number;
  /** CRC-32 of its key and value. */
  readonly crc: number;
}

export function markOf({ offset, timestampMs, key, value }: KafkaRecord): RecordMark {
  return { offset, ms: timestampMs, crc: crc32(value ?? '', crc32(key ?? '')) };
}

/** What a partition holds at the mark's offset: the marked record, another one, or nothing to compare with. */
export function compareMark(mark: RecordMark, records: readonly KafkaRecord[]): 'same' | 'other' | 'gone' {
  const found = records.find(({ offset }) => offset >= mark.offset);
  if (!found || found.offset !== mark.offset) return 'gone';
  const now = markOf(found);
  return now.ms === mark.ms && now.crc === mark.crc ? 'same' : 'other';
}
