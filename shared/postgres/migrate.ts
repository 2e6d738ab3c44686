/**
 * Brings a database to the tables of this version (schema.ts), by the migrations that drizzle-kit made of it.
 *
 * Invariants (migrate.int.test.ts):
 * 1. Any number of processes may do so at once: one does, the others wait for it and find nothing left to do.
 * 2. A migration is applied whole or not at all.
 * 3. A database that a newer version has migrated is refused.
 * 4. A database that is up to date needs no rights beyond reading the list of migrations.
 */
import { fileURLToPath } from 'node:url';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import postgres from 'postgres';
import { databaseUrl } from '../config/database-address.ts';
import { clientOptions } from './database.ts';
import type { PostgresSettings } from './settings.ts';

export const MIGRATIONS_FOLDER = fileURLToPath(new URL('./migrations', import.meta.url));

/** The same for every version: they must keep out of one another's way. */
const LOCK = 0x77_65_69_72;
const LOCK_MS = 60_000;
const UNDEFINED_TABLE = '42P01';
const UNDEFINED_SCHEMA = '3F000';

export class NewerSchemaError extends Error {
  readonly code = 'newer-schema';
}

/** How many migrations were applied. */
export async function migrateDatabase(settings: PostgresSettings, folder = MIGRATIONS_FOLDER): Promise<number> {
  const options = await clientOptions({ ...settings, pool: 1 }, 'weir migrate');
  // Statements of a migration take the time they take; waiting for another process does not.
  const client = postgres({
    ...options,
    connection: { ...options.connection, statement_timeout: 0, lock_timeout: LOCK_MS },
  });
  try {
    const wanted = readMigrationFiles({ migrationsFolder: folder });
    if ((await pending(client, wanted, settings)) === 0) return 0;
    await client`SELECT pg_advisory_lock(${LOCK})`; // of the session: one connection, and it ends below
    const missing = await pending(client, wanted, settings);
    if (missing > 0) await migrate(drizzle(client), { migrationsFolder: folder });
    return missing;
  } finally {
    await client.end({ timeout: 5 });
  }
}

type Migrations = ReturnType<typeof readMigrationFiles>;

async function pending(client: postgres.Sql, wanted: Migrations, settings: PostgresSettings): Promise<number> {
  const applied = await lastApplied(client);
  const last = wanted.at(-1)?.folderMillis ?? 0;
  if (applied > last)
    throw new NewerSchemaError(
      `Cannot use database "${databaseUrl(settings)}": a newer version of Weir has migrated it (on ${day(applied)}, this one knows ${day(last)}); run that version, or name another database`,
    );
  return wanted.filter(({ folderMillis }) => folderMillis > applied).length;
}

/** When the newest migration was made that the database has, ms; 0: it has none. */
async function lastApplied(client: postgres.Sql): Promise<number> {
  try {
    const [row] = await client<{ made: string | null }[]>`
      SELECT max(created_at)::text AS made FROM drizzle.__drizzle_migrations`;
    return Number(row?.made ?? 0);
  } catch (error) {
    const isNew =
      error instanceof postgres.PostgresError && (error.code === UNDEFINED_TABLE || error.code === UNDEFINED_SCHEMA);
    if (isNew) return 0;
    throw error;
  }
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
