/**
 * JSON texts of records.
 *
 * Invariants (tested in json-text.test.ts):
 * 1. Bytes that are not UTF-8 are refused, never replaced.
 * 2. parseExact keeps every integer: one that a double cannot hold is a bigint.
 */
import { DataError, quoted } from './data-error.ts';

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of a value. Hot path: Buffer's own decoder, and the strict one only when it replaced something. */
export function textOf(value: Buffer): string {
  const text = value.toString('utf8');
  if (text.includes('\uFFFD')) {
    try {
      return strictUtf8.decode(value);
    } catch {
      throw new DataError('malformed', 'Cannot read the value: it is not UTF-8; check the producer and the route');
    }
  }
  return text;
}

/** JSON.parse with integers beyond 2^53 as bigint. Slower: for records that have such a number in a field we read. */
export function parseExact(text: string): unknown {
  return JSON.parse(text, (_key: string, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '')
      ? BigInt(context?.source ?? '')
      : value,
  );
}

/** Parses a whole value; a DataError when it is not JSON. */
export function parseText(text: string, exact: boolean): unknown {
  try {
    return exact ? parseExact(text) : JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new DataError('malformed', `Cannot parse ${quoted(text)} as JSON: ${why}; check the producer and the route`);
  }
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** A row that belongs to its reader, before anybody else sees it. */
export type MutableRow = Record<string, unknown>;

export function isObject(value: unknown): value is MutableRow {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True for a number that JSON.parse may have rounded: an integer beyond 2^53. */
export function isInexact(value: number): boolean {
  return Number.isInteger(value) && !Number.isSafeInteger(value);
}
