/**
 * The decoder of a topic: from the bytes of a record to events, by the topic's route.
 *
 * Owns: putting format, model and change together, and turning what is wrong with a record into a dead letter.
 * Does not own: reading formats (json.ts, avro.ts), fields and rows (models/), what a change means (changes.ts).
 */
import type { SchemaRegistry } from '../../shared/avro/schema-registry.ts';
import type { EventRoute } from '../../shared/config/routes.ts';
import type { MeshEvent } from '../../shared/events/event.ts';
import type { OrderEvent } from '../../shared/events/order.ts';
import type { Source } from '../../shared/kafka/source.ts';
import type { KafkaRecord } from '../../shared/kafka/record.ts';
import { bringsAfterOnly } from '../../shared/dead-letters/redrive-headers.ts';
import { avroFormat } from './avro.ts';
import type { Change } from './change.ts';
import { counted, dead, decodeChange, type Setting } from './changes.ts';
import { DataError } from './data-error.ts';
import { type Decoded, NOTHING, type RecordDecoder } from './decoded.ts';
import type { Format } from './format.ts';
import { jsonFormat } from './json.ts';
import type { Model } from './model.ts';
import { downloadModel } from './models/download.ts';
import { maipModel } from './models/maip.ts';
import { orderModel } from './models/order.ts';
import { orderItemModel } from './models/order-item.ts';
import { productModel } from './models/product.ts';
import { userEventModel } from './models/user-event.ts';
import { TOMBSTONE } from './place.ts';
import { keyRow } from './record-key.ts';

/** A record's timestamp below this is none (-1), or no wall clock. */
const EARLIEST_RECORD_MS = Date.UTC(2000, 0, 1);

export interface DecoderContext {
  /** Names events that have no id of their own; 0 by default. */
  readonly partition?: number;
  /** For records in Avro. */
  readonly registry?: SchemaRegistry | undefined;
}

export function recordDecoder(
  route: EventRoute<'order'>,
  topic: string,
  context?: DecoderContext,
): RecordDecoder<OrderEvent>;
export function recordDecoder(route: EventRoute, topic: string, context?: DecoderContext): RecordDecoder;
export function recordDecoder(route: EventRoute, topic: string, context: DecoderContext = {}): RecordDecoder {
  switch (route.kind) {
    case 'order':
      return decoderOf(route, topic, context, orderModel(route));
    case 'orderItem':
      return decoderOf(route, topic, context, orderItemModel(route));
    case 'product':
      return decoderOf(route, topic, context, productModel(route));
    case 'download':
      return decoderOf(route, topic, context, downloadModel(route));
    case 'maip':
      return decoderOf(route, topic, context, maipModel(route));
    case 'userEvent':
      return decoderOf(route, topic, context, userEventModel(route));
    default:
      return route satisfies never;
  }
}

function decoderOf<E extends MeshEvent>(
  route: EventRoute,
  topic: string,
  { partition = 0, registry }: DecoderContext,
  model: Model<E>,
): RecordDecoder<E> {
  const isAvro = route.decoder === 'avro' || route.decoder === 'debezium-avro';
  const format = isAvro ? avroFormat(route, topic, registry, model.deleted !== undefined) : jsonFormat(route);
  const records = new Records(route, { topic, partition }, model, format);
  return {
    prepare: (some) => format.prepare(some),
    decode: (record, nowMs) => records.decode(record, nowMs),
    line: (event) => model.line(event),
  };
}

class Records<E extends MeshEvent> {
  readonly #route: EventRoute;
  readonly #source: Source;
  readonly #model: Model<E>;
  readonly #format: Format;

  constructor(route: EventRoute, source: Source, model: Model<E>, format: Format) {
    this.#route = route;
    this.#source = source;
    this.#model = model;
    this.#format = format;
  }

  decode(record: KafkaRecord, nowMs: number): Decoded<E> {
    const { value, timestampMs, offset } = record;
    const latestMs = latestTime(this.#route, timestampMs, nowMs);
    const { topic, partition } = this.#source;
    const setting = { topic, partition, offset, latestMs, writtenMs: timestampMs, exact: this.#format.isExact };
    try {
      if (value === null || value.length === 0) return this.#fromTombstone(record, setting);
      checkSize(this.#route, value);
      return this.#fromValue(value, record, setting);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      return dead(error, []);
    }
  }

  /** Integers beyond 2^53 cost a second, slower look, and only where a field we read has one. */
  #fromValue(value: Buffer, record: KafkaRecord, setting: Setting): Decoded<E> {
    const read = this.#format.read(value, record, setting.exact);
    const change = bringsAfterOnly(record) ? afterOnly(read) : read;
    try {
      return placed(change, this.#fromChange(change, record, setting));
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      if (error.reason === 'inexact-number' && !setting.exact)
        return this.#fromValue(value, record, { ...setting, exact: true });
      return placed(change, dead(error, []));
    }
  }

  #fromChange(change: Change, record: KafkaRecord, setting: Setting): Decoded<E> {
    if (change.kind === 'tombstone') return this.#fromTombstone(record, setting);
    if (!this.#model.deleted || change.kind !== 'change' || change.op !== 'd')
      return decodeChange(this.#model, change, setting);
    if (change.before && this.#model.isWhole(change.before)) return decodeChange(this.#model, change, setting);
    return (
      this.#deleted(record, { ...setting, writtenMs: change.writtenMs ?? setting.writtenMs }) ?? NOTHING.unattributable
    );
  }

  /** Also when it only follows a delete: what a record becomes does not depend on those before it (replay-filter.ts). */
  #fromTombstone(record: KafkaRecord, setting: Setting): Decoded<E> {
    const deleted = this.#deleted(record, setting);
    if (!deleted) return NOTHING.tombstone;
    return this.#route.decoder.startsWith('debezium') ? { ...deleted, place: TOMBSTONE } : deleted;
  }

  /** The event of a row that is gone, by the record's key; undefined when that does not tell which. */
  #deleted(record: KafkaRecord, setting: Setting): Decoded<E> | undefined {
    const { key } = record;
    if (!this.#model.deleted) return undefined;
    const values = key && keyRow(this.#format.readKey(key, record), this.#route.fields.key);
    return values ? counted([this.#model.deleted({ ...setting, exact: true, values, types: undefined })]) : undefined;
  }
}

/** A redriven update whose former values were taken back when it became a dead letter. */
function afterOnly(change: Change): Change {
  return change.kind === 'change' && change.op === 'u' ? { ...change, op: 'c', before: null } : change;
}

/** Hot path: a literal, for spreading is slow. */
function placed<E extends MeshEvent>(change: Change, decoded: Decoded<E>): Decoded<E> {
  const place = 'place' in change ? change.place : undefined;
  if (!place) return decoded;
  const { outcome, events, dead } = decoded;
  return { outcome, events, dead, place };
}

function checkSize(route: EventRoute, value: Buffer): void {
  if (value.length <= route.maxRecordBytes) return;
  throw new DataError(
    'too-large',
    `Cannot take a value of ${value.length} bytes: the route's maxRecordBytes is ${route.maxRecordBytes}`,
  );
}

/**
 * The latest plausible event time. Measured from the record's own timestamp, so that a replay decides the same, but
 * not beyond the wall clock: a producer with a wrong clock must not take the watermark into the future with it.
 */
function latestTime(route: EventRoute, timestampMs: number, nowMs: number): number {
  const written = timestampMs >= EARLIEST_RECORD_MS ? Math.min(timestampMs, nowMs) : nowMs;
  return written + route.maxAheadMs;
}
