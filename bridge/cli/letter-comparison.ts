/**
 * The dead letters of one Kafka partition: those its records become against those in DLQ. Pure.
 *
 * Invariants (tested in letter-comparison.test.ts):
 * 1. Without a finding, DLQ holds one letter for each record that becomes one, with that record, and no other.
 * 2. A letter that is not there is missing unless it was redriven, or DLQ's retention may have removed it: then it is
 *    counted.
 */
import { crc32 } from 'node:zlib';
import type { StoredMessage } from '../../shared/log/log.ts';
import { DEAD_LETTER_HEADERS } from '../../shared/dead-letters/letter-headers.ts';
import { letterHeaders } from '../partition/dead-letters.ts';
import { DEAD_REASONS, type DeadReason } from '../decode/data-error.ts';
import type { DeadLetterCause } from '../decode/decoded.ts';
import type { Source } from '../../shared/kafka/source.ts';
import type { KafkaRecord } from '../../shared/kafka/record.ts';
import type { LetterThen } from './decode-again.ts';
import type { Findings } from './findings.ts';
import type { Bounds } from './lane-comparison.ts';
import type { RedrivenOffsets } from '../../shared/dead-letters/redriven.ts';

/** A letter in a few bytes. */
export interface LetterMark {
  readonly seq: number;
  readonly storedMs: number;
  readonly reason: DeadReason | undefined;
  readonly isRetracted: boolean;
  /** Bytes of its payload. */
  readonly bytes: number;
  readonly fullBytes: number | undefined;
  /** CRC-32 of the record it holds. */
  readonly sum: number;
}

export interface LetterComparisonOptions extends Bounds {
  readonly source: Source;
  readonly findings: Findings;
  /** By Kafka offset; emptied by the comparison. */
  readonly letters: Map<number, LetterMark[]>;
  /** Letters that were put back. */
  readonly redriven: RedrivenOffsets;
  /** First sequence in DLQ. */
  readonly dlqFirstSeq: number;
  /** Sequence in DLQ up to which letters of before `start` are. */
  readonly dlqBefore: number;
}

const CONTENT_HEADERS = ['timestamp', 'key', 'headers', 'retracted'] as const;

export class LetterComparison {
  readonly #options: LetterComparisonOptions;
  readonly #absent: { readonly offset: number; readonly reason: string }[] = [];
  #covered: number;
  #compared = 0;
  #redriven = 0;
  #cut = 0;

  constructor(options: LetterComparisonOptions) {
    this.#options = options;
    this.#covered = options.dlqBefore;
  }

  /** Letters that records become. */
  get compared(): number {
    return this.#compared;
  }

  get redriven(): number {
    return this.#redriven;
  }

  /** Letters that retention may have removed. */
  get cut(): number {
    return this.#cut;
  }

  /** The letter of a record, if DLQ has one, or had one that was put back. */
  of(offset: number): LetterThen | undefined {
    const { letters, redriven } = this.#options;
    const letter = letters.get(offset)?.[0];
    if (letter?.reason) return { ...letter, reason: letter.reason };
    const isRetracted = redriven.get(offset);
    return isRetracted === undefined ? undefined : { reason: 'malformed', isRetracted, storedMs: undefined };
  }

  /** A record that becomes a letter. */
  expect(record: KafkaRecord, cause: DeadLetterCause, isRetracted: boolean): void {
    const { letters, findings, source } = this.#options;
    const { offset } = record;
    const [letter, ...more] = letters.get(offset) ?? [];
    letters.delete(offset);
    this.#compared++;
    if (!letter) {
      this.#absent.push({ offset, reason: cause.reason });
      return;
    }
    for (const { seq } of more) findings.add('letter-duplicate', offset, offset, { seq });
    const { seq, reason, bytes, fullBytes } = letter;
    const different = (detail: string) => findings.add('letter-different', offset, offset, { seq, detail });
    if (reason !== cause.reason) different(`expected reason ${cause.reason}, found ${reason}`);
    else if (fullBytes !== undefined && fullBytes !== record.value?.length)
      different(`it says that its value had ${fullBytes} bytes; Kafka's record has ${record.value?.length ?? 0}`);
    else {
      const value = (record.value ?? Buffer.alloc(0)).subarray(0, fullBytes === undefined ? undefined : bytes);
      const headers = letterHeaders(source, record, cause, isRetracted);
      if (sumOf((name) => headers[name], value) !== letter.sum)
        different("its key, value, headers or timestamp are not those of Kafka's record");
    }
  }

  /** Letters of records up to this offset are stored, says progress, at or before this sequence of DLQ. */
  progress(offset: number, dlq: number): void {
    const { redriven, findings, dlqFirstSeq } = this.#options;
    while (this.#absent[0] && this.#absent[0].offset <= offset) {
      const [letter] = this.#absent.splice(0, 1);
      if (!letter) break;
      if (redriven.has(letter.offset)) this.#redriven++;
      else if (this.#covered + 1 < dlqFirstSeq) this.#cut++;
      else findings.add('letter-missing', letter.offset, letter.offset, { detail: letter.reason });
    }
    this.#covered = Math.max(this.#covered, dlq);
  }

  finish(): void {
    const { letters, findings, start, end } = this.#options;
    for (const [offset, marks] of letters)
      if (offset >= start && offset <= end)
        for (const { seq, reason = 'of a reason that nobody knows' } of marks)
          findings.add('letter-extra', offset, offset, { seq, detail: reason });
  }
}

export function markOfLetter(message: StoredMessage): LetterMark {
  const { payload, seq, subject, timeMs } = message;
  const fullBytes = message.header(DEAD_LETTER_HEADERS.truncated);
  const reason = subject.slice(subject.lastIndexOf('.') + 1);
  return {
    seq,
    storedMs: timeMs,
    reason: DEAD_REASONS.find((known) => known === reason),
    isRetracted: message.header(DEAD_LETTER_HEADERS.retracted) === '1',
    bytes: payload.length,
    fullBytes: fullBytes === undefined ? undefined : Number(fullBytes),
    sum: sumOf((name) => message.header(name), payload),
  };
}

function sumOf(header: (name: string) => string | undefined, value: Uint8Array): number {
  const head = CONTENT_HEADERS.map((name) => header(DEAD_LETTER_HEADERS[name]) ?? '').join('\n');
  return crc32(value, crc32(`${head}\n`));
}
