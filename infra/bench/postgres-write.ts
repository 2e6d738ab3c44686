/**
 * What a row costs on its way into PostgreSQL, in our process: one JSON text a batch (what the sink does) beside the ways
 * it could be done otherwise, each the same guarded upsert. `node infra/bench/postgres-write.ts`, on a server of its own.
 */
import { mkdtemp, rm, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { PostgresTarget } from '../../services/sink-postgres/postgres-target.ts';
import { columnsOf } from '../../services/sink-postgres/table-columns.ts';
import { statementsOf } from '../../services/sink-postgres/statements.ts';
import { compactTime, formatTime } from '../../shared/event-time/time-text.ts';
import { clientOptions, Database } from '../../shared/postgres/database.ts';
import { migrateDatabase } from '../../shared/postgres/migrate.ts';
import { contentStats } from '../../shared/postgres/schema.ts';
import type { PostgresSettings } from '../../shared/postgres/settings.ts';
import type { SinkEntry } from '../../shared/sink/sink-target.ts';
import { randomFreePort } from '../embedded/free-port.ts';
import { findPostgresBinaries } from '../embedded/postgres-binaries.ts';
import { startPostgres } from '../embedded/postgres-server.ts';
import { ProcessGuard } from '../embedded/process-guard.ts';

const ROWS = Number(process.argv[2] ?? 100_000);
const BATCH = 500;
const LANES = 4;
const START = Date.UTC(2024, 5, 1);

const COLUMNS = columnsOf(contentStats).filter(({ name }) => name !== 'kv_life' && name !== 'updated_at');
const NAMES = COLUMNS.map(({ name }) => `"${name}"`).join(', ');
const PUT = statementsOf(contentStats).put;
const CONFLICT = PUT.slice(PUT.indexOf('ON CONFLICT'), PUT.lastIndexOf(')\nSELECT'));
const JSONB = PUT.replace('json_to_recordset($4::text::json)', 'jsonb_to_recordset($4::text::jsonb)');
const UNNEST = `INSERT INTO content_stats AS t (${NAMES}, kv_life, updated_at) SELECT i.*, $1::text::bigint, now()
  FROM unnest(${COLUMNS.map(({ type }, at) => `$${at + 2}::text::${type}[]`).join(', ')}) AS i ${CONFLICT}`;

type Write = (entries: readonly SinkEntry[]) => Promise<unknown>;

const dataDir = await mkdtemp(join(tmpdir(), 'weir-bench-postgres-'));
await chmod(dataDir, 0o755); // it may run as another user
const server = await startPostgres({
  binaries: await findPostgresBinaries(),
  port: await randomFreePort(),
  database: 'bench',
  dataDir,
  guard: new ProcessGuard(),
});
try {
  const settings: PostgresSettings = {
    ...server.address,
    ...{ sslMode: 'disable', sslCa: undefined, statementTimeoutMs: 60_000, pool: LANES },
  };
  await migrateDatabase(settings);
  await using database = await Database.open(settings, 'bench');
  const target = new PostgresTarget(database);
  await target.claim('region-health', START);
  const client = postgres(await clientOptions(settings, 'bench'));
  const [{ claim = '' } = {}] = await database.run<{ claim: string }>(
    'SELECT claim::text FROM weir_sink_positions',
    [],
  );
  const ways: [string, Write][] = [
    [
      'one JSON text, json_to_recordset (the sink)',
      (some) => target.write('region-health', some, new AbortController().signal),
    ],
    [
      'the same, jsonb_to_recordset',
      (some) =>
        client.unsafe(JSONB, ['region-health', claim, String(START), JSON.stringify(some.map(rowOf))], {
          prepare: true,
        }),
    ],
    [
      'an array a column, unnest',
      (some) => client.unsafe(UNNEST, [String(START), ...arraysOf(some)], { prepare: true }),
    ],
    [
      'a parameter a field, VALUES',
      (some) => client.unsafe(valuesText(some.length), fieldsOf(some), { prepare: true }),
    ],
  ];
  for (const round of ['warm-up', 'insert', 'update'])
    for (const [at, [name, write]] of ways.entries()) {
      const revision = round === 'update' ? 2 : 1;
      const [first, count] = round === 'warm-up' ? [1e9 + at * 1e7, 20_000] : [at * 1e7, ROWS];
      console.log(`${round.padEnd(8)} ${name.padEnd(46)} ${await measure(write, first, count, revision)}`);
    }
  await client.end();
} finally {
  await server.close();
  await rm(dataDir, { recursive: true, force: true });
}

async function measure(write: Write, first: number, count: number, revision: number): Promise<string> {
  const batches = Array.from({ length: count / BATCH }, (_, n) => entriesFrom(first + n * BATCH, revision));
  const began = performance.now();
  const cpu = process.cpuUsage();
  await Promise.all(
    Array.from({ length: LANES }, async () => {
      for (let batch = batches.pop(); batch; batch = batches.pop()) await write(batch);
    }),
  );
  const { user, system } = process.cpuUsage(cpu);
  const perSecond = Math.round((count * 1000) / (performance.now() - began));
  return `${((user + system) / count).toFixed(1).padStart(6)} CPU-us/row of ours ${String(perSecond).padStart(8)} rows/s`;
}

function entriesFrom(first: number, revision: number): SinkEntry[] {
  return Array.from({ length: BATCH }, (_, n) => entryOf(first + n, revision));
}

function entryOf(n: number, revision: number): SinkEntry {
  const start = START + (n % 10_000) * 60_000;
  const content = `content-${Math.floor(n / 10_000)}`;
  const value = {
    ...{ content_id: content, window_start: formatTime(start), window_end: formatTime(start + 60_000) },
    ...{ downloads: 20 + revision, successes: 19, failures: 1, revision: 0, final: true },
  };
  const storedAtMs = Date.now();
  const key = `p07.content.1m.${content}.${compactTime(start)}`;
  return { key, revision, storedAtMs, expiresAtMs: storedAtMs + 86_400_000, value };
}

function rowOf({ key, revision, expiresAtMs = 0, value }: SinkEntry): Record<string, unknown> {
  const expires_at = new Date(expiresAtMs).toISOString();
  return { ...(value as object), kv_key: key, kv_revision: revision, expires_at };
}

function arraysOf(entries: readonly SinkEntry[]): string[] {
  const rows = entries.map(rowOf);
  return COLUMNS.map(({ name }) => `{${rows.map((row) => quoted(row[name])).join(',')}}`);
}

function quoted(value: unknown): string {
  return typeof value === 'string' ? `"${value.replace(/["\\]/g, '\\$&')}"` : String(value);
}

function valuesText(rows: number): string {
  const row = (n: number) => COLUMNS.map(({ type }, at) => `$${n * COLUMNS.length + at + 2}::text::${type}`).join(', ');
  const values = Array.from({ length: rows }, (_, n) => `(${row(n)}, $1::text::bigint, now())`);
  return `INSERT INTO content_stats AS t (${NAMES}, kv_life, updated_at) VALUES ${values.join(', ')} ${CONFLICT}`;
}

function fieldsOf(entries: readonly SinkEntry[]): string[] {
  return [String(START), ...entries.map(rowOf).flatMap((row) => COLUMNS.map(({ name }) => String(row[name])))];
}
