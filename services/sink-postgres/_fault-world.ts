/** NATS, PostgreSQL, a proxy before it, buckets with a load, and sinks as processes: what a fault test breaks. */
import { MeshProcess } from '../../infra/faults/mesh-process.ts';
import { until } from '../../infra/faults/until.ts';
import { connectLog } from '../../shared/log/jetstream-log.ts';
import { Database } from '../../shared/postgres/database.ts';
import { startTestNats, startTestPostgres, type TestPostgres } from '../../shared/testing/servers.ts';
import { BucketLoad } from './_bucket-load.ts';
import { TcpProxy } from './_tcp-proxy.ts';
import { migrated } from './_test-target.ts';
import { RESULT_KINDS } from './results.ts';
import { nameOf } from './statements.ts';

const PATIENCE_MS = 120_000;

export interface FaultWorld extends AsyncDisposable {
  readonly server: TestPostgres;
  readonly proxy: TcpProxy;
  /** Past the proxy. */
  readonly database: Database;
  readonly load: BucketLoad;
  sink(instance?: string): MeshProcess;
  /** Resolves when the tables hold exactly what the buckets hold, row by row. */
  untilEqual(): Promise<void>;
  /** Resolves when a sink has written something of what the buckets hold. */
  untilWriting(): Promise<void>;
}

export async function startFaultWorld(seed: number): Promise<FaultWorld> {
  const stack = new AsyncDisposableStack();
  const nats = stack.use(await startTestNats());
  const server = stack.use(await startTestPostgres());
  const proxy = stack.use(await TcpProxy.start(server.address.port));
  const database = stack.use(await Database.open(await migrated(server.address), 'look'));
  const log = stack.use(await connectLog({ servers: nats.url, name: 'load' }));
  const load = await BucketLoad.start(log, seed);
  const { user, password, database: name } = server.address;
  const env = {
    NATS_URL: nats.url,
    ...{ PG_HOST: '127.0.0.1', PG_PORT: String(proxy.port), PG_USER: user, PG_PASSWORD: password, PG_DATABASE: name },
    PG_STATEMENT_TIMEOUT_SECONDS: '2',
  };
  return {
    server,
    proxy,
    database,
    load,
    sink: (instance = 'sink') =>
      stack.use(new MeshProcess('sink-postgres', instance, { ...env, WEIR_INSTANCE: instance })),
    async untilEqual() {
      let left: string[] = [];
      const isEqual = async () => {
        left = await load.differences(database).catch((error: unknown) => [String(error)]);
        return left.length === 0;
      };
      const what = () => `the tables are equal to the buckets; ${left.length} differ: ${left.slice(0, 3).join('; ')}`;
      await until(what, isEqual, PATIENCE_MS);
    },
    async untilWriting() {
      const since = new Date().toISOString(); // of the server, too: it is on this machine
      await until(
        () => 'the sink writes',
        async () => (await rowsWritten(database, since)) > 100,
        PATIENCE_MS,
      );
    },
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}

/** Rows that were written since, by statements that began since: what the server counts comes late, and of anybody. */
async function rowsWritten(database: Database, since: string): Promise<number> {
  const tables = [...new Set(RESULT_KINDS.map(({ table }) => nameOf(table)))];
  const rows = tables.map((name) => `SELECT FROM "${name}" WHERE updated_at > $1::text::timestamptz`);
  const [row] = await database
    .run<{ rows: number }>(`SELECT count(*)::int AS rows FROM (${rows.join(' UNION ALL ')}) AS written`, [since])
    .catch(() => []);
  return row?.rows ?? 0;
}
