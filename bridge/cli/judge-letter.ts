/** Whether a dead letter can be put back, and what its record would become today. */
import type { SchemaRegistry } from '../../shared/avro/schema-registry.ts';
import { type EventRoute, type Route, routeOf } from '../../shared/config/routes.ts';
import { recordDecoder } from '../decode/decoder.ts';
import type { RecordDecoder } from '../decode/decoded.ts';
import type { Source } from '../../shared/kafka/source.ts';
import type { KafkaRecord } from '../../shared/kafka/record.ts';
import { prepareRecords } from './decode-again.ts';
import type { LetterJudge, Verdict } from '../../shared/dead-letters/letter-judge.ts';
import type { StoredLetter } from '../../shared/dead-letters/stored-letter.ts';

const SCHEMA_PATIENCE_MS = 5_000;

export class RouteJudge implements LetterJudge {
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

function judgeMirrored(maxRecordBytes: number, { value }: KafkaRecord): Verdict {
  const bytes = value?.length ?? 0;
  if (bytes <= maxRecordBytes) return { kind: 'good', outlook: { outcome: 'mirrored', lines: [] } };
  return { kind: 'again', why: `its value of ${bytes} bytes is over the route's maxRecordBytes (${maxRecordBytes})` };
}
