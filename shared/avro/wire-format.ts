/**
 * Confluent's framing: how a record says which schema its bytes were written with.
 *
 *     value:  00 | schema id, 4 bytes big-endian | Avro         the usual one
 *     value:  01 | schema GUID, 16 bytes | Avro
 *     header: __value_schema_id = 00 | id, or 01 | GUID         then the value is Avro alone (Confluent 8.1 and later)
 *
 * Invariants (tested in wire-format.test.ts):
 * 1. A header wins over a prefix, as in Confluent's own deserializer.
 * 2. Bytes without a frame are an AvroDataError `bad-frame`, never taken for a schema's.
 */
import { AvroDataError } from './avro-error.ts';

/** A schema's name in a registry: its id, or its GUID as text. */
export type SchemaKey = number | string;

export interface Frame {
  readonly schema: SchemaKey;
  /** Where the Avro begins. */
  readonly start: number;
}

export const KEY_SCHEMA_HEADER = '__key_schema_id';
export const VALUE_SCHEMA_HEADER = '__value_schema_id';

const ID_MAGIC = 0;
const GUID_MAGIC = 1;
const ID_BYTES = 5;
const GUID_BYTES = 17;
const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const GUID_PARTS = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/;

/** `header`: the value of the record's schema header (KEY_ or VALUE_SCHEMA_HEADER), if it has one. */
export function readFrame(bytes: Uint8Array, header?: Uint8Array): Frame {
  if (header) return { schema: schemaKeyIn(header, 'header'), start: 0 };
  return { schema: schemaKeyIn(bytes, 'value'), start: bytes[0] === GUID_MAGIC ? GUID_BYTES : ID_BYTES };
}

/** The bytes that name a schema: a value's prefix, or a header's value. */
export function schemaPrefix(schema: SchemaKey): Buffer {
  if (typeof schema === 'number') {
    const prefix = Buffer.alloc(ID_BYTES);
    prefix.writeUInt32BE(schema, 1);
    return prefix;
  }
  if (!GUID.test(schema)) throw new RangeError(`Cannot write "${schema}" as a schema's GUID: expected 32 hex digits`);
  return Buffer.from(`01${schema.replaceAll('-', '')}`, 'hex');
}

/** A value in its frame. */
export function writeFrame(schema: SchemaKey, avro: Uint8Array): Buffer {
  return Buffer.concat([schemaPrefix(schema), avro]);
}

function schemaKeyIn(bytes: Uint8Array, where: 'header' | 'value'): SchemaKey {
  const magic = bytes[0];
  // Hot path: the bytes of an id, without a view on them.
  if (magic === ID_MAGIC && bytes.length >= ID_BYTES)
    return ((bytes[1]! << 24) | (bytes[2]! << 16) | (bytes[3]! << 8) | bytes[4]!) >>> 0;
  if (magic === GUID_MAGIC && bytes.length >= GUID_BYTES) return guidText(bytes.subarray(1, GUID_BYTES));
  const found = magic === undefined ? 'no bytes' : `${bytes.length} bytes, the first of them ${magic}`;
  throw new AvroDataError(
    'bad-frame',
    `Cannot find a schema's id in the ${where}: expected 0 and 4 bytes, or 1 and 16, and found ${found}; was it written by a Confluent serializer?`,
  );
}

function guidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
  return hex.replace(GUID_PARTS, '$1-$2-$3-$4-$5');
}
