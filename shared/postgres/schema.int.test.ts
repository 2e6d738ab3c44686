/** A migrated database is what schema.ts says: a change there without a migration is seen here. */
import { is } from 'drizzle-orm';
import { getTableConfig, getViewConfig, PgDialect, PgTable, PgView } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestPostgres, type TestPostgres } from '../testing/servers.ts';
import { testSettings } from './_test-settings.ts';
import { Database } from './database.ts';
import { migrateDatabase } from './migrate.ts';
import * as schema from './schema.ts';

let server: TestPostgres;
let database: Database;
beforeAll(async () => {
  server = await startTestPostgres();
  await migrateDatabase(testSettings(server.address));
  database = await Database.open(testSettings(server.address), 'test');
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const tables = Object.values(schema)
  .filter((value) => is(value, PgTable))
  .map((table) => getTableConfig(table));
const views = Object.values(schema)
  .filter((value) => is(value, PgView))
  .map((view) => getViewConfig(view));

async function column(sql: string, ...parameters: string[]): Promise<string[]> {
  return (await database.run<{ text: string }>(sql, parameters)).map(({ text }) => text);
}

test('the database has these tables and views, and no others', async () => {
  const found = await column(
    `SELECT relname AS text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')`,
  );
  expect(found.toSorted()).toEqual([...tables, ...views].map(({ name }) => name).toSorted());
});

describe.each(tables)('table $name', (table) => {
  test('has these columns', async () => {
    const found = await column(
      `SELECT attname || ' ' || format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN ' not null' ELSE '' END
         || COALESCE(' default ' || pg_get_expr(adbin, adrelid), '') AS text
       FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
       WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
      table.name,
    );
    expect(found).toEqual(
      table.columns.map((c) => {
        const inKey = c.primary || table.primaryKeys.some((key) => key.columns.includes(c));
        const initial = c.hasDefault ? ` default now()` : '';
        return `${c.name} ${c.getSQLType()}${c.notNull || inKey ? ' not null' : ''}${initial}`;
      }),
    );
  });

  test('has these indexes', async () => {
    const found = await column(
      `SELECT pg_get_indexdef(indexrelid) AS text FROM pg_index WHERE indrelid = $1::text::regclass`,
      table.name,
    );
    const keyName = table.primaryKeys[0]?.getName() ?? `${table.name}_pkey`;
    const key = table.primaryKeys[0]?.columns ?? table.columns.filter(({ primary }) => primary);
    const wanted = [
      `CREATE UNIQUE INDEX ${keyName} ON public.${table.name} USING btree (${key.map((c) => c.name).join(', ')})`,
      ...table.indexes.map(({ config }) => {
        const on = config.columns.map((term) => ('name' in term ? term.name : toText(term))).join(', ');
        const where = config.where ? ` WHERE (${toText(config.where)})` : '';
        return `CREATE INDEX ${config.name} ON public.${table.name} USING btree (${on})${where}`;
      }),
    ];
    expect(found.map(bare).toSorted()).toEqual(wanted.map(bare).toSorted());
  });
});

describe.each(views)('view $name', ({ name, query, selectedFields }) => {
  test('has these columns, of this text', async () => {
    const found = await column(
      `SELECT attname::text AS text FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 ORDER BY attnum`,
      name,
    );
    expect(found).toEqual(Object.keys(selectedFields));
    expect(query).toBeDefined();
    const sql = query ? new PgDialect().sqlToQuery(query).sql : '';
    await column(`CREATE OR REPLACE TEMP VIEW wanted AS ${sql}`);
    const definitions = `SELECT pg_get_viewdef($1::text::regclass) AS text`;
    expect(await column(definitions, name)).toEqual(await column(definitions, 'pg_temp.wanted'));
    await column('DROP VIEW pg_temp.wanted');
  });
});

function toText(of: Parameters<PgDialect['sqlToQuery']>[0] | unknown): string {
  return new PgDialect().sqlToQuery(of as Parameters<PgDialect['sqlToQuery']>[0]).sql;
}

/** PostgreSQL writes names and expressions in its own way: only quotes, brackets, casts and blanks differ. */
function bare(definition: string): string {
  return definition.replace(/::(text|numeric)|[\s"()]/g, '').toLowerCase();
}
