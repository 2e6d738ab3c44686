/** Whether a dead letter can be put back, and what its record would become today. */
import type { SchemaRegistry } from '../../shared/avro/schema-registry.ts';
import { type EventRoute, type Route, routeOf } from '../../shared/config/routes.ts';
import { recordDecoder } from '../decode/decoder.ts';
import type { RecordDecoder } from '../decode/decoded.ts';
import type { Source } from '../record/source.ts';
import type { KafkaRecord } from '../record/record.ts';
import { bringsAfterOnly, REDRIVE_AFTER_HEADER, REDRIVE_HEADER } from '../record/redrive-headers.ts';
import { prepareRecords } from './decode-again.ts';
import type { StoredLetter } from './stored-letter.ts';

/** What a letter's record would become. */
export interface Outlook {
  readonly outcome: string;
  readonly lines: readonly string[];
}

export type Verdict =
  /** It can be put back. */
  | { readonly kind: 'good'; readonly outlook: Outlook }
  /** It would be a dead letter again, or nobody would read it. */
  | { readonly kind: 'again'; readonly why: string }
  /** What DLQ has of it is not the whole record. */
  | { readonly kind: 'never'; readonly why: string };

const SCHEMA_PATIENCE_MS = 5_000;

export class LetterJudge {
  readonly #routes: readonly Route[];
  readonly #registry: SchemaRegistry | undefined;
  readonly #signal: AbortSignal;
  readonly #decoders = new Map<string, RecordDecoder>();

  constructor(routes: readonly Route[], registry: SchemaRegistry | undefined, signal: AbortSignal) {
    this.#routes = routes;
    this.#registry = registry;
    this.#signal = signal;
  }

  /** Of a record that is sent to this partition. */
  async judge({ cut, fullBytes }: StoredLetter, record: KafkaRecord, target: Source): Promise<Verdict> {
    if (cut.length > 0) {
      const size = fullBytes === undefined ? '' : ` (its value had ${fullBytes} bytes)`;
      return {
        kind: 'never',
        why: `its ${cut.join(' and ')} did not fit into DLQ${size}; send the record from its source`,
      };
    }
    const route = routeOf(this.#routes, target.topic);
    if (!route) return { kind: 'again', why: `no route takes topic "${target.topic}": nobody would read it` };
    if (route.decoder === 'raw') return judgeMirrored(route.maxRecordBytes, record);
    const decoder = this.#decoder(route, target);
    await prepareRecords(decoder, [record], this.#signal, SCHEMA_PATIENCE_MS);
    const { outcome, events, dead } = decoder.decode(record, Date.now());
    if (dead) return { kind: 'again', why: `it would be a dead letter again (${dead.reason}): ${dead.text}` };
    return { kind: 'good', outlook: { outcome, lines: events.map((event) => decoder.line(event)) } };
  }

  #decoder(route: EventRoute, { topic, partition }: Source): RecordDecoder {
    const key = `${topic}/${partition}`;
    const known = this.#decoders.get(key);
    if (known) return known;
    const decoder = recordDecoder(route, topic, { partition, registry: this.#registry });
    this.#decoders.set(key, decoder);
    return decoder;
  }
}

/** The record as it is sent: as it was, and marked, so that the bridge takes it in and this is known afterwards. */
export function redrivenRecord({ seq, record, isRetracted }: StoredLetter): KafkaRecord {
  const { [REDRIVE_HEADER]: _seq, [REDRIVE_AFTER_HEADER]: _after, ...headers } = record.headers ?? {};
  // A letter that was put back before and failed again says so by its headers: what was taken back then still is.
  const isAfterOnly = isRetracted || bringsAfterOnly(record);
  return {
    ...record,
    headers: {
      ...headers,
      [REDRIVE_HEADER]: String(seq),
      ...(isAfterOnly && { [REDRIVE_AFTER_HEADER]: '1' }),
    },
  };
}

function judgeMirrored(maxRecordBytes: number, { value }: KafkaRecord): Verdict {
  const bytes = value?.length ?? 0;
  if (bytes <= maxRecordBytes) return { kind: 'good', outlook: { outcome: 'mirrored', lines: [] } };
  return { kind: 'again', why: `its value of ${bytes} bytes is over the route's maxRecordBytes (${maxRecordBytes})` };
}
