/**
 * Reads a member of an event by its path (`amount`, `payload.lines.0.price`, `payload.lines.length`).
 *
 * Invariants (tested in compile-condition.test.ts):
 * 1. Only what the event itself has is read: names that every object inherits are no path (`isReadable`).
 * 2. An object, a list or nothing reads as undefined; null is a value.
 */
import type { Scalar } from './pattern-spec.ts';

export type Value = Scalar | undefined;
export type Read = (event: unknown) => Value;

/** False for paths with an empty or inherited name. */
export function isReadable(path: string): boolean {
  return path.split('.').every((name) => name !== '' && !(name in Object.prototype));
}

export function fieldReader(path: string): Read {
  const names = path.split('.');
  const [first = '', second] = names;
  if (second === undefined) return (event) => scalar(member(event, first));
  if (names.length === 2) return (event) => scalar(member(member(event, first), second));
  return (event) => {
    let value = event;
    for (const name of names) value = member(value, name);
    return scalar(value);
  };
}

/** True for whatever is there, an object and null included. */
export function presenceReader(path: string): (event: unknown) => boolean {
  const names = path.split('.');
  return (event) => {
    let value = event;
    for (const name of names) value = member(value, name);
    return value !== undefined;
  };
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

function scalar(value: unknown): Value {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return value === null ? null : undefined;
}
