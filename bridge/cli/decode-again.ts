/**
 * Decodes records as the bridge did when it took them in.
 *
 * What a record becomes depends on the record and its route, but for two things, which its dead letter tells of: an event
 * time "too far ahead" was too far ahead of that day's clock, and a schema may have come since. Where the letter cannot
 * settle it, the outcome is the letter's and counts as one that nobody can tell.
 */
import type { MeshEvent } from '../../shared/events/event.ts';
import type { Decoded, RecordDecoder } from '../decode/decoded.ts';
import type { KafkaRecord } from '../record.ts';
import { CommandError } from './command-error.ts';
import type { LetterMark } from './letter-comparison.ts';

/** A letter is stored after its record was decoded: at once, but for outages of NATS. */
const STORED_WITHIN_MS = 15 * 60_000;
const RETRY_MS = 2_000;

export class DecodeAgain {
  readonly #decoder: RecordDecoder;
  readonly #letterOf: (offset: number) => LetterMark | undefined;
  #uncertain = 0;

  constructor(decoder: RecordDecoder, letterOf: (offset: number) => LetterMark | undefined) {
    this.#decoder = decoder;
    this.#letterOf = letterOf;
  }

  /** Records of which nobody can tell what they were. */
  get uncertain(): number {
    return this.#uncertain;
  }

  /** Hot path: once a record. */
  decode(record: KafkaRecord, nowMs: number): Decoded {
    const decoded = this.#decoder.decode(record, nowMs);
    if (decoded.dead) return decoded;
    const letter = this.#letterOf(record.offset);
    return letter ? this.#byLetter(record, decoded, letter) : decoded;
  }

  line(event: MeshEvent): string {
    return this.#decoder.line(event);
  }

  #byLetter(record: KafkaRecord, decoded: Decoded, { reason, storedMs }: LetterMark): Decoded {
    if (reason === 'bad-time') {
      const then = this.#decoder.decode(record, storedMs);
      if (then.dead) return then;
      const before = this.#decoder.decode(record, storedMs - STORED_WITHIN_MS);
      if (!before.dead) return decoded;
      this.#uncertain++;
      return before;
    }
    if (reason !== 'unknown-schema') return decoded;
    this.#uncertain++;
    return { outcome: 'dead', events: [], dead: { reason, text: '' } };
  }
}

/** Fetches what records need, for as long as `patienceMs`. */
export async function prepareRecords(
  decoder: RecordDecoder,
  records: readonly KafkaRecord[],
  signal: AbortSignal,
  patienceMs = 30_000,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (let coming = decoder.prepare(records); coming; coming = decoder.prepare(records)) {
    signal.throwIfAborted();
    try {
      await coming;
    } catch (cause) {
      if (performance.now() > deadline)
        throw new CommandError(
          'Cannot read records in Avro: their schemas are not to be had; see SCHEMA_REGISTRY_URL',
          {
            cause,
          },
        );
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
