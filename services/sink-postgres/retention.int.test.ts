/** Old rows go in portions, by an index, and only by the owner's hand: on a real PostgreSQL. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { planOf } from '../../shared/postgres/_plan.ts';
import { fillTables } from '../../shared/postgres/queries/_sample-rows.ts';
import { Database } from '../../shared/postgres/database.ts';
import type { PostgresSettings } from '../../shared/postgres/settings.ts';
import { createLogger } from '../../shared/telemetry/logger.ts';
import { startTestPostgres, type TestPostgres } from '../../shared/testing/servers.ts';
import { migrated } from './_test-target.ts';
import { PostgresTarget } from './postgres-target.ts';
import { PRUNED_TABLES, pruneText, Retention } from './retention.ts';
import type { RetentionSettings } from './settings.ts';
import { nameOf } from './statements.ts';

const LIFE = 1;
const { signal: never } = new AbortController();
let server: TestPostgres;
let settings: PostgresSettings;
let database: Database;
let target: PostgresTarget;
let many: Database;
let lines: string[];

beforeAll(async () => {
  server = await startTestPostgres();
  settings = await migrated(server.address);
  database = await Database.open(settings, 'test');
  many = await openMany();
});
afterAll(async () => {
  await many?.[Symbol.asyncDispose]();
  await database?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});
/** 20,000 rows in every table: those of few rows are read whole. */
async function openMany(): Promise<Database> {
  const filled = await Database.open(await migrated(await server.createDatabase('many')), 'many');
  await fillTables(filled, 20_000);
  return filled;
}

beforeEach(async () => {
  lines = [];
  target = new PostgresTarget(database);
  for (const { bucket } of target.sources) await target.claim(bucket, LIFE);
  await database.run('TRUNCATE content_stats, sales_windows, user_segments', []);
});

function retention(of: PostgresTarget, days: RetentionSettings = { minutesDays: 30, windowsDays: 365 }): Retention {
  const logger = createLogger('test', 'info', (line) => void lines.push(line));
  return new Retention({ database, fence: of.fence, settings: days, logger });
}

/** One a minute, the first `daysAgo`. */
async function minutes(count: number, daysAgo: number, changedDaysAgo = daysAgo): Promise<void> {
  await database.run(
    `INSERT INTO content_stats SELECT 'c', now() - $2::int * interval '1 day' + n * interval '1 minute', now(), 1, 1, 0, 0, true,
       'k' || $2 || '-' || n, 1, n, NULL, now() - $3::int * interval '1 day' FROM generate_series(1, $1::int) AS n`,
    [count, daysAgo, changedDaysAgo],
  );
}

async function left(table: string): Promise<number> {
  const [row] = await database.run<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`, []);
  return row?.count ?? -1;
}

test('minutes that are too old go, in several portions, and are counted', async () => {
  await minutes(3_500, 40);
  await minutes(10, 29);
  const cleaner = retention(target);
  await cleaner.round(never);
  expect(await left('content_stats')).toBe(10);
  expect(cleaner.pruned.get('content_stats')).toBe(3_500);
});

test('a minute of long ago that was written lately stays: it is a replay', async () => {
  await minutes(5, 400, 1);
  await retention(target).round(never);
  expect(await left('content_stats')).toBe(5);
});

test('0 days: for ever', async () => {
  await minutes(5, 4_000);
  await retention(target, { minutesDays: undefined, windowsDays: undefined }).round(never);
  expect(await left('content_stats')).toBe(5);
});

test('windows have a time of their own', async () => {
  await database.run(
    `INSERT INTO sales_windows SELECT 'hourly', t, t, 1, 1, 1, NULL, 0, true, 'k' || t, 1, 1, NULL, t
     FROM unnest(ARRAY[now() - interval '364 days', now() - interval '366 days']) AS t`,
    [],
  );
  await retention(target).round(never);
  expect(await left('sales_windows')).toBe(1);
});

test('users whose lifetime is over go, whatever the retention', async () => {
  await database.run(
    `INSERT INTO user_segments SELECT 'u', 's' || n, true, 1, now(), now(), now(), 'r', NULL, 'k', 1, 1,
       CASE n WHEN 1 THEN now() - interval '2 minutes' WHEN 2 THEN now() + interval '1 minute' END, now()
     FROM generate_series(1, 3) AS n`,
    [],
  );
  await retention(target, { minutesDays: undefined, windowsDays: undefined }).round(never);
  expect(await left('user_segments')).toBe(2);
});

test('who has lost the bucket deletes nothing', async () => {
  await minutes(5, 40);
  const owner = new PostgresTarget(database);
  await owner.claim('region-health', LIFE);
  await retention(target).round(never);
  expect(await left('content_stats')).toBe(5);
  await retention(owner).round(never);
  expect(await left('content_stats')).toBe(0);
});

test('a failure is logged, and the next round goes on', async () => {
  await minutes(5, 40);
  await database.run('ALTER TABLE content_stats RENAME TO elsewhere', []);
  await retention(target).round(never);
  await database.run('ALTER TABLE elsewhere RENAME TO content_stats', []);
  expect(lines.join()).toMatch(/Cannot delete old rows; trying again later/);
  await retention(target).round(never);
  expect(await left('content_stats')).toBe(0);
});

test.each(PRUNED_TABLES.map((pruned) => ({ ...pruned, name: nameOf(pruned.table) })))(
  'rows of $name are found by an index',
  async (pruned) => {
    const plan = await planOf(many, pruneText(pruned), ['x', '1', '2010-01-01T00:00:00Z']);
    expect(plan.scanned.filter((table) => table !== 'weir_sink_positions')).toEqual([]);
    expect(plan.indexes).toContain(pruned.name === 'user_segments' ? 'user_segments_expiry' : `${pruned.name}_time`);
  },
);
