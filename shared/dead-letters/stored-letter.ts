/**
 * A dead letter as DLQ has it, read back: the record it holds, and whether it is all there.
 *
 * Invariant (tested in bridge/cli/letter-comparison.test.ts): what DeadLetters writes comes back as the record was, unless it was cut;
 * then it says so.
 */
import type { StoredMessage } from '../log/log.ts';
import { DEAD_LETTER_HEADERS, MAX_HEADER_CHARS } from './letter-headers.ts';
import { isObject } from './is-object.ts';
import type { Source } from '../kafka/source.ts';
import type { KafkaRecord } from '../kafka/record.ts';

export interface StoredLetter {
  /** In DLQ. */
  readonly seq: number;
  readonly subject: string;
  /** The last token of its subject. */
  readonly reason: string;
  /** What was found. */
  readonly text: string;
  /** When it was stored, ms. */
  readonly storedMs: number;
  readonly source: Source;
  /** As the bridge read it, as far as the letter holds it. */
  readonly record: KafkaRecord;
  /** Its former values were taken back. */
  readonly isRetracted: boolean;
  /** Full size of a value that was cut. */
  readonly fullBytes: number | undefined;
  /** Parts of the record that the letter does not hold whole. */
  readonly cut: readonly ('value' | 'key' | 'headers')[];
}

/** undefined: no bridge has written this message. */
export function readLetter(message: StoredMessage): StoredLetter | undefined {
  const names = DEAD_LETTER_HEADERS;
  const topic = message.header(names.topic);
  const [partition, offset, timestampMs] = [names.partition, names.offset, names.timestamp].map((name) =>
    wholeNumber(message.header(name)),
  );
  if (topic === undefined || partition === undefined || offset === undefined || timestampMs === undefined)
    return undefined;
  const [key, headers] = [message.header(names.key), message.header(names.headers)];
  const fullBytes = wholeNumber(message.header(names.truncated));
  const kafkaHeaders = headers === undefined ? {} : readHeaders(headers);
  const { payload } = message;
  return {
    seq: message.seq,
    subject: message.subject,
    reason: message.subject.slice(message.subject.lastIndexOf('.') + 1),
    text: message.header(names.reason) ?? '',
    storedMs: message.timeMs,
    source: { topic, partition },
    record: {
      offset,
      timestampMs,
      key: key === undefined ? null : Buffer.from(key, 'base64'),
      value: Buffer.from(payload.buffer, payload.byteOffset, payload.length),
      ...(kafkaHeaders && { headers: kafkaHeaders }),
    },
    isRetracted: message.header(names.retracted) === '1',
    fullBytes,
    cut: [
      ...(fullBytes === undefined ? [] : (['value'] as const)),
      ...((key?.length ?? 0) < MAX_HEADER_CHARS ? [] : (['key'] as const)),
      ...(kafkaHeaders && (headers?.length ?? 0) < MAX_HEADER_CHARS ? [] : (['headers'] as const)),
    ],
  };
}

/** undefined: cut, or written by something else. */
function readHeaders(text: string): Record<string, Buffer | Buffer[]> | undefined {
  try {
    const values: unknown = JSON.parse(Buffer.from(text, 'base64').toString());
    if (!isObject(values)) return undefined;
    const entries = Object.entries(values).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map(bytes) : bytes(value),
    ]);
    return Object.fromEntries(entries) as Record<string, Buffer | Buffer[]>;
  } catch {
    return undefined;
  }
}

function bytes(value: unknown): Buffer {
  if (typeof value !== 'string') throw new TypeError('Cannot read a header: no text');
  return Buffer.from(value, 'base64');
}

function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : undefined;
}
