/**
 * What a change of a row amounts to.
 *
 * A row counts while its values can be read, and not otherwise: that is all the state there is, and both sides of an
 * update tell it. So a change takes back `before` if that was readable, and brings `after` if that is; an unreadable
 * `after` is a dead letter besides. Where the latest row stands by itself (products), nothing is taken back.
 *
 * Invariants (tested in decoder.test.ts):
 * 1. create, snapshot: one event. update: retract(before), add(after); none when what we model is equal.
 *    delete: retract(before).
 * 2. Without a usable `before` (null, key only) an update or a delete is `unattributable`: no event at all. So is a
 *    change that does not tell a value we read, under the name `unavailable`.
 * 3. The sum of all events of a row is the row at its latest readable values, counted once.
 *
 * Known limits: a plain message that is sent twice counts twice, and so does a row that a second snapshot reads again:
 * nothing in one record tells. REPLICA IDENTITY DEFAULT writes 0 and '' for columns that are NOT NULL, which looks
 * like a row: use FULL.
 */
import type { MeshEvent } from '../../shared/events/event.ts';
import type { Change, RowChange } from './change.ts';
import { DataError } from './data-error.ts';
import { type Decoded, NOTHING } from './decoded.ts';
import type { JsonObject } from './json-text.ts';
import type { Model, Row } from './model.ts';

/** All of a row but its values and types. */
export type Setting = Omit<Row, 'values' | 'types'>;

/** Throws DataError when the row that counts from now on cannot be read, and none counted before. */
export function decodeChange<E extends MeshEvent>(model: Model<E>, change: Change, setting: Setting): Decoded<E> {
  if (change.kind === 'plain') return counted([model.read(rowOf(change.values, change, setting))]);
  if (change.kind !== 'change') return NOTHING[change.kind];
  return model.deleted ? latest(model, change, setting) : counting(model, change, setting);
}

function counting<E extends MeshEvent>(model: Model<E>, change: RowChange, setting: Setting): Decoded<E> {
  const { op, before, after, lacking } = change;
  if (lacking) return NOTHING.unavailable;
  if (after !== null && (op === 'c' || op === 'r')) return counted([model.read(rowOf(after, change, setting))]);
  if (before === null || !model.isWhole(before)) return NOTHING.unattributable;
  const former = readFormer(model, rowOf(before, change, setting));
  if (after === null || op === 'd') return former ? counted([retracted(former)]) : NOTHING.uncounted;
  return fromUpdate(model, former, rowOf(after, change, setting));
}

type Told = Pick<RowChange, 'types'> & { readonly writtenMs?: number | undefined };

/** Hot path: one literal, no spread of what is spread again. */
function rowOf(values: JsonObject, { types, writtenMs }: Told, setting: Setting): Row {
  const { latestMs, topic, partition, offset, exact } = setting;
  return { values, types, latestMs, writtenMs: writtenMs ?? setting.writtenMs, topic, partition, offset, exact };
}

function fromUpdate<E extends MeshEvent>(model: Model<E>, former: E | undefined, row: Row): Decoded<E> {
  let current: E;
  try {
    current = model.read(row);
  } catch (error) {
    if (!(error instanceof DataError) || error.reason === 'inexact-number') throw error;
    return dead(error, former ? [retracted(former)] : []);
  }
  if (!former) return counted([current]);
  return model.line(former) === model.line(current) ? NOTHING.unchanged : counted([retracted(former), current]);
}

function latest<E extends MeshEvent>(model: Model<E>, change: RowChange, setting: Setting): Decoded<E> {
  const { op, before, after, lacking } = change;
  if (lacking?.after) return NOTHING.unavailable;
  if (op !== 'd' && after !== null) return counted([model.read(rowOf(after, change, setting))]);
  if (before === null || !model.isWhole(before) || !model.deleted) return NOTHING.unattributable;
  return counted([model.deleted(rowOf(before, change, setting))]);
}

/** The row as it was; undefined when it could not be read, and so did not count. */
function readFormer<E extends MeshEvent>(model: Model<E>, row: Row): E | undefined {
  try {
    return model.read({ ...row, latestMs: Number.POSITIVE_INFINITY });
  } catch (error) {
    if (!(error instanceof DataError) || error.reason === 'inexact-number') throw error;
    return undefined;
  }
}

function retracted<E extends MeshEvent>(event: E): E {
  return { ...event, retract: true };
}

export function counted<E extends MeshEvent>(events: readonly E[]): Decoded<E> {
  return { outcome: 'counted', events };
}

export function dead<E extends MeshEvent>({ reason, message }: DataError, events: readonly E[]): Decoded<E> {
  return { outcome: 'dead', events, dead: { reason, text: message } };
}
