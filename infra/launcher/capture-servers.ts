/**
 * What change data capture stands on (`npm start -- --cdc`): PostgreSQL, the user's or ours, and Kafka Connect with
 * Debezium, which writes its changes to the mesh's Kafka. Loaded only when it is asked for.
 * It owns Kafka Connect until it is disposed; a PostgreSQL of ours is given to it, and outlives it.
 */
import { join } from 'node:path';
import { type DatabaseAddress, databaseUrl } from '../../shared/config/database-address.ts';
import { makeShop, SHOP_TABLES } from '../cdc/shop-schema.ts';
import { findConnectJars } from '../embedded/connect-jars.ts';
import { startConnect } from '../embedded/connect-server.ts';
import { findJava } from '../embedded/kafka-jars.ts';
import { CHANGE_CAPTURE } from '../embedded/missing-tool.ts';
import { usePostgres } from '../embedded/postgres-existing.ts';
import { cacheFolder, readPorts } from '../embedded/versions.ts';
import type { ServerReport } from './control-protocol.ts';
import type { Edge, Variables } from './edge.ts';
import { keepServer } from './kept-server.ts';
import type { OwnPostgres } from './own-postgres.ts';
import { announced, choosePort, type ServersOptions, serverRow, shortPath } from './servers.ts';

/** What the bridge's routes expect (shared/config/routes.ts). */
const TOPIC_PREFIX = 'dbserver1';
const SLOT = 'weir_cdc';
const KAFKA_PARTITIONS = 4;

interface Database {
  readonly address: DatabaseAddress;
  readonly row: () => ServerReport;
}

/** `own`: used unless DATABASE_URL names another; `taken`: ports that are given away but not listened on yet. */
export async function bringUpCapture(
  options: ServersOptions,
  brokers: string,
  own: OwnPostgres | undefined,
  taken: Set<number>,
): Promise<Edge & AsyncDisposable> {
  const { env, say, stop } = options;
  const java = await findJava(env, CHANGE_CAPTURE);
  const jars = await findConnectJars(cacheFolder(env), say, stop);
  const given = env.DATABASE_URL;
  const database = given || !own ? await useDatabase(given ?? '') : await makeDatabase(own);
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
      database: database.address,
      topicPrefix: TOPIC_PREFIX,
      tables: SHOP_TABLES,
      decimals: 'string',
      slot: SLOT,
      partitions: KAFKA_PARTITIONS,
    },
    onLine: (line: string) => options.onLine(name, line),
  } as const;
  const connect = await keepServer({ name, say, start: () => announced(() => startConnect(settings), name, options) });
  return {
    rows: () => [database.row(), serverRow('Kafka Connect', connect.current)],
    environment: own && !given ? { generator: demoVariables(own, database.address) } : {},
    [Symbol.asyncDispose]: () => connect[Symbol.asyncDispose](),
  };
}

async function makeDatabase(own: OwnPostgres): Promise<Database> {
  const address = await own.open('shop');
  await makeShop(address);
  const url = databaseUrl(address);
  const look = `PGPASSFILE=${shortPath(own.passwordFile)} psql ${url}`;
  return { address, row: () => ({ ...serverRow('PostgreSQL', own.kept.current), url, look }) };
}

async function useDatabase(given: string): Promise<Database> {
  const server = await usePostgres(given);
  return { address: server.address, row: () => serverRow('PostgreSQL', server) };
}

function demoVariables(own: OwnPostgres, address: DatabaseAddress): Variables {
  return { WEIR_DEMO_DATABASE_URL: databaseUrl(address), PGPASSFILE: own.passwordFile };
}
