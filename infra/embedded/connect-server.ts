/**
 * An embedded Kafka Connect (one process, standalone) that runs one Debezium connector: writes its configuration, starts
 * it, waits until the connector runs, starts the connector again when it fails, ends it. It does not find the jars.
 * 1. REST listens on 127.0.0.1 only, and the password is in one file that only we can read, in no command line.
 * 2. A connector that failed while it ran is started again, with a pause, and that is said: Connect itself would not.
 * Measured on 2 cores: up in 5 s, 440 MB resident, down in 1 s.
 */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseAddress } from '../../shared/config/database-address.ts';
import { type CaptureOptions, captureConfig, secretsConfig, workerConfig } from './connect-config.ts';
import { captureState, restartFailed } from './connect-tasks.ts';
import type { Jars } from './maven-jars.ts';
import { OwnedProcess } from './owned-process.ts';
import type { ProcessGuard } from './process-guard.ts';
import type { Report } from './run-tool.ts';
import type { RunningServer } from './server-source.ts';
import { DEBEZIUM, KAFKA } from './versions.ts';

export interface ConnectOptions {
  readonly java: string;
  readonly jars: Jars;
  /** Holds the configuration and the offsets, which say what was captured already. */
  readonly dataDir: string;
  readonly port: number;
  readonly brokers: string;
  readonly schemas: boolean;
  readonly capture: CaptureOptions & { readonly database: DatabaseAddress };
  readonly guard?: ProcessGuard;
  readonly onLine?: Report;
  /** What happens to the connector later on. */
  readonly say?: Report;
}

export interface EmbeddedConnect extends RunningServer {
  readonly pid: number;
  /** SIGKILL, as a crash would. */
  kill9(): Promise<void>;
}

const START_MS = 120_000;
const STOP_MS = 20_000;
const POLL_MS = 100;
const WATCH_MS = 5_000;
const QUIET = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-Dorg.slf4j.simpleLogger.showDateTime=true'];
const JVM = ['-Xms64m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:-UsePerfData'];

export async function startConnect(options: ConnectOptions): Promise<EmbeddedConnect> {
  const { port } = options;
  const files = await writeConfig(options);
  const tail: string[] = [];
  const main = 'org.apache.kafka.connect.cli.ConnectStandalone';
  const server = new OwnedProcess({
    command: options.java,
    args: [...JVM, ...QUIET, '-cp', join(options.jars.folder, '*'), main, ...files],
    onLine: (line) => {
      tail.push(line);
      if (tail.length > 20) tail.shift();
      options.onLine?.(line);
    },
  });
  options.guard?.watch('server', 'connect', server);
  const url = `http://127.0.0.1:${port}`;
  await untilRunning(server, url, tail);
  void watchConnector(server, url, options.say ?? (() => undefined));
  return {
    url,
    source: options.jars.source,
    version: `${KAFKA.version} with Debezium ${DEBEZIUM.version}`,
    pid: server.pid ?? 0,
    dataDir: options.dataDir,
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

/** The worker's and the connector's files, in the order of the command line. */
async function writeConfig({ dataDir, port, brokers, schemas, capture }: ConnectOptions): Promise<[string, string]> {
  await mkdir(dataDir, { recursive: true });
  const at = (name: string) => join(dataDir, name);
  const [secretsFile, offsetsFile] = [at('secrets.properties'), at('offsets')];
  const write = async (path: string, text: string) => {
    await writeFile(`${path}.new`, text, { mode: 0o600 });
    await rename(`${path}.new`, path);
    return path;
  };
  await write(secretsFile, secretsConfig(capture.database.password));
  return [
    await write(at('worker.properties'), workerConfig({ port, brokers, offsetsFile, schemas, secretsFile })),
    await write(at('connector.properties'), captureConfig(capture, secretsFile)),
  ];
}

async function untilRunning(server: OwnedProcess, url: string, tail: readonly string[]): Promise<void> {
  const deadline = Date.now() + START_MS;
  while (server.running) {
    const state = await captureState(url);
    if (state.kind === 'running') return;
    if (state.kind === 'failed' || Date.now() > deadline) {
      await server.stop(STOP_MS);
      const why = state.kind === 'failed' ? state.reason : `not running after "${START_MS / 1000}" seconds`;
      throw new Error(`Cannot start change data capture: ${why}\n${tail.join('\n')}`);
    }
    await sleep(POLL_MS);
  }
  throw new Error(`Cannot start Kafka Connect: it ended\n${tail.join('\n')}`);
}

/** Until the process ends. */
async function watchConnector(server: OwnedProcess, url: string, say: Report): Promise<void> {
  while (server.running) {
    await Promise.race([sleep(WATCH_MS, undefined, { ref: false }), server.ended]);
    const state = await captureState(url);
    if (state.kind !== 'failed' || !server.running) continue;
    say(`change data capture failed: ${state.reason}; starting it again`);
    await restartFailed(url);
  }
}
