/**
 * An embedded PostgreSQL whose changes can be captured (wal_level=logical): makes its data folder once, starts it, waits
 * until it takes the password, ends it. It does not choose between this and a server of the user's.
 * 1. It listens on 127.0.0.1 only, has no socket file, and asks for a password (scram) made at its first start.
 * 2. A replication slot nobody reads holds back 1 GB of write-ahead log at most, then it is given up.
 * Measured on 2 cores: first start 1.5 s, later ones 0.1 s; 30 MB resident.
 */
import { access, chown, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { clientOptions, type DatabaseAddress, databaseUrl } from '../../shared/config/database-address.ts';
import { OwnedProcess } from './owned-process.ts';
import { type Account, checkAccess, postgresAccount } from './postgres-account.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { keepPassword } from './postgres-password.ts';
import type { ProcessGuard } from './process-guard.ts';
import type { Report } from './run-tool.ts';
import type { RunningServer } from './server-source.ts';

export interface PostgresOptions {
  readonly binaries: PostgresBinaries;
  readonly dataDir: string;
  readonly port: number;
  /** Made when it is missing. */
  readonly database: string;
  /** Beside ours, or instead; as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly guard?: ProcessGuard;
  readonly onLine?: Report;
}

export interface EmbeddedPostgres extends RunningServer {
  readonly pid: number;
  readonly address: DatabaseAddress;
  /** For PGPASSFILE; only we can read it. */
  readonly passwordFile: string;
  /** SIGKILL, as a crash would: its sessions end with it. */
  kill9(): Promise<void>;
}

const USER = 'weir';
const START_MS = 60_000;
const STOP_MS = 20_000;
const POLL_MS = 50;
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  wal_level: 'logical',
  max_slot_wal_keep_size: '1GB',
  shared_buffers: '64MB',
  timezone: 'UTC',
  log_timezone: 'UTC',
} as const;

export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, binaries, port, database } = options;
  const account = await postgresAccount();
  await mkdir(dataDir, { recursive: true });
  if (account) for (const path of [binaries.postgres, join(dataDir, 'data')]) await checkAccess(account, path);
  const passwordFile = join(dataDir, 'password');
  const address = { host: '127.0.0.1', port, database, user: USER, password: await keepPassword(passwordFile, USER) };
  const tail: string[] = [];
  const run = (command: string, args: readonly string[]) => {
    const child = new OwnedProcess({
      command,
      args,
      cwd: dataDir,
      env: { LC_ALL: 'C' }, // libc's messages, too
      ...(account && { account }),
      onLine: (line) => {
        tail.push(line);
        if (tail.length > 20) tail.shift();
        options.onLine?.(line);
      },
    });
    options.guard?.watch('server', 'postgres', child);
    return child;
  };
  await initialise((args) => run(binaries.initdb, args), dataDir, address.password, account, tail);
  const settings = Object.entries({ ...SETTINGS, ...options.settings }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const server = run(binaries.postgres, ['-D', join(dataDir, 'data'), '-p', String(port), ...settings]);
  const version = await untilServing(server, address, tail);
  return {
    url: databaseUrl(address),
    source: 'npm',
    version,
    pid: server.pid ?? 0,
    dataDir,
    address,
    passwordFile,
    ended: server.ended.then(() => tail.at(-1) ?? 'it said nothing'),
    async close() {
      server.signal('SIGINT'); // ends its sessions; SIGTERM alone would wait for them
      await server.stop(STOP_MS);
    },
    async kill9() {
      server.signal('SIGKILL');
      await server.ended;
    },
  };
}

/** Renamed when it is whole, so an interrupted one is done again from the start. */
async function initialise(
  run: (args: readonly string[]) => OwnedProcess,
  dataDir: string,
  password: string,
  account: Account | undefined,
  tail: readonly string[],
): Promise<void> {
  const data = join(dataDir, 'data');
  if (await exists(data)) return;
  const fresh = join(dataDir, 'data.new');
  const passwordFile = join(dataDir, 'initial-password');
  await rm(fresh, { recursive: true, force: true });
  await rm(passwordFile, { force: true });
  await mkdir(fresh, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (account) for (const path of [fresh, passwordFile]) await chown(path, account.uid, account.gid);
  const what = [
    '--auth=scram-sha-256',
    `--username=${USER}`,
    `--pwfile=${passwordFile}`,
    '--encoding=UTF8',
    '--locale=C',
  ];
  const end = await run(['-D', fresh, ...what, '--no-instructions']).ended;
  await rm(passwordFile, { force: true });
  if (end.error || end.code !== 0)
    throw new Error(`Cannot make PostgreSQL's data folder "${fresh}"\n${end.error?.message ?? tail.join('\n')}`);
  await rename(fresh, data);
}

/** Its version, once it serves the database. */
async function untilServing(server: OwnedProcess, address: DatabaseAddress, tail: readonly string[]): Promise<string> {
  const deadline = Date.now() + START_MS;
  let problem = '';
  while (server.running) {
    try {
      return await openDatabase(address);
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    if (Date.now() > deadline) {
      await server.stop(0);
      throw new Error(`Cannot start PostgreSQL: no answer after "${START_MS / 1000}" seconds: ${problem}`);
    }
    await sleep(POLL_MS);
  }
  throw new Error(`Cannot start PostgreSQL: it ended\n${tail.join('\n')}`);
}

/** The version of the server; the database is made when it is missing. */
export async function openDatabase(address: DatabaseAddress): Promise<string> {
  const sql = postgres({ ...clientOptions({ ...address, database: 'postgres' }), max: 1, connect_timeout: 5 });
  try {
    const [found] = await sql`SELECT FROM pg_database WHERE datname = ${address.database}`;
    if (!found) await sql`CREATE DATABASE ${sql(address.database)}`;
    const [row] = await sql<{ version: string }[]>`SELECT current_setting('server_version') AS version`;
    return row?.version ?? 'unknown';
  } finally {
    await sql.end();
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
