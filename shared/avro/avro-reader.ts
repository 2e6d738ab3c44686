/**
 * Reads Avro values to plain JavaScript values: null, boolean, number (a long beyond 2^53: bigint), string, Uint8Array
 * (bytes and fixed), string (enum), arrays and plain objects (records, maps). Unions are unwrapped. Logical types stay
 * what they are in Avro; logical-value.ts reads those.
 *
 * Owns: one compiled reader per (writer's schema, projection or reader's schema).
 * Invariants (tested in avro-reader.test.ts):
 * 1. A value that is read takes exactly the bytes given: fewer or more are an AvroDataError.
 * 2. No bytes make it hang, use memory beyond their own length, or throw anything but an AvroDataError.
 */
import type { AvroType } from './avro-schema.ts';
import { compilePlan, type ReadValue } from './compile-plan.ts';
import { type Projection, planProjection } from './read-plan.ts';

/** Reads one value that starts at `start` (0 by default) and ends with the bytes. */
export type ReadAvro = (bytes: Uint8Array, start?: number) => unknown;

/** A reader for pure Avro of one schema. */
export function avroReader(writer: AvroType, projection?: Projection): ReadAvro {
  const read = compilePlan(planProjection(writer, projection), nameOf(writer));
  return (bytes, start = 0) => read(bufferOf(bytes), start);
}

/**
 * Reads the payloads of Confluent frames: Avro, except that a schema of plain `bytes` has no length in front, as
 * Confluent's serializers write it.
 */
export class PayloadReader {
  readonly #projection: Projection | undefined;
  readonly #readers = new Map<AvroType, ReadValue>();

  /** Projection undefined: everything. */
  constructor(projection?: Projection) {
    this.#projection = projection;
  }

  /** `writer` must be the same object for the same schema, as schema-registry.ts gives it. */
  read(writer: AvroType, bytes: Uint8Array, start: number): unknown {
    const read = this.#readers.get(writer) ?? this.#compile(writer);
    return read(bufferOf(bytes), start);
  }

  #compile(writer: AvroType): ReadValue {
    const read =
      writer.kind === 'bytes' ? rawBytes : compilePlan(planProjection(writer, this.#projection), nameOf(writer));
    this.#readers.set(writer, read);
    return read;
  }
}

function rawBytes(bytes: Buffer, start: number): Uint8Array {
  return new Uint8Array(bytes.subarray(start));
}

function nameOf(type: AvroType): string {
  return `the Avro value (${'name' in type ? type.name : type.kind})`;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
