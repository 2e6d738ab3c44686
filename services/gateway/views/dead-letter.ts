/**
 * A dead letter as it is shown: a message of `DLQ` read back. Pure. The bridge's are written by
 * bridge/partition/dead-letters.ts, those of sinks by shared/sink/refused-letters.ts.
 */
import { formatTime } from '../../../shared/event-time/time-text.ts';
import { DEAD_LETTER_HEADERS } from '../../../shared/dead-letters/letter-headers.ts';
import { readLetter, type StoredLetter } from '../../../shared/dead-letters/stored-letter.ts';
import type { StoredMessage } from '../../../shared/log/log.ts';
import { REFUSED_HEADERS } from '../../../shared/sink/refused-letters.ts';
import type { Bytes, DeadLetter, WholeDeadLetter } from '../schemas/dead-letters.ts';

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** By the reason of a record. What `detail` says already is not said again. */
const ADVICE: Readonly<Record<string, string>> = {
  malformed: 'It cannot be read: repair what writes the topic, or the decoder of its route. Put it back if that was it',
  'missing-key': 'Repair what writes the topic, or the name of the key in the fields of its route; then put it back',
  'bad-id': 'Repair what writes the topic, or the name of the id in the fields of its route; then put it back',
  'bad-amount': 'Refunds are taken when the route says allowNegativeAmounts: true; then put it back',
  'bad-time':
    'See timeUnit, earliestTimeMs and maxAheadMs of its route. One ahead of the clock is good later: put it back then',
  'bad-value': 'Repair what writes the topic; the record itself stays as it is',
  'too-large': 'Raise maxRecordBytes of its route; then put it back',
  'inexact-number': 'Write the number as text, or as an integer; the record itself stays as it is',
  'unknown-schema': 'See that the registry at SCHEMA_REGISTRY_URL has its schema; then put it back',
};
const OTHER_ADVICE = 'See what is in it; `redrive?dryRun` says what would become of it today';
const SINK_ADVICE =
  'Change what the store does not take; it is written with the next value of its key. It is no record: it cannot be put back';
const UNKNOWN_ADVICE = 'No bridge and no sink has written it: see who did';
const CUT_ADVICE = 'DLQ holds a part of it only: send the record again from its source';

export function deadLetter(message: StoredMessage): DeadLetter {
  const letter = readLetter(message);
  if (letter) return ofRecord(letter);
  const sink = message.header(REFUSED_HEADERS.sink);
  return {
    ...common(message),
    ...(sink === undefined
      ? { kind: 'unknown', advice: UNKNOWN_ADVICE }
      : { kind: 'sink', advice: SINK_ADVICE, refused: refusedOf(message, sink) }),
    redrivable: false,
  };
}

export function wholeDeadLetter(message: StoredMessage): WholeDeadLetter {
  const letter = readLetter(message);
  const fullBytes = Number(message.header(DEAD_LETTER_HEADERS.truncated) ?? Number.NaN);
  return {
    ...deadLetter(message),
    payload: bytesOf(message.payload),
    ...(Number.isSafeInteger(fullBytes) && { full_bytes: fullBytes }),
    headers: Object.entries(letter?.record.headers ?? {}).flatMap(([name, value]) =>
      [value ?? []].flat().map((one) => ({ name, value: bytesOf(Buffer.from(one)) })),
    ),
  };
}

function common({ seq, subject, timeMs, header }: StoredMessage) {
  return {
    seq,
    reason: subject.slice(subject.lastIndexOf('.') + 1),
    detail: header(DEAD_LETTER_HEADERS.reason) ?? '',
    stored_at: formatTime(timeMs),
  };
}

function ofRecord({ seq, reason, text, storedMs, source, record, cut }: StoredLetter): DeadLetter {
  const { offset, timestampMs, key, value } = record;
  return {
    ...{ seq, kind: 'record', reason, detail: text },
    advice: cut.length > 0 ? CUT_ADVICE : (ADVICE[reason] ?? OTHER_ADVICE),
    stored_at: formatTime(storedMs),
    record: {
      ...{ ...source, offset, timestamp: formatTime(timestampMs) },
      key: key === null ? null : bytesOf(key),
      bytes: value?.length ?? 0,
    },
    redrivable: cut.length === 0,
  };
}

function refusedOf(message: StoredMessage, sink: string): DeadLetter['refused'] {
  const [bucket = '', key = ''] = [REFUSED_HEADERS.bucket, REFUSED_HEADERS.key].map((name) => message.header(name));
  return { sink, bucket, key, revision: Number(message.header(REFUSED_HEADERS.revision) ?? 0) };
}

function bytesOf(bytes: Uint8Array): Bytes {
  try {
    return { encoding: 'utf8', data: strictUtf8.decode(bytes) };
  } catch {
    return { encoding: 'base64', data: Buffer.from(bytes).toString('base64') };
  }
}
