/**
 * Real servers for tests: the same embedded ones the launcher starts, on free ports and throw-away data.
 * 1. Nothing outlives its owner: dispose ends the process and deletes the data; when the test process is killed, the
 *    guard ends its servers (their data stays in the temp folder).
 * 2. A nats-server takes 50 ms, so a test that kills one starts its own; Kafka takes 3 s, so a run shares one.
 */
import { chmod, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findDynamoDbJars } from '../../infra/embedded/dynamodb-jars.ts';
import { startDynamoDb } from '../../infra/embedded/dynamodb-server.ts';
import { findJava, findKafkaJars } from '../../infra/embedded/kafka-jars.ts';
import { startKafka } from '../../infra/embedded/kafka-server.ts';
import { findNatsBinary } from '../../infra/embedded/nats-binary.ts';
import { type EmbeddedNats, startNats } from '../../infra/embedded/nats-server.ts';
import { findPostgresBinaries } from '../../infra/embedded/postgres-binaries.ts';
import { openDatabase, startPostgres } from '../../infra/embedded/postgres-server.ts';
import { ProcessGuard } from '../../infra/embedded/process-guard.ts';
import { randomFreePort } from '../../infra/embedded/free-port.ts';
import { cacheFolder } from '../../infra/embedded/versions.ts';
import { type DatabaseAddress, databaseUrl } from '../config/database-address.ts';

export interface TestNats extends AsyncDisposable {
  readonly url: string;
  readonly monitorUrl: string;
  /** Of the server that runs now; a restart changes it. */
  readonly pid: number;
  /** SIGKILL; the data stays for restart(). */
  kill9(): Promise<void>;
  /** On the same port and data; ends the running server first, if there is one. */
  restart(whileAway?: () => Promise<void>): Promise<void>;
}

export interface TestNatsOptions {
  /** `always` makes an acked message survive kill -9 of the machine, not only of the server; slow. Default `2m`. */
  readonly sync?: string;
  readonly memoryLimit?: string;
}

export interface TestKafka extends AsyncDisposable {
  readonly brokers: readonly string[];
  readonly pid: number;
  kill9(): Promise<void>;
  /** Stops it (or finds it killed) and starts it again on the same port and data. */
  restart(): Promise<void>;
}

export interface TestDynamoDb extends AsyncDisposable {
  readonly endpoint: string;
  readonly pid: number;
  /** SIGKILL; the data stays for restart(). */
  kill9(): Promise<void>;
  /** Stops it (or finds it killed) and starts it again on the same port and data. */
  restart(whileAway?: () => Promise<void>): Promise<void>;
}

export interface TestPostgres extends AsyncDisposable {
  /** Of the database asked for; a superuser. */
  readonly address: DatabaseAddress;
  /** With the password. */
  readonly url: string;
  readonly pid: number;
  /** SIGKILL to the server, its sessions end by themselves; the data stays for restart(). */
  kill9(): Promise<void>;
  /** On the same port and data; ends the running server first, if there is one. */
  restart(whileAway?: () => Promise<void>): Promise<void>;
  /** Another database on the same server, so that tests do not see one another. */
  createDatabase(name: string): Promise<DatabaseAddress>;
}

export interface TestPostgresOptions {
  readonly database?: string;
  /** Names and values as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
}

let guard: ProcessGuard | undefined;

export async function startTestNats(options: TestNatsOptions = {}): Promise<TestNats> {
  const binary = await findNatsBinary(cacheFolder(), progress);
  const dataDir = await mkdtemp(join(tmpdir(), 'weir-test-nats-'));
  guard ??= new ProcessGuard();
  const settings = { sync: '2m', ...options, binary, dataDir, guard };
  let server = await orDelete(dataDir, startNats({ ...settings, port: 0, monitorPort: 0 }));
  const port = portOf(server.url);
  const monitorPort = portOf(server.monitorUrl);
  const started: EmbeddedNats = server;
  return {
    url: started.url,
    monitorUrl: started.monitorUrl,
    get pid() {
      return server.pid;
    },
    kill9: () => server.kill9(),
    async restart(whileAway) {
      await server.close();
      try {
        await whileAway?.();
      } finally {
        server = await startNats({ ...settings, port, monitorPort });
      }
    },
    async [Symbol.asyncDispose]() {
      await server.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export async function startTestKafka(): Promise<TestKafka> {
  const java = await findJava();
  const jars = await findKafkaJars(cacheFolder(), progress);
  const dataDir = await mkdtemp(join(tmpdir(), 'weir-test-kafka-'));
  const taken = new Set<number>();
  guard ??= new ProcessGuard();
  const ports = { port: await randomFreePort(taken), controllerPort: await randomFreePort(taken) };
  const settings = { java, jars, dataDir, guard, ...ports };
  let server = await orDelete(dataDir, startKafka(settings));
  return {
    brokers: [server.url],
    get pid() {
      return server.pid;
    },
    kill9: () => server.kill9(),
    async restart() {
      await server.close();
      server = await startKafka(settings);
    },
    async [Symbol.asyncDispose]() {
      await server.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export async function startTestDynamoDb(): Promise<TestDynamoDb> {
  const java = await findJava();
  const jars = await findDynamoDbJars(cacheFolder(), progress);
  const dataDir = await mkdtemp(join(await fastFolder(), 'weir-test-dynamodb-'));
  guard ??= new ProcessGuard();
  const settings = { java, jars, dataDir, guard, port: await randomFreePort(), tables: 'disk' } as const;
  let server = await orDelete(dataDir, startDynamoDb(settings));
  return {
    endpoint: server.url,
    get pid() {
      return server.pid;
    },
    kill9: () => server.kill9(),
    async restart(whileAway) {
      await server.close();
      try {
        await whileAway?.();
      } finally {
        server = await startDynamoDb(settings);
      }
    },
    async [Symbol.asyncDispose]() {
      await server.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export async function startTestPostgres({
  database = 'weir',
  settings,
}: TestPostgresOptions = {}): Promise<TestPostgres> {
  const binaries = await findPostgresBinaries();
  const dataDir = await mkdtemp(join(tmpdir(), 'weir-test-postgres-'));
  await chmod(dataDir, 0o755); // it may run as another user
  guard ??= new ProcessGuard();
  const options = { binaries, dataDir, guard, database, port: await randomFreePort(), ...(settings && { settings }) };
  let server = await orDelete(dataDir, startPostgres(options));
  const { address } = server;
  return {
    address,
    url: urlWithPassword(address),
    get pid() {
      return server.pid;
    },
    kill9: () => server.kill9(),
    async restart(whileAway) {
      await server.close();
      try {
        await whileAway?.();
      } finally {
        server = await onceSessionsEnded(() => startPostgres(options));
      }
    },
    createDatabase: async (name) => {
      await openDatabase({ ...address, database: name });
      return { ...address, database: name };
    },
    async [Symbol.asyncDispose]() {
      await server.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The servers that the whole run shares (see shared-servers.setup.ts): use names of your own for streams and topics. */
export function sharedServers(): { readonly natsUrl: string; readonly brokers: readonly string[] } {
  const natsUrl = process.env.WEIR_TEST_NATS_URL;
  const brokers = process.env.WEIR_TEST_KAFKA_BROKERS;
  if (!natsUrl || !brokers)
    throw new Error('Cannot find the shared test servers: run this file in the vitest projects "int" or "fault"');
  return { natsUrl, brokers: brokers.split(',') };
}

async function orDelete<T>(dataDir: string, starting: Promise<T>): Promise<T> {
  try {
    return await starting;
  } catch (error) {
    await rm(dataDir, { recursive: true, force: true });
    throw error;
  }
}

/** Files that outlive a process, and need no disk: DynamoDB Local syncs each item. */
async function fastFolder(): Promise<string> {
  const inMemory = '/dev/shm';
  const room = await statfs(inMemory).catch(() => undefined);
  return room && room.bavail * room.bsize > 256 * 1024 ** 2 ? inMemory : tmpdir();
}

/** Sessions of a PostgreSQL that was killed live on until they notice; until then it does not start. */
async function onceSessionsEnded<T>(start: () => Promise<T>): Promise<T> {
  for (const deadline = Date.now() + 20_000; ; await sleep(50)) {
    try {
      return await start();
    } catch (error) {
      if (!String(error).includes('shared memory block') || Date.now() > deadline) throw error;
    }
  }
}

function urlWithPassword(address: DatabaseAddress): string {
  const url = new URL(databaseUrl(address));
  url.password = encodeURIComponent(address.password);
  return url.href;
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

function progress(line: string): void {
  process.stderr.write(`[test servers] ${line}\n`);
}
