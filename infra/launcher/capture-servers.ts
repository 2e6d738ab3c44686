/**
 * What change data capture stands on (`npm start -- --cdc`): PostgreSQL, the user's or ours, and Kafka Connect with
 * Debezium, which writes its changes to the mesh's Kafka. Loaded only when it is asked for.
 * It owns the servers it started until it is disposed: Connect goes first, while it can still say how far it came.
 */
import { join } from 'node:path';
import { makeShop, SHOP_TABLES } from '../cdc/shop-schema.ts';
import { findConnectJars } from '../embedded/connect-jars.ts';
import { startConnect } from '../embedded/connect-server.ts';
import { nextFreePort } from '../embedded/free-port.ts';
import { findJava } from '../embedded/kafka-jars.ts';
import { CHANGE_CAPTURE } from '../embedded/missing-tool.ts';
import { findPostgresBinaries } from '../embedded/postgres-binaries.ts';
import { usePostgres } from '../embedded/postgres-existing.ts';
import { type EmbeddedPostgres, startPostgres } from '../embedded/postgres-server.ts';
import { cacheFolder, readPorts } from '../embedded/versions.ts';
import type { DatabaseAddress } from '../../shared/config/database-address.ts';
import { type KeptServer, keepServer } from './kept-server.ts';
import { announced, type ServersOptions } from './servers.ts';

export interface CaptureServers extends AsyncDisposable {
  readonly postgres: KeptServer;
  readonly connect: KeptServer;
  /** For PGPASSFILE; undefined when the database is the user's. */
  readonly passwordFile: string | undefined;
}

interface Database {
  readonly kept: KeptServer;
  readonly address: DatabaseAddress;
  readonly passwordFile?: string;
}

/** What the bridge's routes expect (shared/config/routes.ts). */
const TOPIC_PREFIX = 'dbserver1';
const SLOT = 'weir_cdc';
const KAFKA_PARTITIONS = 4;

/** `taken`: ports that are given away but not listened on yet. */
export async function bringUpCapture(
  options: ServersOptions,
  brokers: string,
  taken: Set<number>,
): Promise<CaptureServers> {
  const { env, say, stop } = options;
  await using stack = new AsyncDisposableStack();
  const java = await findJava(env, CHANGE_CAPTURE);
  const jars = await findConnectJars(cacheFolder(env), say, stop);
  const { kept, address, passwordFile } = await keepDatabase(options, taken);
  stack.use(kept);
  stop.throwIfAborted();
  const name = 'connect';
  const settings = {
    java,
    jars,
    brokers,
    say,
    guard: options.guard,
    dataDir: join(options.dataDir, 'connect'),
    port: await choosePort('Kafka Connect', readPorts(env).connect, taken, say),
    schemas: false,
    capture: {
      database: address,
      topicPrefix: TOPIC_PREFIX,
      tables: SHOP_TABLES,
      decimals: 'string',
      slot: SLOT,
      partitions: KAFKA_PARTITIONS,
    },
    onLine: (line: string) => options.onLine(name, line),
  } as const;
  const start = () => announced(() => startConnect(settings), name, options);
  const connect = stack.use(await keepServer({ name, say, start }));
  const owned = stack.move();
  return { postgres: kept, connect, passwordFile, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function keepDatabase(options: ServersOptions, taken: Set<number>): Promise<Database> {
  const { env, guard, say } = options;
  const name = 'postgres';
  const given = env.DATABASE_URL;
  if (given) {
    const { address } = await usePostgres(given);
    return { kept: await keepServer({ name, say, start: () => usePostgres(given) }), address };
  }
  const binaries = await findPostgresBinaries();
  const settings = {
    binaries,
    guard,
    dataDir: join(options.dataDir, 'postgres'),
    port: await choosePort('PostgreSQL', readPorts(env).postgres, taken, say),
    database: 'shop',
    onLine: (line: string) => options.onLine(name, line),
  };
  let first: EmbeddedPostgres | undefined;
  const start = () =>
    announced(
      async () => {
        const server = await startPostgres(settings);
        first ??= server;
        return server;
      },
      name,
      options,
    );
  const kept = await keepServer({ name, say, start });
  if (!first) throw new Error('PostgreSQL was started without an address');
  await makeShop(first.address);
  return { kept, address: first.address, passwordFile: first.passwordFile };
}

async function choosePort(
  what: string,
  wanted: number,
  taken: Set<number>,
  say: (line: string) => void,
): Promise<number> {
  const free = await nextFreePort(wanted, taken);
  if (free !== wanted) say(`port ${wanted} is busy: ${what} takes ${free}`);
  return free;
}
