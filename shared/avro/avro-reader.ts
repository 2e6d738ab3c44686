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
import { type AvroType, typeName } from './avro-type.ts';
import { compilePlan, type ReadValue } from './compile-plan.ts';
import { type Projection, planProjection, type ReadPlan } from './read-plan.ts';
import { planResolution } from './resolve-schema.ts';

/** Reads one value that starts at `start` (0 by default) and ends with the bytes. */
export type ReadAvro = (bytes: Uint8Array, start?: number) => unknown;

/** A reader for pure Avro of one schema: the whole value, or the projected fields of it. */
export function avroReader(writer: AvroType, projection?: Projection): ReadAvro {
  return reading(compilePlan(planProjection(writer, projection), nameOf(writer)));
}

/** A reader for pure Avro of one schema that gives values of another. */
export function resolvingReader(writer: AvroType, reader: AvroType): ReadAvro {
  return reading(compilePlan(planResolution(writer, reader), nameOf(writer)));
}

/**
 * Reads the payloads of Confluent frames: Avro, except that a schema of plain `bytes` has no length in front, as
 * Confluent's serializers write it.
 */
export class PayloadReader {
  readonly #plan: (writer: AvroType) => ReadPlan;
  readonly #readers = new Map<AvroType, ReadValue>();

  /** Of each writer's fields the projected ones; `{ as }`: values of that schema; undefined: everything. */
  constructor(wanted?: { readonly projection: Projection } | { readonly as: AvroType }) {
    this.#plan =
      wanted && 'as' in wanted
        ? (writer) => planResolution(writer, wanted.as)
        : (writer) => planProjection(writer, wanted?.projection);
  }

  /** `writer` must be the same object for the same schema, as schema-registry.ts gives it. */
  read(writer: AvroType, bytes: Uint8Array, start: number): unknown {
    const read = this.#readers.get(writer) ?? this.#compile(writer);
    return read(bufferOf(bytes), start);
  }

  #compile(writer: AvroType): ReadValue {
    const read = writer.kind === 'bytes' ? rawBytes : compilePlan(this.#plan(writer), nameOf(writer));
    this.#readers.set(writer, read);
    return read;
  }
}

function reading(read: ReadValue): ReadAvro {
  return (bytes, start = 0) => read(bufferOf(bytes), start);
}

function rawBytes(bytes: Buffer, start: number): Uint8Array {
  return new Uint8Array(bytes.subarray(start));
}

function nameOf(type: AvroType): string {
  return `the Avro value (${typeName(type)})`;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
