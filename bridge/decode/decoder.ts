/**
 * The decoder of a topic: from the bytes of a record to events, by the topic's route.
 *
 * Owns: putting format, model and change together, and turning what is wrong with a record into a dead letter.
 * Does not own: reading formats (debezium-json.ts, ...), fields and rows (models/), what a change means (changes.ts).
 */
import type { EventRoute } from '../../shared/config/routes.ts';
import type { MeshEvent } from '../../shared/events/event.ts';
import type { OrderEvent } from '../../shared/events/order.ts';
import type { Source } from '../position.ts';
import type { KafkaRecord } from '../record.ts';
import { dead, decodeChange, type Setting } from './changes.ts';
import { DataError, quoted } from './data-error.ts';
import { decodeDebezium } from './debezium-json.ts';
import { type Decoded, NOTHING, type RecordDecoder } from './decoded.ts';
import { isObject, parseText, textOf } from './json-text.ts';
import type { Model } from './model.ts';
import { downloadModel } from './models/download.ts';
import { maipModel } from './models/maip.ts';
import { orderModel } from './models/order.ts';
import { orderItemModel } from './models/order-item.ts';
import { productModel } from './models/product.ts';
import { userEventModel } from './models/user-event.ts';

/** A record's timestamp below this is none (-1), or no wall clock. */
const EARLIEST_RECORD_MS = Date.UTC(2000, 0, 1);

export function recordDecoder(route: EventRoute<'order'>, topic: string, partition?: number): RecordDecoder<OrderEvent>;
export function recordDecoder(route: EventRoute, topic: string, partition?: number): RecordDecoder;
/** `partition` names events that have no id of their own. */
export function recordDecoder(route: EventRoute, topic: string, partition = 0): RecordDecoder {
  const source = { topic, partition };
  switch (route.kind) {
    case 'order':
      return decoderOf(route, source, orderModel(route));
    case 'orderItem':
      return decoderOf(route, source, orderItemModel(route));
    case 'product':
      return decoderOf(route, source, productModel(route));
    case 'download':
      return decoderOf(route, source, downloadModel(route));
    case 'maip':
      return decoderOf(route, source, maipModel(route));
    case 'userEvent':
      return decoderOf(route, source, userEventModel(route));
    default:
      return route satisfies never;
  }
}

function decoderOf<E extends MeshEvent>(route: EventRoute, source: Source, model: Model<E>): RecordDecoder<E> {
  return {
    prepare: () => undefined,
    decode: (record, nowMs) => decodeRecord(route, source, model, record, nowMs),
    line: (event) => model.line(event),
  };
}

function decodeRecord<E extends MeshEvent>(
  route: EventRoute,
  { topic, partition }: Source,
  model: Model<E>,
  record: KafkaRecord,
  nowMs: number,
): Decoded<E> {
  const { value, timestampMs, offset } = record;
  if (value === null || value.length === 0) return NOTHING.tombstone;
  try {
    checkSize(route, value);
    const latestMs = latestTime(route, timestampMs, nowMs);
    const setting = { topic, partition, offset, latestMs, writtenMs: timestampMs, exact: false };
    return decodeText(route, model, textOf(value), setting);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return dead(error, []);
  }
}

function checkSize(route: EventRoute, value: Buffer): void {
  if (value.length <= route.maxRecordBytes) return;
  throw new DataError(
    'too-large',
    `Cannot take a value of ${value.length} bytes: the route's maxRecordBytes is ${route.maxRecordBytes}`,
  );
}

/** Integers beyond 2^53 cost a second, slower look, and only where a field we read has one. */
function decodeText<E extends MeshEvent>(
  route: EventRoute,
  model: Model<E>,
  text: string,
  setting: Setting,
): Decoded<E> {
  try {
    return decodeOnce(route, model, text, setting);
  } catch (error) {
    if (!(error instanceof DataError && error.reason === 'inexact-number')) throw error;
    return decodeOnce(route, model, text, { ...setting, exact: true });
  }
}

function decodeOnce<E extends MeshEvent>(
  route: EventRoute,
  model: Model<E>,
  text: string,
  setting: Setting,
): Decoded<E> {
  const { exact } = setting;
  if (route.decoder === 'debezium-json') return decodeChange(model, decodeDebezium(text, exact), setting);
  const values = parseText(text, exact);
  if (values === null) return NOTHING.tombstone;
  if (!isObject(values))
    throw new DataError('malformed', `Cannot read ${quoted(values)} as ${route.kind}: expected a JSON object`);
  return { outcome: 'counted', events: [model.read({ ...setting, values, types: undefined })] };
}

/**
 * The latest plausible event time. Measured from the record's own timestamp, so that a replay decides the same, but
 * not beyond the wall clock: a producer with a wrong clock must not take the watermark into the future with it.
 */
function latestTime(route: EventRoute, timestampMs: number, nowMs: number): number {
  const written = timestampMs >= EARLIEST_RECORD_MS ? Math.min(timestampMs, nowMs) : nowMs;
  return written + route.maxAheadMs;
}
