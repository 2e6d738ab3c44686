/** Migrations on a real PostgreSQL: at once, of a newer version, without rights, interrupted. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestPostgres, type TestPostgres } from '../testing/servers.ts';
import { testSettings } from './_test-settings.ts';
import { Database } from './database.ts';
import { MIGRATIONS_FOLDER, migrateDatabase, NewerSchemaError } from './migrate.ts';
import type { PostgresSettings } from './settings.ts';

let server: TestPostgres;
let settings: PostgresSettings;
let names = 0;

beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(async () => {
  settings = testSettings(await server.createDatabase(`migrate_${++names}`));
});

async function ask<T extends Record<string, unknown>>(sql: string, as = settings): Promise<readonly T[]> {
  await using database = await Database.open(as, 'test');
  return await database.run<T>(sql, []);
}

const appliedCount = async () =>
  (await ask<{ count: number }>('SELECT count(*)::int AS count FROM drizzle.__drizzle_migrations'))[0]?.count;

test('five at once: one applies them, the others find nothing left to do', async () => {
  const applied = await Promise.all(Array.from({ length: 5 }, () => migrateDatabase(settings)));
  expect(applied.filter((count) => count > 0)).toHaveLength(1);
  expect(await appliedCount()).toBe(Math.max(...applied));
  expect(await migrateDatabase(settings)).toBe(0);
});

test('a database of a newer version is refused, and says what to do', async () => {
  await migrateDatabase(settings);
  await ask(`INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('later', 4102444800000)`);
  await expect(migrateDatabase(settings)).rejects.toBeInstanceOf(NewerSchemaError);
  await expect(migrateDatabase(settings)).rejects.toThrow(/newer version.*2100-01-01.*another database/);
});

test('a migration that fails leaves nothing behind, and the next attempt applies all', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'weir-migrations-'));
  try {
    await cp(MIGRATIONS_FOLDER, folder, { recursive: true });
    const first = join(folder, '0000_tables.sql');
    await writeFile(first, `${await readFile(first, 'utf8')}\n--> statement-breakpoint\nSELECT no_such_column;`);
    await expect(migrateDatabase(settings, folder)).rejects.toThrow();
    const left = await ask(`SELECT FROM pg_class WHERE relname = 'content_stats'`);
    expect(left).toEqual([]);
    expect(await migrateDatabase(settings)).toBe(2);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('who may only read and write needs no more when the tables are up to date', async () => {
  await migrateDatabase(settings);
  const [role, password] = [`writer_${names}`, 'only-a-test'];
  await ask(`CREATE ROLE ${role} LOGIN PASSWORD '${password}'`);
  const writer = { ...settings, user: role, password };
  await expect(migrateDatabase(writer)).rejects.toMatchObject({ code: '42501' });
  await ask(`GRANT USAGE ON SCHEMA drizzle TO ${role}`);
  await ask(`GRANT SELECT ON drizzle.__drizzle_migrations TO ${role}`);
  await ask(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${role}`);
  expect(await migrateDatabase(writer)).toBe(0);
  expect(await ask('SELECT * FROM segments', writer)).toEqual([]);
});
