/**
 * The types of a record's fields, as the bridge's decoders ask for them: the base type in Kafka Connect's words, and the
 * logical type's name, scale and precision. For a Debezium envelope, those of the row (`before` and `after`).
 *
 * Invariants (tested in schema-types.test.ts):
 * 1. `connect.name` wins over `logicalType`: it says more (io.debezium.time.MicroTimestamp has no Avro counterpart).
 * 2. A `logicalType` on a base type that is not its own counts for nothing, as Avro's specification has it.
 * 3. A nullable field has the type of its value; a field of several types has none.
 */
import type { AvroType, RecordType } from './avro-type.ts';
import { isJsonObject } from './exact-json.ts';

export interface FieldType {
  /** `int32`, `int64`, `float64`, `string`, `bytes`, `struct`, ... undefined: a union of several. */
  readonly type: string | undefined;
  /** `io.debezium.time.MicroTimestamp`, `org.apache.kafka.connect.data.Decimal`, `timestamp-millis`, ... */
  readonly name: string | undefined;
  /** Of a decimal. */
  readonly scale: number | undefined;
  readonly precision: number | undefined;
}

export type FieldTypes = ReadonlyMap<string, FieldType>;

const CONNECT_TYPE: Readonly<Record<AvroType['kind'], string | undefined>> = {
  null: undefined,
  boolean: 'boolean',
  int: 'int32',
  long: 'int64',
  float: 'float32',
  double: 'float64',
  bytes: 'bytes',
  string: 'string',
  fixed: 'bytes',
  enum: 'string',
  record: 'struct',
  array: 'array',
  map: 'map',
  union: undefined,
};

/** Avro's logical types, and the types they may annotate. */
const BASES: ReadonlyMap<string, readonly AvroType['kind'][]> = new Map<string, readonly AvroType['kind'][]>([
  ['decimal', ['bytes', 'fixed']],
  ['uuid', ['string', 'fixed']],
  ['date', ['int']],
  ['time-millis', ['int']],
  ['time-micros', ['long']],
  ['timestamp-millis', ['long']],
  ['timestamp-micros', ['long']],
  ['timestamp-nanos', ['long']],
  ['local-timestamp-millis', ['long']],
  ['local-timestamp-micros', ['long']],
  ['local-timestamp-nanos', ['long']],
  ['duration', ['fixed']],
]);

/** The types of a row's columns: of an envelope's `after` or `before`, or else of the record's own fields. */
export function rowTypes(schema: AvroType): FieldTypes | undefined {
  const record = recordIn(schema);
  if (!record) return undefined;
  const row = isEnvelope(record) ? (rowOf(record, 'after') ?? rowOf(record, 'before')) : undefined;
  return fieldTypes(row ?? record);
}

export function fieldTypes(record: RecordType): FieldTypes {
  return new Map(record.fields.map((field) => [field.name, fieldType(field.type)]));
}

export function fieldType(schema: AvroType): FieldType {
  const type = withoutNull(schema);
  if (!type) return { type: undefined, name: undefined, scale: undefined, precision: undefined };
  const { attributes } = type;
  const parameters = isJsonObject(attributes['connect.parameters']) ? attributes['connect.parameters'] : {};
  const logical = logicalType(type);
  return {
    type: text(attributes['connect.type']) ?? CONNECT_TYPE[type.kind],
    name: text(attributes['connect.name']) ?? logical,
    scale: integer(attributes.scale) ?? integer(parameters.scale) ?? (logical === 'decimal' ? 0 : undefined),
    precision: integer(attributes.precision) ?? integer(parameters['connect.decimal.precision']),
  };
}

function logicalType({ attributes, kind }: AvroType): string | undefined {
  const name = text(attributes.logicalType);
  const bases = name === undefined ? undefined : BASES.get(name);
  return bases && !bases.includes(kind) ? undefined : name;
}

function isEnvelope(record: RecordType): boolean {
  return record.fields.some((field) => field.name === 'op');
}

function rowOf(envelope: RecordType, name: string): RecordType | undefined {
  const field = envelope.fields.find((each) => each.name === name);
  return field && recordIn(field.type);
}

function recordIn(schema: AvroType): RecordType | undefined {
  const type = withoutNull(schema);
  return type?.kind === 'record' ? type : undefined;
}

/** The one type that is not null; undefined when there are several, or none. */
function withoutNull(schema: AvroType): AvroType | undefined {
  if (schema.kind !== 'union') return schema.kind === 'null' ? undefined : schema;
  const rest = schema.branches.filter(({ kind }) => kind !== 'null');
  return rest.length === 1 ? rest[0] : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Connect writes its parameters as texts. */
function integer(value: unknown): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
}
