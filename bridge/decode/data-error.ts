/**
 * What can be wrong with a record. Thrown while a record is read, and turned into a dead letter in one place
 * (decoder.ts); infrastructure errors are never of this class.
 */

/** Why a record became a dead letter: the last token of its DLQ subject. */
export const DEAD_REASONS = [
  'malformed',
  'missing-key',
  'bad-id',
  'bad-amount',
  'bad-time',
  'bad-value',
  'too-large',
  'inexact-number',
  'unknown-schema',
] as const;

export type DeadReason = (typeof DEAD_REASONS)[number];

export class DataError extends Error {
  readonly code = 'data';
  readonly reason: DeadReason;

  constructor(reason: DeadReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** A number that JSON.parse may have rounded; the record is parsed again. */
export function inexact(field: string, value: number): DataError {
  return new DataError(
    'inexact-number',
    `Cannot read ${field} ${value}: beyond 2^53, and this runtime does not tell a number's digits; write it as a string`,
  );
}

/** A value for a message: as JSON, cut to what a reader can take in. Never throws: any record may be quoted. */
export function quoted(value: unknown): string {
  const text = jsonOf(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function jsonOf(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  try {
    const text = JSON.stringify(value, (_name, part: unknown) => (typeof part === 'bigint' ? String(part) : part));
    return typeof value === 'bigint' ? String(value) : (text ?? String(value));
  } catch {
    return 'a deeply nested value'; // JSON.parse takes any depth, JSON.stringify does not
  }
}
