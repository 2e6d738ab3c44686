/**
 * Values that are kept as they came: payloads, metadata.
 *
 * Invariants (tested in opaque-value.test.ts):
 * 1. What is accepted can be written: it is bounded in depth and size, so no record can stop the bridge.
 * 2. Nothing is rounded: integers beyond 2^53 keep their digits in the line.
 */
import { DataError, quoted } from '../data-error.ts';
import { isInexact, isObject } from '../json-text.ts';

/** JSON.parse takes any depth, JSON.stringify fails at some thousands. */
const MAX_DEPTH = 64;
/** About what it takes as JSON. Escapes may make it six bytes a character, and an update has it twice: under 1 MiB still. */
const MAX_CHARS = 64 * 1024;
const NUMBER_CHARS = 24;

/** `exact`: the record was parsed with bigints. Throws DataError. Hot path. */
export function readOpaque(value: unknown, field: string, exact: boolean): unknown {
  const chars = measure(value, field, exact, 0);
  if (chars <= MAX_CHARS) return value;
  throw new DataError(
    'too-large',
    `Cannot keep ${field} ${quoted(value)}: over ${MAX_CHARS} characters; send a reference to it, or take the topic with decoder raw`,
  );
}

/** JSON.stringify(value), bigints as the integers they are. Hot path. */
export function opaqueText(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // a TypeError: there is a bigint
    return exactText(value);
  }
}

function measure(value: unknown, field: string, exact: boolean, depth: number): number {
  if (typeof value === 'string') return value.length;
  if (typeof value === 'number') {
    if (!exact && isInexact(value))
      throw new DataError('inexact-number', `Cannot keep ${field}: it has ${value}, which is beyond 2^53`);
    return NUMBER_CHARS;
  }
  if (typeof value === 'bigint') return String(value).length;
  if (!isObject(value) && !Array.isArray(value)) return NUMBER_CHARS;
  if (depth === MAX_DEPTH)
    throw new DataError('bad-value', `Cannot keep ${field}: nested deeper than ${MAX_DEPTH}; flatten it at the source`);
  let chars = 0;
  if (isObject(value))
    for (const name in value) chars += name.length + 6 + measure(value[name], field, exact, depth + 1); // no copy of entries
  else for (const item of value) chars += 3 + measure(item, field, exact, depth + 1);
  return chars;
}

function exactText(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${value.map(exactText).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, item]) => `${JSON.stringify(name)}:${exactText(item)}`)
    .join(',')}}`;
}
