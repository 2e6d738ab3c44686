/**
 * An embedded Kafka (KRaft, one node): formats its storage once, starts it, waits until it answers, ends it.
 * It does not find the jars and does not choose between this and a broker of the user's.
 * Measured on 2 cores: up in 2 s, 360 MB resident, down in 0.3 s. Killed, it needs 10 s to start again: the controller
 * waits for the session of the broker that was.
 */
import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { type KafkaListener, kafkaConfig } from './kafka-config.ts';
import type { KafkaJars } from './kafka-jars.ts';
import { OwnedProcess } from './owned-process.ts';
import type { ProcessGuard } from './process-guard.ts';
import type { Report } from './run-tool.ts';
import type { RunningServer } from './server-source.ts';
import { KAFKA } from './versions.ts';

export interface KafkaOptions {
  readonly java: string;
  readonly jars: KafkaJars;
  readonly dataDir: string;
  readonly port: number;
  readonly controllerPort: number;
  readonly guard?: ProcessGuard;
  readonly onLine?: Report;
  /** What a test of logins and TLS needs; without it the broker takes anyone on this machine. */
  readonly secured?: SecuredKafka;
}

export interface SecuredKafka {
  readonly listeners: readonly KafkaListener[];
  readonly settings: Readonly<Record<string, string>>;
  /** As `kafka-storage format --add-scram` takes them; made with the storage. */
  readonly scramUsers: readonly string[];
  readonly jvmArgs: readonly string[];
}

export interface EmbeddedKafka extends RunningServer {
  readonly pid: number;
  /** SIGKILL, as a crash would. */
  kill9(): Promise<void>;
}

const START_MS = 60_000;
const STOP_MS = 20_000;
const POLL_MS = 100;
const CLUSTER_ID = 'V2VpckVtYmVkZGVkS2Fma2';
const QUIET = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-Dorg.slf4j.simpleLogger.showDateTime=true'];

export async function startKafka(options: KafkaOptions): Promise<EmbeddedKafka> {
  const { dataDir, port, controllerPort, secured } = options;
  const configFile = join(dataDir, 'server.properties');
  const logDir = join(dataDir, 'data');
  const tail: string[] = [];
  const run = (args: readonly string[]) => {
    const child = new OwnedProcess({
      command: options.java,
      args: [...QUIET, '-cp', join(options.jars.folder, '*'), ...args],
      onLine: (line) => {
        tail.push(line);
        if (tail.length > 20) tail.shift();
        options.onLine?.(line);
      },
    });
    options.guard?.watch('server', 'kafka', child);
    return child;
  };
  await mkdir(dataDir, { recursive: true });
  await writeFile(configFile, kafkaConfig({ port, controllerPort, logDir, ...secured }));
  await format(run, configFile, logDir, tail, secured?.scramUsers);
  const server = run([
    '-Xms256m',
    '-Xmx512m',
    '-XX:+UseSerialGC',
    '-XX:-UsePerfData',
    ...(secured?.jvmArgs ?? []),
    'kafka.Kafka',
    configFile,
  ]);
  await untilServing(server, port, tail);
  return {
    url: `127.0.0.1:${port}`,
    source: options.jars.source,
    version: KAFKA.version,
    pid: server.pid ?? 0,
    dataDir,
    ended: server.ended.then(() => tail.at(-1) ?? 'it said nothing'),
    async close() {
      await server.stop(STOP_MS);
    },
    async kill9() {
      server.signal('SIGKILL');
      await server.ended;
    },
  };
}

type Run = (args: readonly string[]) => OwnedProcess;

/** Formatted storage is left as it is; a format that was interrupted is done again from the start. */
async function format(
  run: Run,
  configFile: string,
  logDir: string,
  tail: readonly string[],
  scramUsers: readonly string[] = [],
): Promise<void> {
  const formatted = await access(join(logDir, 'meta.properties')).then(
    () => true,
    () => false,
  );
  if (formatted) return;
  await rm(logDir, { recursive: true, force: true });
  const tool = run([
    '-XX:TieredStopAtLevel=1',
    'kafka.tools.StorageTool',
    'format',
    '-t',
    CLUSTER_ID,
    '-c',
    configFile,
    ...scramUsers.flatMap((user) => ['--add-scram', user]),
  ]);
  const end = await tool.ended;
  if (end.code !== 0) throw new Error(`Cannot format Kafka's storage in "${logDir}"\n${tail.join('\n')}`);
}

async function untilServing(server: OwnedProcess, port: number, tail: readonly string[]): Promise<void> {
  const deadline = Date.now() + START_MS;
  while (server.running) {
    if (await answers(`127.0.0.1:${port}`)) return;
    if (Date.now() > deadline) {
      await server.stop(0);
      throw new Error(`Cannot start Kafka: no answer after "${START_MS / 1000}" seconds\n${tail.join('\n')}`);
    }
    await sleep(POLL_MS);
  }
  throw new Error(`Cannot start Kafka: it ended\n${tail.join('\n')}`);
}

/** True when the broker is registered: a listener that accepts may still wait for its controller. */
export async function answers(brokers: string): Promise<boolean> {
  const admin = new Kafka({
    brokers: brokers.split(','),
    logLevel: logLevel.NOTHING,
    connectionTimeout: 2_000,
    requestTimeout: 2_000,
    retry: { retries: 0 },
  }).admin();
  try {
    await admin.connect();
    return (await admin.describeCluster()).brokers.length > 0;
  } catch {
    return false;
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
