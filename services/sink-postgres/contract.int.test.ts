/** The contract of sinks, on a real PostgreSQL. */
import { afterAll, beforeAll } from 'vitest';
import { Database } from '../../shared/postgres/database.ts';
import { describeSinkTarget } from '../../shared/sink/sink-target.contract.ts';
import { startTestPostgres, type TestPostgres } from '../../shared/testing/servers.ts';
import { migrated, readRows } from './_test-target.ts';
import { PostgresTarget } from './postgres-target.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(() => server[Symbol.asyncDispose]());

describeSinkTarget('PostgreSQL', async () => {
  const settings = await migrated(server.address);
  const stack = new AsyncDisposableStack();
  const open = async () => stack.use(await Database.open(settings, 'contract'));
  const database = await open();
  return {
    target: new PostgresTarget(database),
    another: async () => new PostgresTarget(await open()),
    read: (bucket, key) => readRows(database, bucket, key),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
});
