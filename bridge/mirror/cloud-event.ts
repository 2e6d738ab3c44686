/**
 * CloudEvents in Kafka's binary mode as CloudEvents in NATS's, header by header.
 *
 *   ce_id: 1 2            ->  ce-id: 1%202
 *   content-type: a/json  ->  ce-datacontenttype: a/json
 *
 * By the CloudEvents protocol bindings for Kafka (1.0.2, 3.2) and NATS (1.0.3-wip, 3.1): attributes are prefixed, and
 * values percent-encoded. A record is an event in binary mode when it has all attributes that an event must have, and
 * its content type is no CloudEvents format. One in structured mode needs no translation: its headers and value stay.
 */
import type { KafkaRecord } from '../../shared/kafka/record.ts';
import { utf8Of } from './text-header.ts';

export type KafkaHeaders = NonNullable<KafkaRecord['headers']>;

const REQUIRED = ['ce_specversion', 'ce_id', 'ce_source', 'ce_type'];
const KAFKA_NAME = /^ce_[a-z0-9]+$/;
const CONTENT_TYPE = 'content-type';
const NATS_CONTENT_TYPE = 'ce-datacontenttype';

export function isBinaryEvent(headers: KafkaHeaders): boolean {
  if (headers.ce_specversion === undefined) return false; // the common case
  if (headers.ce_datacontenttype !== undefined) return false; // no event may have it: it would take another's place
  const type = attributeText(headers[CONTENT_TYPE]);
  if (type?.toLowerCase().startsWith('application/cloudevents')) return false;
  return REQUIRED.every((name) => attributeText(headers[name]) !== undefined);
}

/** One Kafka header of an event as a NATS header; undefined: it is no attribute. */
export function natsAttribute(name: string, value: KafkaHeaders[string]): [name: string, value: string] | undefined {
  const isType = name === CONTENT_TYPE;
  const text = isType || KAFKA_NAME.test(name) ? attributeText(value) : undefined;
  if (text === undefined) return undefined;
  return [isType ? NATS_CONTENT_TYPE : `ce-${name.slice('ce_'.length)}`, percentEncoded(text)];
}

/** The Kafka header that a NATS header of an event came from. */
export function kafkaAttribute(name: string, value: string): [name: string, value: Buffer] {
  const kafkaName = name === NATS_CONTENT_TYPE ? CONTENT_TYPE : `ce_${name.slice('ce-'.length)}`;
  return [kafkaName, Buffer.from(decodeURIComponent(value))];
}

/** All that is not printable ASCII, and space, quote and per cent, byte by byte of its UTF-8. */
function percentEncoded(text: string): string {
  return text.replace(/[^\x21-\x7e]|["%]/gu, encodeURIComponent);
}

function attributeText(value: KafkaHeaders[string]): string | undefined {
  if (value === undefined || value === null || Array.isArray(value)) return undefined;
  return typeof value === 'string' ? value : utf8Of(value);
}
