/**
 * What can be wrong with an Avro record. The bridge dead-letters a record for these; an unreachable registry is not one
 * of them (registry-errors.ts).
 */

export type AvroErrorCode =
  /** No Confluent frame: wrong magic byte, or too short for one. */
  | 'bad-frame'
  /** The registry says there is no such schema, and has said so for long enough. */
  | 'unknown-schema'
  /** The schema is not Avro, or breaks the rules of Avro. */
  | 'invalid-schema'
  /** The reader's schema cannot take what this writer's schema writes. */
  | 'incompatible-schema'
  | 'truncated'
  | 'trailing-bytes'
  /** Bytes that no value of the schema has: a branch or symbol that is not there, a negative length. */
  | 'malformed'
  | 'not-utf8'
  /** A logical type's value out of its range. */
  | 'bad-value';

export class AvroDataError extends Error {
  override readonly name: string = 'AvroDataError';
  readonly code: AvroErrorCode;

  constructor(code: AvroErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** For messages: the JSON of a value, cut when it is long. */
export function quoted(value: unknown): string {
  const text =
    typeof value === 'bigint' ? String(value) : (JSON.stringify(value, (_key, each) => plain(each)) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function plain(value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
