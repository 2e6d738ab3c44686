/**
 * Real servers for tests: the same embedded ones the launcher starts, on free ports and throw-away data.
 * 1. Nothing outlives its owner: dispose ends the process and deletes the data; when the test process is killed, the
 *    guard ends its servers (their data stays in the temp folder).
 * 2. A nats-server takes 50 ms, so a test that kills one starts its own; Kafka takes 3 s, so a run shares one.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findJava, findKafkaJars } from '../../infra/embedded/kafka-jars.ts';
import { startKafka } from '../../infra/embedded/kafka-server.ts';
import { findNatsBinary } from '../../infra/embedded/nats-binary.ts';
import { type EmbeddedNats, startNats } from '../../infra/embedded/nats-server.ts';
import { ProcessGuard } from '../../infra/embedded/process-guard.ts';
import { randomFreePort } from '../../infra/embedded/free-port.ts';
import { cacheFolder } from '../../infra/embedded/versions.ts';

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

function portOf(url: string): number {
  return Number(new URL(url).port);
}

function progress(line: string): void {
  process.stderr.write(`[test servers] ${line}\n`);
}
