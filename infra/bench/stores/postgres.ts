/** PostgreSQL for the row `sinks`: a server of its own, with the tables as the sink makes them. */
import { chmod, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import postgres from 'postgres';
import { databaseUrl } from '../../../shared/config/database-address.ts';
import { randomFreePort } from '../../embedded/free-port.ts';
import { findPostgresBinaries } from '../../embedded/postgres-binaries.ts';
import { startPostgres } from '../../embedded/postgres-server.ts';
import type { BenchMesh } from '../bench-mesh.ts';
import type { BenchStore, Customer } from './bench-store.ts';

const PLAIN = { batch: 500, parallel: 4, what: 'postgres.js: INSERT of 500 rows ON CONFLICT DO UPDATE, 4 connections' };

export async function openPostgres(mesh: BenchMesh): Promise<BenchStore> {
  await using stack = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(mesh.dataDir, 'postgres-'));
  for (const folder of [mesh.dataDir, dataDir]) await chmod(folder, 0o755); // it may run as another user
  const binaries = await findPostgresBinaries();
  const server = await startPostgres({
    binaries,
    dataDir,
    guard: mesh.guard,
    database: 'bench',
    port: await randomFreePort(),
  });
  stack.defer(() => server.close());
  const { address } = server;
  const sql = postgres({ ...address, username: address.user, max: PLAIN.parallel, onnotice: () => undefined });
  stack.defer(() => sql.end());
  await sql`CREATE TABLE plain (customer_id text PRIMARY KEY, segment text NOT NULL, recency_days bigint NOT NULL,
    frequency bigint NOT NULL, monetary_value numeric NOT NULL, first_order timestamptz NOT NULL, last_order timestamptz NOT NULL)`;
  const owned = stack.move();
  return {
    name: 'PostgreSQL',
    sink: {
      name: 'sink-postgres',
      entry: 'services/sink-postgres/main.ts',
      env: { DATABASE_URL: databaseUrl(address), PG_PASSWORD: address.password },
    },
    sampleEvery: 1,
    plain: PLAIN,
    async shown(customers) {
      const rows = await sql`SELECT customer_id FROM customer_segments WHERE customer_id = ANY(${[...customers]})`;
      return rows.map(({ customer_id }) => String(customer_id));
    },
    async writePlainly(customers) {
      const columns = ['segment', 'recency_days', 'frequency', 'monetary_value', 'first_order', 'last_order'];
      const changes = columns.map((name) => `${name} = excluded.${name}`).join(', ');
      await sql`INSERT INTO plain ${sql(customers.map(rowOf))} ON CONFLICT (customer_id) DO UPDATE SET ${sql.unsafe(changes)}`;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function rowOf({ id, segment, recencyDays, frequency, spent, firstOrder, lastOrder }: Customer) {
  return {
    customer_id: id,
    segment,
    recency_days: recencyDays,
    frequency,
    monetary_value: spent,
    first_order: firstOrder,
    last_order: lastOrder,
  };
}
