/** The columns of a table, by whose they are. */
import { getTableConfig, type PgTable } from 'drizzle-orm/pg-core';

/** What the sink itself says of a row. */
const ORIGIN = new Set(['kv_key', 'kv_life', 'kv_revision', 'expires_at', 'updated_at']);

export interface Column {
  readonly name: string;
  /** As in SQL. */
  readonly type: string;
}

/** Names of those that hold the value. */
export function valueColumns(table: PgTable): string[] {
  return columnsOf(table)
    .map(({ name }) => name)
    .filter((name) => !ORIGIN.has(name));
}

export function columnsOf(table: PgTable): Column[] {
  return getTableConfig(table).columns.map((column) => ({ name: column.name, type: column.getSQLType() }));
}

export function primaryKeyOf(table: PgTable): string[] {
  const { columns, primaryKeys } = getTableConfig(table);
  const [composed] = primaryKeys;
  return (composed?.columns ?? columns.filter(({ primary }) => primary)).map(({ name }) => name);
}
