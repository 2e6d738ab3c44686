/**
 * A Kafka record as a message of its mirror, and back.
 *
 * The payload is the value, byte for byte. The message's id tells topic, Kafka partition and offset, so it is its own in
 * every stream, also in one that gathers several mirrors.
 */
import { type ChainedMessage, MESSAGE_ID_HEADER, type StoredMessage } from '../../shared/log/log.ts';
import { parseMirrorSubject, topicTokens } from '../../shared/log/names.ts';
import type { Source } from '../../shared/kafka/source.ts';
import type { KafkaRecord } from '../../shared/kafka/record.ts';
import { MIRROR_HEADERS, readHeaders, writeHeaders } from './mirror-headers.ts';
import { readText } from './text-header.ts';

/** A record that has been read from its mirror. */
export interface MirroredRecord extends KafkaRecord {
  readonly source: Source;
}

const EMPTY = Buffer.alloc(0);

/** Makes messages of one Kafka partition's records. */
export function mirrorWriter({ topic, partition }: Source): (record: KafkaRecord) => ChainedMessage {
  const start = `${topicTokens(topic)}.k${partition}.`;
  return (record) => ({
    id: start + record.offset,
    payload: record.value ?? EMPTY,
    head: writeHeaders(record),
  });
}

/** The record that a message mirrors. */
export function mirrorRecord(message: StoredMessage): MirroredRecord {
  const { subject, payload } = message;
  const { timestamp, key: keyName, tombstone } = MIRROR_HEADERS;
  const key = message.header(keyName);
  const isTombstone = message.header(tombstone) !== undefined;
  return {
    source: parseMirrorSubject(subject),
    offset: mirrorOffset(message),
    timestampMs: wholeNumber(message.header(timestamp), timestamp, subject),
    key: key === undefined ? null : readText(key),
    value: isTombstone ? null : Buffer.from(payload.buffer, payload.byteOffset, payload.length),
    headers: readHeaders(message.headers()),
  };
}

/** The Kafka offset of the record that a message mirrors. */
export function mirrorOffset(message: StoredMessage): number {
  const id = message.header(MESSAGE_ID_HEADER);
  return wholeNumber(id?.slice(id.lastIndexOf('.') + 1), MESSAGE_ID_HEADER, message.subject);
}

function wholeNumber(text: string | undefined, name: string, subject: string): number {
  const number = Number(text ?? Number.NaN);
  if (text === '' || !Number.isSafeInteger(number))
    throw new Error(`Cannot read a message of "${subject}": its ${name} is "${text}"; only bridges may write there`);
  return number;
}
