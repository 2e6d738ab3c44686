/**
 * Records to order events: CDC rows and plain JSON orders become the same events.
 *
 * Owns: what a change amounts to, and what is wrong with a record. Does not own: reading envelopes and fields.
 *
 * A row counts while its values can be read, and not otherwise: that is all the state there is, and both sides of an
 * update tell it. So a change takes back `before` if that was readable, and brings `after` if that is; an unreadable
 * `after` is a dead letter besides.
 *
 * Invariants (tested in order.test.ts):
 * 1. create, snapshot: one event. update: retract(before), add(after); none when what we model is equal.
 *    delete: retract(before).
 * 2. Without a usable `before` (null, key only) an update or a delete is `unattributable`: no event at all.
 * 3. The sum of all events of an order is the order at its latest readable values, counted once.
 *
 * Known limits: a plain JSON order that is sent twice counts twice, and so does a row that a second snapshot reads
 * again: nothing in one record tells. REPLICA IDENTITY DEFAULT writes 0 and '' for columns that are NOT NULL, which
 * looks like a row: use FULL.
 */
import type { Route } from '../../shared/config/routes.ts';
import type { OrderEvent } from '../../shared/events/order.ts';
import type { KafkaRecord } from '../record.ts';
import type { RowTypes } from './connect-schema.ts';
import { DataError, type DeadReason, quoted } from './data-error.ts';
import { type Change, decodeDebezium } from './debezium-json.ts';
import { readAmount, readId, readTime } from './fields.ts';
import { isObject, type JsonObject, parseText, textOf } from './json-text.ts';

/** What became of a record: the names of the counts in progress frames and status. */
export type Outcome =
  | 'counted'
  | 'unchanged'
  | 'unattributable'
  /** A change of a row that never counted, because it could not be read, and does not count now. */
  | 'uncounted'
  | 'tombstone'
  | 'truncate'
  | 'message'
  | 'dead';

export interface DeadLetterCause {
  readonly reason: DeadReason;
  readonly text: string;
}

export interface Decoded {
  readonly outcome: Outcome;
  readonly events: readonly OrderEvent[];
  /** With outcome `dead`. Events beside it take back what the order counted before. */
  readonly dead?: DeadLetterCause;
}

export type Decode = (record: KafkaRecord, nowMs: number) => Decoded;

/** A record's timestamp below this is none (-1), or no wall clock. */
const EARLIEST_RECORD_MS = Date.UTC(2000, 0, 1);

/** The decoder of a route. It never throws for what is in a record. */
export function orderDecoder(route: Route): Decode {
  return (record, nowMs) => {
    const { value } = record;
    if (value === null || value.length === 0) return NOTHING.tombstone;
    try {
      if (value.length > route.maxRecordBytes)
        throw new DataError(
          'too-large',
          `Cannot take a value of ${value.length} bytes: the route's maxRecordBytes is ${route.maxRecordBytes}`,
        );
      return decodeText(route, textOf(value), latestTime(route, record, nowMs));
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      return dead(error, []);
    }
  };
}

function decodeText(route: Route, text: string, latest: number): Decoded {
  try {
    return decodeOnce(route, text, latest, false);
  } catch (error) {
    if (!(error instanceof DataError && error.reason === 'inexact-number')) throw error;
    return decodeOnce(route, text, latest, true);
  }
}

function decodeOnce(route: Route, text: string, latest: number, exact: boolean): Decoded {
  if (route.decoder === 'debezium-json') return fromChange(route, decodeDebezium(text, exact), latest);
  const order = parseText(text, exact);
  if (order === null) return NOTHING.tombstone;
  if (!isObject(order))
    throw new DataError('malformed', `Cannot read ${quoted(order)} as an order: expected a JSON object`);
  return { outcome: 'counted', events: [readOrder(route, order, undefined, latest)] };
}

/**
 * The latest plausible event time. Measured from the record's own timestamp, so that a replay decides the same, but
 * not beyond the wall clock: a producer with a wrong clock must not take the watermark into the future with it.
 */
function latestTime(route: Route, record: KafkaRecord, nowMs: number): number {
  const written = record.timestampMs >= EARLIEST_RECORD_MS ? Math.min(record.timestampMs, nowMs) : nowMs;
  return written + route.maxAheadMs;
}

function fromChange(route: Route, change: Change, latest: number): Decoded {
  if (change.kind !== 'change') return NOTHING[change.kind];
  const { op, before, after, types } = change;
  if (after !== null && (op === 'c' || op === 'r'))
    return { outcome: 'counted', events: [readOrder(route, after, types, latest)] };
  if (!isWhole(route, before)) return NOTHING.unattributable;
  const former = readFormer(route, before, types);
  if (after === null || op === 'd') return former ? counted([retract(former)]) : NOTHING.uncounted;
  return fromUpdate(route, former, after, types, latest);
}

function fromUpdate(
  route: Route,
  former: OrderEvent | undefined,
  after: JsonObject,
  types: RowTypes | undefined,
  latest: number,
): Decoded {
  let current: OrderEvent;
  try {
    current = readOrder(route, after, types, latest);
  } catch (error) {
    if (!(error instanceof DataError) || error.reason === 'inexact-number') throw error;
    return dead(error, former ? [retract(former)] : []);
  }
  if (!former) return counted([current]);
  return isSame(former, current) ? NOTHING.unchanged : counted([retract(former), current]);
}

/** The row as it was; undefined when it could not be read, and so did not count. */
function readFormer(route: Route, before: JsonObject, types: RowTypes | undefined): OrderEvent | undefined {
  try {
    return readOrder(route, before, types, Number.POSITIVE_INFINITY);
  } catch (error) {
    if (!(error instanceof DataError) || error.reason === 'inexact-number') throw error;
    return undefined;
  }
}

/** Hot path: once or twice a record. Throws DataError. */
function readOrder(route: Route, row: JsonObject, types: RowTypes | undefined, latest: number): OrderEvent {
  const { fields } = route;
  const keyField = present(row, fields.key);
  const k = readId(row[keyField], keyField, 'missing-key');
  const idField = present(row, fields.id);
  const id = readId(row[idField], idField, 'bad-id');
  const amountField = present(row, fields.amount);
  const amount = readAmount(row[amountField], amountField, types?.get(amountField), route.base64AmountScale);
  if (amount < 0 && !route.allowNegativeAmounts)
    throw new DataError(
      'bad-amount',
      `Cannot count ${amountField} ${quoted(row[amountField])}: below zero; if refunds come as orders, set allowNegativeAmounts in the route`,
    );
  const timeField = present(row, fields.time);
  const t = readTime(row[timeField], timeField, types?.get(timeField), route.timeUnit);
  checkTime(route, t, timeField, row[timeField], latest);
  return { t, k, id, amount };
}

function checkTime(route: Route, t: number, field: string, value: unknown, latest: number): void {
  if (t >= route.earliestTimeMs && t <= latest) return;
  const problem =
    t > latest
      ? "too far ahead of the record's own timestamp; correct the producer's clock, or raise maxAheadMs in the route"
      : 'too early; set timeUnit in the route if the number is not in the unit it was taken for, or earliestTimeMs';
  throw new DataError('bad-time', `Cannot use ${field} ${quoted(value)} as event time ${showTime(t)}: ${problem}`);
}

function showTime(t: number): string {
  return Math.abs(t) <= 8.64e15 ? new Date(t).toISOString() : `${t} ms`;
}

/** The first of these names that the row has; the first of all when it has none. */
function present(row: JsonObject, names: readonly string[]): string {
  for (const name of names) if (row[name] !== undefined) return name;
  return names[0] ?? '';
}

/** False for what REPLICA IDENTITY DEFAULT leaves of a row: nothing, or the key alone. */
function isWhole(route: Route, row: JsonObject | null): row is JsonObject {
  if (row === null) return false;
  const { id, key, amount, time } = route.fields;
  return [id, key, amount, time].every((names) => (row[present(row, names)] ?? null) !== null);
}

function isSame(a: OrderEvent, b: OrderEvent): boolean {
  return a.t === b.t && a.k === b.k && a.id === b.id && a.amount === b.amount;
}

function retract({ t, k, id, amount }: OrderEvent): OrderEvent {
  return { t, k, id, amount, retract: true };
}

function counted(events: readonly OrderEvent[]): Decoded {
  return { outcome: 'counted', events };
}

function dead({ reason, message }: DataError, events: readonly OrderEvent[]): Decoded {
  return { outcome: 'dead', events, dead: { reason, text: message } };
}

const NO_EVENTS: readonly OrderEvent[] = [];
const NOTHING = {
  unchanged: { outcome: 'unchanged', events: NO_EVENTS },
  unattributable: { outcome: 'unattributable', events: NO_EVENTS },
  uncounted: { outcome: 'uncounted', events: NO_EVENTS },
  tombstone: { outcome: 'tombstone', events: NO_EVENTS },
  truncate: { outcome: 'truncate', events: NO_EVENTS },
  message: { outcome: 'message', events: NO_EVENTS },
} as const satisfies Partial<Record<Outcome, Decoded>>;
