/**
 * The Kafka Connect schema that JSON converters embed (`schemas.enable=true`): what the bridge needs of it, which is
 * the types of a row's columns.
 */
import { isObject, type JsonObject } from './json-text.ts';

export interface ColumnType {
  /** `int64`, `string`, `bytes`, ... */
  readonly type: string | undefined;
  /** The logical type: `io.debezium.time.MicroTimestamp`, `org.apache.kafka.connect.data.Decimal`, ... */
  readonly name: string | undefined;
  /** Of a Decimal. */
  readonly scale: number | undefined;
}

export type RowTypes = ReadonlyMap<string, ColumnType>;

/**
 * The column types of `before` and `after` (they are the same struct), or of a row without an envelope; undefined when
 * the schema has none.
 */
export function rowTypes(schema: unknown): RowTypes | undefined {
  const fields = fieldsOf(schema).filter(isObject);
  const hasOp = fields.some(({ field }) => field === 'op');
  const rows = fields.filter(({ field }) => field === 'after' || field === 'before');
  if (!hasOp && rows.length === 0) return columnTypes(fields);
  for (const row of rows) {
    const types = columnTypes(fieldsOf(row).filter(isObject));
    if (types) return types;
  }
  return undefined;
}

function columnTypes(columns: readonly JsonObject[]): RowTypes | undefined {
  const types = new Map<string, ColumnType>();
  for (const column of columns) if (typeof column.field === 'string') types.set(column.field, columnType(column));
  return types.size > 0 ? types : undefined;
}

function fieldsOf(schema: unknown): readonly unknown[] {
  return isObject(schema) && Array.isArray(schema.fields) ? schema.fields : [];
}

function columnType(column: JsonObject): ColumnType {
  const parameters = isObject(column.parameters) ? column.parameters : {};
  const scale = Number(parameters.scale ?? Number.NaN);
  return {
    type: typeof column.type === 'string' ? column.type : undefined,
    name: typeof column.name === 'string' ? column.name : undefined,
    scale: Number.isInteger(scale) ? scale : undefined,
  };
}
