/**
 * A PostgreSQL of ours, kept running: change capture and the sink share it, each with a database of its own.
 * It owns the server until it is disposed. Loaded only when it is asked for.
 */
import { join } from 'node:path';
import type { DatabaseAddress } from '../../shared/config/database-address.ts';
import { findPostgresBinaries } from '../embedded/postgres-binaries.ts';
import { type EmbeddedPostgres, openDatabase, startPostgres } from '../embedded/postgres-server.ts';
import { readPorts } from '../embedded/versions.ts';
import { type KeptServer, keepServer } from './kept-server.ts';
import { announced, choosePort, type ServersOptions } from './servers.ts';

export interface OwnPostgres extends AsyncDisposable {
  readonly kept: KeptServer;
  /** For PGPASSFILE. */
  readonly passwordFile: string;
  /** The database of that name, made when it is missing. */
  open(database: string): Promise<DatabaseAddress>;
}

export async function bringUpPostgres(options: ServersOptions, taken: Set<number>): Promise<OwnPostgres> {
  const { env, guard, say } = options;
  const name = 'postgres';
  const settings = {
    binaries: await findPostgresBinaries(),
    guard,
    dataDir: join(options.dataDir, 'postgres'),
    port: await choosePort('PostgreSQL', readPorts(env).postgres, taken, say),
    database: 'postgres',
    onLine: (line: string) => options.onLine(name, line),
  };
  let first: EmbeddedPostgres | undefined;
  const begin = async () => {
    const server = await startPostgres(settings);
    first ??= server;
    return server;
  };
  const kept = await keepServer({ name, say, start: () => announced(begin, name, options) });
  if (!first) throw new Error('PostgreSQL was started without an address');
  const { address, passwordFile } = first;
  return {
    kept,
    passwordFile,
    async open(database) {
      await openDatabase({ ...address, database });
      return { ...address, database };
    },
    [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose](),
  };
}
