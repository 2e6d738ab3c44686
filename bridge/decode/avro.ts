/**
 * Records in Confluent's Avro framing: plain ones (`avro`), and Debezium's (`debezium-avro`).
 *
 * Owns: which schemas are known, and what is read by each: only the columns that the route reads.
 * Does not own: Avro itself (shared/avro), what kind of record it is (change.ts).
 *
 * Invariants (tested in avro.test.ts):
 * 1. `prepare` returns undefined when all schemas of the records are known: no promise per batch.
 * 2. What the registry has never heard of makes dead letters (`unknown-schema`); what it cannot say now makes `prepare`
 *    reject.
 */
import { AvroDataError } from '../../shared/avro/avro-error.ts';
import { avroReader, type ReadAvro } from '../../shared/avro/avro-reader.ts';
import type { AvroType } from '../../shared/avro/avro-type.ts';
import type { SchemaRegistry } from '../../shared/avro/schema-registry.ts';
import { rowTypes } from '../../shared/avro/schema-types.ts';
import { KEY_SCHEMA_HEADER, readFrame, type SchemaKey, VALUE_SCHEMA_HEADER } from '../../shared/avro/wire-format.ts';
import type { EventRoute } from '../../shared/config/routes.ts';
import type { KafkaRecord } from '../../shared/kafka/record.ts';
import { debeziumProjection, isEnvelope, rowProjection } from './avro-projection.ts';
import { type Change, changeIn } from './change.ts';
import { DataError, quoted } from './data-error.ts';
import type { Format } from './format.ts';
import { isObject, type MutableRow, textOf } from './json-text.ts';
import { convertRow, type RowShape, rowShape } from './row-shape.ts';
import type { Members } from './unavailable.ts';

/** What is read by one writer's schema. */
interface Writer {
  readonly read: ReadAvro;
  readonly shape: RowShape;
  readonly isEnvelope: boolean;
}

/** `readsKeys`: the keys of tombstones matter. */
export function avroFormat(
  route: EventRoute,
  topic: string,
  registry: SchemaRegistry | undefined,
  readsKeys: boolean,
): Format {
  const schemas = new Schemas(topic, registry, Object.values(route.fields), route.decoder === 'debezium-avro');
  const read = route.decoder === 'debezium-avro' ? readDebezium : readMessage;
  const members = Object.values(route.fields);
  return {
    prepare: (records) => schemas.prepare(records, readsKeys),
    read(value, record) {
      const { writer, document } = schemas.read(value, headerOf(record, VALUE_SCHEMA_HEADER));
      return read(document, writer, members, route.kind);
    },
    readKey: (key, record) => readKey(schemas, key, record),
    isExact: true,
  };
}

function readDebezium(document: unknown, { shape }: Writer, members: Members, kind: string): Change {
  if (document === null) return { kind: 'tombstone' };
  return changeIn(recordOf(document, kind), { members, shape, mayLack: true });
}

function readMessage(document: unknown, { shape, isEnvelope }: Writer, _members: Members, kind: string): Change {
  if (document === null) return { kind: 'tombstone' };
  if (isEnvelope)
    throw new DataError('malformed', `Cannot read a change event as ${kind}: set decoder "debezium-avro" in the route`);
  const values = recordOf(document, kind);
  convertRow(shape, values);
  return { kind: 'plain', values, types: shape.types };
}

function recordOf(document: unknown, kind: string): MutableRow {
  if (isObject(document) && !(document instanceof Uint8Array)) return document;
  throw new DataError(
    'malformed',
    `Cannot read ${quoted(document)} as ${kind}: expected an Avro record; check the producer and the route`,
  );
}

/** A key that is not Avro is plain text. undefined: it cannot be read. */
function readKey(schemas: Schemas, key: Buffer, record: KafkaRecord): unknown {
  const header = headerOf(record, KEY_SCHEMA_HEADER);
  if (!header && key[0] !== 0) return textOf(key);
  try {
    const { writer, document } = schemas.read(key, header);
    if (isObject(document)) convertRow(writer.shape, document);
    return document;
  } catch (error) {
    if (error instanceof DataError) return undefined;
    throw error;
  }
}

class Schemas {
  readonly #topic: string;
  readonly #registry: SchemaRegistry | undefined;
  readonly #members: Members;
  readonly #isDebezium: boolean;
  readonly #writers = new Map<SchemaKey, Writer>();
  /** Schemas that cannot be had, and why; for one batch, because they may be registered late. */
  readonly #refused = new Map<SchemaKey, { readonly error: AvroDataError; isUsed: boolean }>();
  /** The last one used: nearly always the next one too. */
  #last: { readonly schema: SchemaKey; readonly writer: Writer } | undefined;

  constructor(topic: string, registry: SchemaRegistry | undefined, members: Members, isDebezium: boolean) {
    this.#topic = topic;
    this.#registry = registry;
    this.#members = members;
    this.#isDebezium = isDebezium;
  }

  prepare(records: readonly KafkaRecord[], readsKeys: boolean): Promise<void> | undefined {
    for (const [schema, { isUsed }] of this.#refused) if (isUsed) this.#refused.delete(schema);
    const missing = new Set<SchemaKey>();
    for (const record of records) {
      const { value, key } = record;
      if (value !== null && value.length > 0) this.#note(value, headerOf(record, VALUE_SCHEMA_HEADER), missing);
      else if (readsKeys && key) this.#note(key, headerOf(record, KEY_SCHEMA_HEADER), missing);
    }
    return missing.size === 0 ? undefined : this.#fetch(missing);
  }

  /** Throws DataError. Hot path. */
  read(bytes: Buffer, header: Buffer | undefined): { readonly writer: Writer; readonly document: unknown } {
    try {
      const { schema, start } = readFrame(bytes, header);
      const writer = this.#writer(schema);
      return { writer, document: writer.read(bytes, start) };
    } catch (error) {
      if (!(error instanceof AvroDataError)) throw error;
      throw new DataError(error.code === 'unknown-schema' ? 'unknown-schema' : 'malformed', error.message);
    }
  }

  /** Bytes without a frame need no schema: to read them fails anyway. */
  #note(bytes: Buffer, header: Buffer | undefined, missing: Set<SchemaKey>): void {
    try {
      const { schema } = readFrame(bytes, header);
      if (schema === this.#last?.schema || this.#writers.has(schema) || this.#refused.has(schema)) return;
      missing.add(schema);
    } catch (error) {
      if (!(error instanceof AvroDataError)) throw error;
    }
  }

  async #fetch(missing: ReadonlySet<SchemaKey>): Promise<void> {
    const registry = this.#registry;
    if (!registry)
      throw new Error(
        `Cannot read topic "${this.#topic}": its records are Avro of schema ${[...missing].join(', ')}; set SCHEMA_REGISTRY_URL`,
      );
    const outcomes = await Promise.allSettled(
      [...missing].map(async (schema) => {
        try {
          this.#writers.set(schema, this.#writerOf(await registry.schema(schema)));
        } catch (error) {
          if (!(error instanceof AvroDataError)) throw error;
          this.#refused.set(schema, { error, isUsed: false });
        }
      }),
    );
    const failed = outcomes.find(({ status }) => status === 'rejected');
    if (failed?.status !== 'rejected') return;
    this.#refused.clear(); // the records come later, and then what was unknown may be registered
    throw failed.reason;
  }

  #writer(schema: SchemaKey): Writer {
    if (this.#last?.schema === schema) return this.#last.writer;
    const writer = this.#writers.get(schema);
    if (writer) {
      this.#last = { schema, writer };
      return writer;
    }
    const refused = this.#refused.get(schema);
    if (!refused) throw new Error(`Cannot happen: schema ${schema} was not prepared`);
    refused.isUsed = true;
    throw refused.error;
  }

  #writerOf(type: AvroType): Writer {
    const projection = this.#isDebezium ? debeziumProjection(type, this.#members) : rowProjection(this.#members);
    return {
      read: avroReader(type, projection),
      shape: rowShape(rowTypes(type), this.#members),
      isEnvelope: isEnvelope(type),
    };
  }
}

function headerOf({ headers }: KafkaRecord, name: string): Buffer | undefined {
  const value = headers?.[name];
  return Buffer.isBuffer(value) ? value : undefined;
}
