/** Records for tests of the mirror, and what a mirror in the memory log holds. */
import type { StoredMessage } from '../../shared/log/log.ts';
import type { MemoryLog } from '../../shared/log/memory-log.ts';
import { DLQ, mirrorSubject, streamOf } from '../../shared/log/names.ts';
import { DEAD_LETTER_HEADERS } from '../../shared/dead-letters/letter-headers.ts';
import type { KafkaRecord } from '../../shared/kafka/record.ts';
import { mirrorRecord } from './mirror-record.ts';

export const SOURCE = { topic: 'shop.raw', partition: 2 };
export const MAX_RECORD_BYTES = 1_000;

/** Records with all that makes a difference to a mirror; `gaps`: offsets that Kafka does not have. */
export function rawHistory(count: number, gaps: readonly number[] = []): KafkaRecord[] {
  return Array.from({ length: count }, (_, n) => rawRecord(n)).filter(({ offset }) => !gaps.includes(offset));
}

export function rawRecord(offset: number): KafkaRecord {
  const value =
    offset % 7 === 3 ? null : Buffer.from(offset % 11 === 5 ? 'x'.repeat(MAX_RECORD_BYTES + 1) : `v${offset}`);
  return { offset, timestampMs: 1_767_225_600_000 + offset, key: Buffer.from(`k${offset % 5}`), value };
}

export function isLetter({ value }: KafkaRecord): boolean {
  return (value?.length ?? 0) > MAX_RECORD_BYTES;
}

export interface MirrorContent {
  readonly records: readonly string[];
  readonly dead: readonly number[];
}

/** What should be stored of these records. */
export function expectedContent(records: readonly KafkaRecord[]): MirrorContent {
  const dead = records.filter(isLetter).map(({ offset }) => offset);
  return { records: records.filter((record) => !isLetter(record)).map(summary), dead };
}

export function contentOf(log: MemoryLog): MirrorContent {
  const dead = log.stream(DLQ).messages.map((message) => Number(message.header(DEAD_LETTER_HEADERS.offset)));
  return { records: messagesOf(log).map((message) => summary(mirrorRecord(message))), dead };
}

export function messagesOf(log: MemoryLog): readonly StoredMessage[] {
  return log.stream(streamOf(mirrorSubject(SOURCE.topic, SOURCE.partition))).messages;
}

function summary({ offset, timestampMs, key, value }: KafkaRecord): string {
  return `${offset} ${timestampMs} ${key} ${value === null ? 'tombstone' : value}`;
}
