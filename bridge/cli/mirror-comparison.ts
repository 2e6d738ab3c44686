/**
 * One Kafka partition's mirror: its records against the messages of the mirror, by offset. Pure.
 *
 * Records come in offset order, and all up to a message's offset before the message.
 *
 * Invariants (tested in mirror-comparison.test.ts):
 * 1. Without a finding, the mirror holds every record once, as it is, in order; records too large for a message are in
 *    DLQ instead.
 * 2. Whatever is dropped, doubled, altered or moved is a finding with its offset.
 */
import { crc32 } from 'node:zlib';
import type { ChainedMessage } from '../../shared/log/log.ts';
import { mirrorWriter } from '../mirror/mirror-record.ts';
import type { Source } from '../../shared/kafka/source.ts';
import type { KafkaRecord } from '../../shared/kafka/record.ts';
import type { Findings } from './findings.ts';
import type { Bounds } from './lane-comparison.ts';
import type { LetterComparison } from './letter-comparison.ts';

export interface MirrorComparisonOptions extends Bounds {
  readonly source: Source;
  readonly findings: Findings;
  readonly letters: LetterComparison;
}

interface Overdue {
  readonly offset: number;
  readonly run: number;
}

const MAX_OVERDUE = 10_000;
const TOO_LARGE = 'too-large';

export class MirrorComparison {
  readonly #options: MirrorComparisonOptions;
  readonly #write: (record: KafkaRecord) => ChainedMessage;
  /** Their message has not come. */
  #pending: KafkaRecord[] = [];
  #overdue: Overdue[] = [];
  #last: number;
  #messages = 0;
  #run = 0;
  #expectedSum = 0;
  #foundSum = 0;

  constructor(options: MirrorComparisonOptions) {
    this.#options = options;
    this.#write = mirrorWriter(options.source);
    this.#last = options.start - 1;
  }

  get messages(): number {
    return this.#messages;
  }

  get checksums(): { readonly kafka: string; readonly log: string } {
    const [kafka = '', log = ''] = [this.#expectedSum, this.#foundSum].map((sum) => sum.toString(16).padStart(8, '0'));
    return { kafka, log };
  }

  /** `due`: the offset of the next message; what is before it has none. */
  expect(record: KafkaRecord, due: number): void {
    if (record.offset < due) this.#miss(record);
    else this.#pending.push(record);
  }

  meet(offset: number, seq: number, read: () => KafkaRecord): void {
    const { start, end, findings } = this.#options;
    if (offset < start || offset > end) return;
    if (offset <= this.#last) {
      this.#repeated(offset, seq);
      return;
    }
    this.#last = offset;
    const behind = this.#pending.findIndex((record) => record.offset >= offset);
    for (const record of this.#pending.splice(0, behind < 0 ? this.#pending.length : behind)) this.#miss(record);
    const [record] = this.#pending;
    if (record?.offset !== offset) {
      findings.add('unexpected', offset, offset, { seq, detail: 'Kafka has no record here' });
      return;
    }
    this.#pending.shift();
    this.#messages++;
    this.#run++;
    this.#compare(this.#write(record), this.#write(read()), seq, offset);
  }

  finish(): void {
    for (const record of this.#pending.splice(0)) this.#miss(record);
    this.#report(this.#overdue.splice(0));
  }

  #compare(expected: ChainedMessage, found: ChainedMessage, seq: number, offset: number): void {
    this.#expectedSum = sumOf(expected, this.#expectedSum);
    this.#foundSum = sumOf(found, this.#foundSum);
    const isSame = expected.head === found.head && Buffer.compare(expected.payload, found.payload) === 0;
    if (isSame) return;
    const part = expected.head === found.head ? 'value' : 'key, headers or timestamp';
    this.#options.findings.add('different', offset, offset, { seq, detail: `its ${part} is not what Kafka has` });
  }

  #repeated(offset: number, seq: number): void {
    const late = this.#overdue.findIndex((one) => one.offset === offset);
    if (late >= 0) this.#overdue.splice(late, 1);
    this.#options.findings.add(late < 0 ? 'duplicate' : 'out-of-order', offset, offset, { seq });
  }

  #miss(record: KafkaRecord): void {
    const { letters } = this.#options;
    const letter = letters.of(record.offset);
    if (letter && (letter.reason === TOO_LARGE || letter.storedMs === undefined)) {
      letters.expect(record, { reason: TOO_LARGE, text: '' }, false);
      return;
    }
    this.#expectedSum = sumOf(this.#write(record), this.#expectedSum);
    this.#messages++;
    this.#overdue.push({ offset: record.offset, run: this.#run });
    if (this.#overdue.length > MAX_OVERDUE) this.#report(this.#overdue.splice(0, 1));
  }

  #report(overdue: readonly Overdue[]): void {
    for (const { offset, run } of overdue) this.#options.findings.add('missing', offset, offset, { run });
  }
}

function sumOf({ id, head, payload }: ChainedMessage, sum: number): number {
  return crc32(payload, crc32(`${id}\n${head}\n`, sum));
}
