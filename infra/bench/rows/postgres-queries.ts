/**
 * Row `postgres-queries`: every list that is read from PostgreSQL, each asked many times for something else, one after the
 * other, of tables with so many rows each: from the question to its rows.
 */
import { chmod, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { Database } from '../../../shared/postgres/database.ts';
import { migrateDatabase } from '../../../shared/postgres/migrate.ts';
import { SAMPLE_QUERIES, type SampleQuery } from '../../../shared/postgres/queries/_sample-queries.ts';
import { fillTables } from '../../../shared/postgres/queries/_sample-rows.ts';
import type { PostgresSettings } from '../../../shared/postgres/settings.ts';
import { randomFreePort } from '../../embedded/free-port.ts';
import { findPostgresBinaries } from '../../embedded/postgres-binaries.ts';
import { startPostgres } from '../../embedded/postgres-server.ts';
import type { BenchMesh } from '../bench-mesh.ts';
import { QUERY_MS } from '../budgets.ts';
import { latencyFigures } from '../percentiles.ts';
import type { QueryResult, Result } from '../result.ts';

const TIMES = 500;
const WARM_UP = 20;
const FILLING_MS = 1_800_000;

export async function benchPostgresQueries(mesh: BenchMesh, options: { readonly keys: number }): Promise<Result[]> {
  await using stack = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(mesh.dataDir, 'postgres-'));
  for (const folder of [mesh.dataDir, dataDir]) await chmod(folder, 0o755); // it may run as another user
  const server = await startPostgres({
    ...{ binaries: await findPostgresBinaries(), dataDir, guard: mesh.guard },
    ...{ database: 'bench', port: await randomFreePort() },
    settings: { fsync: 'off', max_wal_size: '4GB' }, // only for filling it: nothing is written afterwards
  });
  stack.defer(() => server.close());
  const settings: PostgresSettings = {
    ...server.address,
    ...{ sslMode: 'disable', sslCa: undefined, statementTimeoutMs: FILLING_MS, pool: 1 },
  };
  await migrateDatabase(settings);
  const database = stack.use(await Database.open(settings, 'bench'));
  const rows = options.keys;
  await fillTables(database, rows, (table) => mesh.progress.say(`filling ${table} with ${rows} rows`));
  const results: QueryResult[] = [];
  for (const query of SAMPLE_QUERIES) {
    mesh.signal.throwIfAborted();
    results.push({ kind: 'query', row: query.name, rows, latencyMs: await timed(database, query), budget: QUERY_MS });
  }
  return results;
}

async function timed(database: Database, { ask }: SampleQuery) {
  const took: number[] = [];
  for (let n = 0; n < WARM_UP + TIMES; n++) {
    const { statement, parameters } = ask(n * 13);
    const began = performance.now();
    await database.run(statement, parameters);
    if (n >= WARM_UP) took.push(performance.now() - began);
  }
  return latencyFigures(took);
}
