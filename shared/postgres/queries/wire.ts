/**
 * Columns as results go over the wire: money as text, measures and counts as numbers, times as ISO 8601.
 * A set of fields is both what is selected and the type of what comes out.
 */
import { formatTime } from '../../event-time/time-text.ts';

type Decode<T> = (value: unknown) => T;
export type Fields = Readonly<Record<string, Decode<unknown>>>;
/** What a row becomes; a field that may be absent is so where the column is null. */
export type Wire<F extends Fields> = {
  readonly [K in keyof F as undefined extends ReturnType<F[K]> ? never : K]: ReturnType<F[K]>;
} & {
  readonly [K in keyof F as undefined extends ReturnType<F[K]> ? K : never]?: Exclude<ReturnType<F[K]>, undefined>;
};

export const text: Decode<string> = (value) => String(value);
/** numeric, with the digits it was written with. */
export const money: Decode<string> = text;
/** numeric or bigint, of what fits a number exactly: it was one in JSON. */
export const number: Decode<number> = (value) => Number(value);
export const flag: Decode<boolean> = (value) => value === true;
export const time: Decode<string> = (value) => {
  if (!(value instanceof Date)) throw new TypeError(`Cannot read "${value}" of the database: expected a time`);
  return formatTime(value.getTime());
};
/** 2024-06-01. */
export const day: Decode<string> = (value) => time(value).slice(0, 10);
export const json: Decode<Readonly<Record<string, unknown>>> = (value) => Object(value);

export function orNull<T>(decode: Decode<T>): Decode<T | null> {
  return (value) => (value === null ? null : decode(value));
}

export function orAbsent<T>(decode: Decode<T>): Decode<T | undefined> {
  return (value) => (value === null ? undefined : decode(value));
}

export function selectList(fields: Fields): string {
  return Object.keys(fields)
    .map((name) => `"${name}"`)
    .join(', ');
}

export function decodeRow<F extends Fields>(fields: F, row: Readonly<Record<string, unknown>>): Wire<F> {
  const wire: Record<string, unknown> = {};
  for (const [name, decode] of Object.entries(fields)) {
    const value = decode(row[name]);
    if (value !== undefined) wire[name] = value;
  }
  return wire as Wire<F>; // what the fields say is what their decoders gave
}
