/**
 * A model: how the rows (or messages) of one kind become events. What a change of a row amounts to is changes.ts's.
 */
import type { EventRoute } from '../../shared/config/routes.ts';
import type { MeshEvent } from '../../shared/events/event.ts';
import { readTime } from './column-time.ts';
import type { RowTypes } from './connect-schema.ts';
import { DataError, quoted } from './data-error.ts';
import type { JsonObject } from './json-text.ts';

/** A row and what is known beside it. */
export interface Row {
  readonly values: JsonObject;
  readonly types: RowTypes | undefined;
  /** The latest plausible event time, ms. */
  readonly latestMs: number;
  /** When the source wrote it, or the record's own timestamp, ms: for rows that tell no time themselves. */
  readonly writtenMs: number;
  /** Where the record is in Kafka. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** The values were parsed with integers beyond 2^53 as bigint; a number that looks like one is none. */
  readonly exact: boolean;
}

export interface Model<E extends MeshEvent> {
  /** Hot path: once or twice a record. Throws DataError. */
  read(row: Row): E;
  /** False for what REPLICA IDENTITY DEFAULT leaves of a row: nothing, or the key alone. */
  isWhole(values: JsonObject): boolean;
  /** The event's line in a frame. Hot path. */
  line(event: E): string;
  /**
   * Only where the latest row stands by itself, and nothing is taken back: the event of a row that is gone. `values`
   * may hold the key alone.
   */
  deleted?(row: Row): E;
}

/** The first of these names that the row has; when it has none, all of them, for a message. Hot path. */
export function present(values: JsonObject, names: readonly string[]): string {
  for (const name of names) if (values[name] !== undefined) return name;
  return names.length === 1 ? (names[0] ?? '') : allOf(names);
}

const joined = new WeakMap<readonly string[], string>();

/** Kept, for a row may well do without an optional member. */
function allOf(names: readonly string[]): string {
  const known = joined.get(names);
  if (known !== undefined) return known;
  const text = names.join(' or ');
  joined.set(names, text);
  return text;
}

/** True when the row has something for each of these members. */
export function hasAll(values: JsonObject, members: readonly (readonly string[])[]): boolean {
  return members.every((names) => (values[present(values, names)] ?? null) !== null);
}

/** The event time of a row, checked. Hot path. */
export function eventTime(route: EventRoute, names: readonly string[], { values, types, latestMs }: Row): number {
  const field = present(values, names);
  const t = readTime(values[field], field, types?.get(field), route.timeUnit);
  checkTime(route, t, field, values[field], latestMs);
  return t;
}

function checkTime(route: EventRoute, t: number, field: string, value: unknown, latestMs: number): void {
  if (t >= route.earliestTimeMs && t <= latestMs) return;
  const problem =
    t > latestMs
      ? "too far ahead of the record's own timestamp; correct the producer's clock, or raise maxAheadMs in the route"
      : 'too early; set timeUnit in the route if the number is not in the unit it was taken for, or earliestTimeMs';
  throw new DataError('bad-time', `Cannot use ${field} ${quoted(value)} as event time ${showTime(t)}: ${problem}`);
}

function showTime(t: number): string {
  return Math.abs(t) <= 8.64e15 ? new Date(t).toISOString() : `${t} ms`;
}
