/**
 * Decodes records as the bridge did when it took them in.
 *
 * What a record becomes depends on the record and its route. But routes change, schemas come, and an event time that was
 * "too far ahead" of the clock is so no more; so of a record that became a dead letter then, and would not today, the
 * letter tells what it was.
 */
import type { MeshEvent } from '../../shared/events/event.ts';
import type { DeadReason } from '../decode/data-error.ts';
import type { Decoded, RecordDecoder } from '../decode/decoded.ts';
import type { KafkaRecord } from '../../shared/kafka/record.ts';
import { CommandError } from '../../shared/runtime/command-error.ts';

/** What a record became. */
export interface DecodedThen {
  readonly decoded: Decoded;
  /** Events that it would bring today, and did not then: in the log they are a mistake, as there is a letter. */
  readonly notThen: readonly MeshEvent[];
}

/** Of a letter that is or was in DLQ. */
export interface LetterThen {
  readonly reason: DeadReason;
  readonly isRetracted: boolean;
  /** undefined: it was put back, and is gone. */
  readonly storedMs: number | undefined;
}

const NO_EVENTS: readonly never[] = [];
const RETRY_MS = 2_000;

export class DecodeAgain {
  readonly #decoder: RecordDecoder;
  readonly #letterOf: (offset: number) => LetterThen | undefined;
  #outdated = 0;

  constructor(decoder: RecordDecoder, letterOf: (offset: number) => LetterThen | undefined) {
    this.#decoder = decoder;
    this.#letterOf = letterOf;
  }

  /** Records in DLQ that would not be dead letters today. */
  get outdated(): number {
    return this.#outdated;
  }

  /** Hot path: once a record. */
  decode(record: KafkaRecord, nowMs: number): DecodedThen {
    const decoded = this.#decoder.decode(record, nowMs);
    const letter = decoded.dead ? undefined : this.#letterOf(record.offset);
    return letter ? this.#byLetter(record, decoded, letter) : { decoded, notThen: NO_EVENTS };
  }

  line(event: MeshEvent): string {
    return this.#decoder.line(event);
  }

  #byLetter(record: KafkaRecord, today: Decoded, { reason, isRetracted, storedMs }: LetterThen): DecodedThen {
    const then = storedMs === undefined ? today : this.#decoder.decode(record, storedMs);
    if (then.dead) return { decoded: then, notThen: NO_EVENTS };
    if (storedMs !== undefined) this.#outdated++;
    const events: readonly MeshEvent[] = isRetracted ? today.events.filter(({ retract }) => retract) : NO_EVENTS;
    return {
      decoded: { ...today, outcome: 'dead', events, dead: { reason, text: '' } },
      notThen: today.events.filter((event) => !events.includes(event)),
    };
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
