/**
 * The Kafka Connect schema that JSON converters embed (`schemas.enable=true`): what the bridge needs of it, which is
 * the types of a row's columns.
 */
import { isObject } from './json-text.ts';

export interface ColumnType {
  /** `int64`, `string`, `bytes`, ... */
  readonly type: string | undefined;
  /** The logical type: `io.debezium.time.MicroTimestamp`, `org.apache.kafka.connect.data.Decimal`, ... */
  readonly name: string | undefined;
  /** Of a Decimal. */
  readonly scale: number | undefined;
}

export type RowTypes = ReadonlyMap<string, ColumnType>;

/** The column types of `before` and `after` (they are the same struct); undefined when the schema has none. */
export function rowTypes(schema: unknown): RowTypes | undefined {
  for (const field of fieldsOf(schema)) {
    if (!isObject(field) || (field.field !== 'after' && field.field !== 'before')) continue;
    const types = new Map<string, ColumnType>();
    for (const column of fieldsOf(field))
      if (isObject(column) && typeof column.field === 'string') types.set(column.field, columnType(column));
    if (types.size > 0) return types;
  }
  return undefined;
}

function fieldsOf(schema: unknown): readonly unknown[] {
  return isObject(schema) && Array.isArray(schema.fields) ? schema.fields : [];
}

function columnType(column: Readonly<Record<string, unknown>>): ColumnType {
  const parameters = isObject(column.parameters) ? column.parameters : {};
  const scale = Number(parameters.scale ?? Number.NaN);
  return {
    type: typeof column.type === 'string' ? column.type : undefined,
    name: typeof column.name === 'string' ? column.name : undefined,
    scale: Number.isInteger(scale) ? scale : undefined,
  };
}
