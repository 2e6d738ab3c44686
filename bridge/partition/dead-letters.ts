/**
 * Dead letters of one Kafka partition: records that cannot become events, kept in DLQ with all that `redrive` needs.
 *
 * Invariants (tested in dead-letters.test.ts):
 * 1. A record is in DLQ once, across restarts and lost acks: what is there behind the last progress is read at the
 *    start, and a message id covers a publish that a dying connection still delivers.
 * 2. The payload is the record's value byte for byte, unless the server takes no message of that size: then it is
 *    cut, and `Mesh-Truncated` tells the full size.
 */
import { DEAD_LETTER_HEADERS, MAX_HEADER_CHARS } from '../../shared/dead-letters/letter-headers.ts';
import type { Log, StoredMessage } from '../../shared/log/log.ts';
import { DLQ, dlqSubject, topicTokens } from '../../shared/log/names.ts';
import { DEAD_REASONS } from '../decode/data-error.ts';
import type { DeadLetterCause } from '../decode/decoded.ts';
import { type Fence, untilAvailable } from './fenced-append.ts';
import type { Source } from '../../shared/kafka/source.ts';
import { BEFORE_FIRST, type KafkaRecord } from '../../shared/kafka/record.ts';

/** Subject, header lines and NATS's own headers. */
const OVERHEAD_BYTES = 4 * 1024;
const SILENCE_MS = 2_000;

export class DeadLetters {
  readonly #fence: Fence;
  readonly #source: Source;
  /** Offset to sequence, of dead letters that no progress frame covers yet. */
  readonly #known = new Map<number, number>();
  #readUpTo: number;

  private constructor(fence: Fence, source: Source, readUpTo: number) {
    this.#fence = fence;
    this.#source = source;
    this.#readUpTo = readUpTo;
  }

  /** `coveredSeq`, `coveredOffset`: what the last progress frame says. */
  static async open(fence: Fence, source: Source, coveredSeq: number, coveredOffset: number): Promise<DeadLetters> {
    const letters = new DeadLetters(fence, source, coveredSeq);
    await untilAvailable(fence, () => letters.#read());
    for (const offset of letters.#known.keys()) if (offset <= coveredOffset) letters.#known.delete(offset);
    return letters;
  }

  /** The sequence up to which a restart need not look: all before it is covered by progress. */
  get coveredSeq(): number {
    let covered = this.#readUpTo;
    for (const seq of this.#known.values()) covered = Math.min(covered, seq - 1);
    return covered;
  }

  /** Stores a record unless it is there; resolves with its sequence. */
  async write(record: KafkaRecord, cause: DeadLetterCause, isRetracted: boolean): Promise<number> {
    let unknown = false;
    return untilAvailable(this.#fence, async () => {
      if (unknown) await this.#read();
      const known = this.#known.get(record.offset);
      if (known !== undefined) {
        this.#known.delete(record.offset);
        return known;
      }
      unknown = true;
      const { log } = this.#fence;
      const headers = letterHeaders(this.#source, record, cause, isRetracted);
      const payload = cut(record.value ?? Buffer.alloc(0), log, headers);
      const appended = await log.append(dlqSubject(this.#source.topic, cause.reason), payload, { headers });
      if (appended.kind === 'conflict') throw new Error('Cannot happen: a dead letter has no expectation');
      this.#readUpTo = Math.max(this.#readUpTo, appended.seq);
      return appended.seq;
    });
  }

  /** Takes up what the DLQ holds of this Kafka partition behind what was read before. */
  async #read(): Promise<void> {
    const { lastSeq } = await this.#fence.log.state(DLQ);
    if (lastSeq < this.#readUpTo) this.#readUpTo = 0; // the stream was deleted and made anew: its sequences began again
    const subjects = DEAD_REASONS.map((reason) => dlqSubject(this.#source.topic, reason));
    for (;;) {
      const newest = await this.#fence.log.lastOfEach(DLQ, subjects);
      const end = newest.reduce((max, message) => Math.max(max, message.seq), 0);
      if (end <= this.#readUpTo || this.#fence.signal.aborted) return;
      await this.#readTo(end, subjects);
    }
  }

  async #readTo(end: number, subjects: readonly string[]): Promise<void> {
    const stop = new AbortController();
    // The last message may be deleted while we read: then nothing comes, and the caller looks again.
    const silence = setTimeout(() => stop.abort(), SILENCE_MS);
    const { log } = this.#fence;
    for await (const message of log.read({ stream: DLQ, subjects, fromSeq: this.#readUpTo + 1, signal: stop.signal })) {
      silence.refresh();
      const offset = offsetOf(message, this.#source);
      if (offset !== undefined) this.#known.set(offset, message.seq);
      this.#readUpTo = message.seq;
      if (message.seq >= end) stop.abort();
    }
    clearTimeout(silence);
  }
}

/** The Kafka offset of a dead letter of this partition; undefined: of another. */
function offsetOf(message: StoredMessage, { topic, partition }: Source): number | undefined {
  const { topic: topicName, partition: partitionName, offset: offsetName } = DEAD_LETTER_HEADERS;
  if (message.header(topicName) !== topic || message.header(partitionName) !== String(partition)) return undefined;
  const offset = Number(message.header(offsetName) ?? Number.NaN);
  return Number.isSafeInteger(offset) && offset > BEFORE_FIRST ? offset : undefined;
}

/** All headers of a letter but `truncated`. */
export function letterHeaders(
  source: Source,
  record: KafkaRecord,
  cause: DeadLetterCause,
  isRetracted: boolean,
): Record<string, string> {
  const names = DEAD_LETTER_HEADERS;
  const kafkaHeaders = headersText(record);
  return {
    [names.topic]: source.topic,
    [names.partition]: String(source.partition),
    [names.offset]: String(record.offset),
    [names.timestamp]: String(record.timestampMs),
    ...(record.key !== null && { [names.key]: limited(record.key.toString('base64')) }),
    ...(kafkaHeaders !== undefined && { [names.headers]: limited(kafkaHeaders) }),
    [names.reason]: printable(cause.text),
    ...(isRetracted && { [names.retracted]: '1' }),
    'Nats-Msg-Id': `${topicTokens(source.topic)}.k${source.partition}.${record.offset}`,
  };
}

function headersText(record: KafkaRecord): string | undefined {
  const entries = Object.entries(record.headers ?? {});
  if (entries.length === 0) return undefined;
  const encoded = entries.map(([name, value]) => [name, Array.isArray(value) ? value.map(base64) : base64(value)]);
  return base64(JSON.stringify(Object.fromEntries(encoded)));
}

function base64(value: Buffer | string | undefined): string {
  return Buffer.from(value ?? '').toString('base64');
}

/** A key of a megabyte is no header; what is cut shows by its length. */
function limited(text: string): string {
  return text.length <= MAX_HEADER_CHARS ? text : text.slice(0, MAX_HEADER_CHARS);
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (char) =>
    JSON.stringify(char)
      .slice(1, -1)
      .replace(/[^\x20-\x7e]/, '?'),
  );
}

function cut(value: Buffer, log: Log, headers: Record<string, string>): Buffer {
  const headerBytes = Object.entries(headers).reduce((sum, [name, text]) => sum + name.length + text.length + 4, 0);
  const room = log.maxPayload - headerBytes - OVERHEAD_BYTES;
  if (value.length <= room) return value;
  headers[DEAD_LETTER_HEADERS.truncated] = String(value.length);
  return value.subarray(0, Math.max(0, room));
}
