/**
 * What can go wrong between us and a schema registry. The caller waits for the first, dead-letters the second, and
 * gives up on the third.
 */
import { AvroDataError } from './avro-error.ts';
import type { SchemaKey } from './wire-format.ts';

/** Infrastructure: not reachable, not allowed, or not sure yet. Says nothing about the record. */
export class RegistryUnavailableError extends Error {
  override readonly name = 'RegistryUnavailableError';
  readonly code = 'registry-unavailable';
  /** The client does not ask again before this time (ms, on the client's clock). */
  readonly notBeforeMs: number;

  constructor(message: string, notBeforeMs: number, options?: ErrorOptions) {
    super(message, options);
    this.notBeforeMs = notBeforeMs;
  }
}

/** Data: the registry has been asked often enough, and has no such schema. */
export class UnknownSchemaError extends AvroDataError {
  override readonly name = 'UnknownSchemaError';
  readonly schema: SchemaKey;

  constructor(schema: SchemaKey, asked: number) {
    super(
      'unknown-schema',
      `Cannot read a value of schema ${schema}: the registry was asked ${asked} times and has no such schema; register it, or check SCHEMA_REGISTRY_URL`,
    );
    this.schema = schema;
  }
}

/** The registry understood a request and said no. */
export class RegistryRefusedError extends Error {
  override readonly name = 'RegistryRefusedError';
  readonly code = 'registry-refused';
  /** Of the registry: 40403 (no such schema), 409 (incompatible), 42201 (invalid schema), ... */
  readonly errorCode: number;

  constructor(errorCode: number, message: string) {
    super(message);
    this.errorCode = errorCode;
  }
}
