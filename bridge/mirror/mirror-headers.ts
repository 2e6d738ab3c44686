/**
 * What a Kafka record is besides its value, as the headers of its mirror message, and back.
 *
 *   Nats-Msg-Id: orders.k2.17          topic, Kafka partition, offset (mirror-record.ts)
 *   Kafka-Timestamp: 1717236000000     ms
 *   Kafka-Key: customer-7              absent: the record has no key
 *   Kafka-Tombstone: 1                 the value is null; without it an empty payload is an empty value
 *   trace-id: 4bf9                     the record's own headers, under their names, repeated where they are
 *   ce-id: 1%202                       attributes of a CloudEvent in binary mode (cloud-event.ts)
 *   Kafka-Header: dHJhY2UgaWQ=:NGJmOQ==   a header that NATS cannot hold by its name, or is null: base64 of its name, and
 *                                      of its value behind a colon; without the colon the value is null
 *
 * Values are text where they can be (text-header.ts). A name cannot stand as it is when it is not printable ASCII, or
 * begins with what has a meaning: Nats-, Kafka-, ce-.
 *
 * Invariant (tested in mirror-headers.test.ts): a record comes back from its headers as it was, values of one name in
 * their order.
 */
import type { KafkaRecord } from '../../shared/kafka/record.ts';
import { isBinaryEvent, type KafkaHeaders, kafkaAttribute, natsAttribute } from './cloud-event.ts';
import { readText, writeText } from './text-header.ts';

export const MIRROR_HEADERS = {
  timestamp: 'Kafka-Timestamp',
  key: 'Kafka-Key',
  tombstone: 'Kafka-Tombstone',
  other: 'Kafka-Header',
} as const;

/** A header that has been read: null values are undefined, as in KafkaRecord. */
type HeaderValue = Buffer | undefined;

const LEGAL_NAME = /^[!-9;-~]+$/;
const RESERVED_NAME = /^(?:nats|kafka|ce)-/i;

/** Hot path: once a record. Lines as on the wire. */
export function writeHeaders({ timestampMs, key, value, headers }: KafkaRecord): string {
  let lines = `${MIRROR_HEADERS.timestamp}: ${timestampMs}\r\n`;
  if (key !== null) lines += `${MIRROR_HEADERS.key}: ${writeText(key)}\r\n`;
  if (value === null) lines += `${MIRROR_HEADERS.tombstone}: 1\r\n`;
  if (headers === undefined) return lines;
  const isEvent = isBinaryEvent(headers);
  for (const name in headers) {
    const attribute = isEvent ? natsAttribute(name, headers[name]) : undefined;
    if (attribute) lines += `${attribute[0]}: ${attribute[1]}\r\n`;
    else lines += headerLines(name, headers[name]);
  }
  return lines;
}

/** The record's own headers, out of those of its message. */
export function readHeaders(stored: Iterable<readonly [string, readonly string[]]>): KafkaHeaders {
  const found = new Map<string, HeaderValue[]>();
  const add = (name: string, value: HeaderValue) => {
    const values = found.get(name);
    if (values) values.push(value);
    else found.set(name, [value]);
  };
  for (const [name, values] of stored)
    for (const value of values) {
      if (name === MIRROR_HEADERS.other) add(...readOther(value));
      else if (name.startsWith('ce-')) add(...kafkaAttribute(name, value));
      else if (!RESERVED_NAME.test(name)) add(name, readText(value));
    }
  const entries = Array.from(found, ([name, values]) => [name, values.length === 1 ? values[0] : values]);
  return Object.fromEntries(entries) as KafkaHeaders;
}

function headerLines(name: string, value: KafkaHeaders[string]): string {
  const values = Array.isArray(value) ? value : [value];
  const isPlain = LEGAL_NAME.test(name) && !RESERVED_NAME.test(name) && !values.some(isNull);
  let lines = '';
  for (const one of values)
    lines += isPlain
      ? `${name}: ${writeText(one ?? '')}\r\n`
      : `${MIRROR_HEADERS.other}: ${otherHeader(name, one)}\r\n`;
  return lines;
}

/** Kafka has null values of headers; the client gives them as null, whatever its types say. */
function isNull(value: unknown): boolean {
  return value === undefined || value === null;
}

function otherHeader(name: string, value: Buffer | string | undefined): string {
  const start = Buffer.from(name).toString('base64');
  return isNull(value) ? start : `${start}:${Buffer.from(value ?? '').toString('base64')}`;
}

function readOther(text: string): [name: string, value: HeaderValue] {
  const [name = '', value] = text.split(':');
  return [Buffer.from(name, 'base64').toString(), value === undefined ? undefined : Buffer.from(value, 'base64')];
}
