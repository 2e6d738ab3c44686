/**
 * An embedded nats-server with JetStream on files: writes its configuration, starts it, waits until it serves, ends it.
 * It does not find the binary and does not choose between this and a server of the user's.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NatsBinary } from './nats-binary.ts';
import { natsConfig } from './nats-config.ts';
import { OwnedProcess } from './owned-process.ts';
import type { ProcessGuard } from './process-guard.ts';
import type { Report } from './run-tool.ts';
import type { RunningServer } from './server-source.ts';

export interface NatsOptions {
  readonly binary: NatsBinary;
  /** Holds the configuration and JetStream's files. */
  readonly dataDir: string;
  /** 0: a free one. */
  readonly port: number;
  readonly monitorPort: number;
  readonly sync: string;
  /** Soft limit of the server's memory, for example `256MiB`; absent: none. */
  readonly memoryLimit?: string;
  readonly guard?: ProcessGuard;
  readonly onLine?: Report;
}

export interface EmbeddedNats extends RunningServer {
  readonly pid: number;
  readonly monitorUrl: string;
  /** SIGKILL, as a crash would. */
  kill9(): Promise<void>;
}

const START_MS = 20_000;
const STOP_MS = 10_000;
const POLL_MS = 20;

export async function startNats(options: NatsOptions): Promise<EmbeddedNats> {
  const { dataDir } = options;
  const portsDir = join(dataDir, 'ports');
  const configFile = join(dataDir, 'nats-server.conf');
  await rm(portsDir, { recursive: true, force: true });
  await mkdir(portsDir, { recursive: true });
  await writeFile(
    configFile,
    natsConfig({
      name: 'weir',
      port: options.port === 0 ? -1 : options.port,
      monitorPort: options.monitorPort === 0 ? -1 : options.monitorPort,
      storeDir: dataDir,
      sync: options.sync,
      portsDir,
    }),
  );
  const tail: string[] = [];
  const server = new OwnedProcess({
    command: options.binary.path,
    args: ['-c', configFile],
    ...(options.memoryLimit === undefined ? {} : { env: { GOMEMLIMIT: options.memoryLimit } }),
    onLine: (line) => {
      tail.push(line);
      if (tail.length > 20) tail.shift();
      options.onLine?.(line);
    },
  });
  options.guard?.watch('server', 'nats-server', server);
  const ports = await untilServing(server, portsDir, tail);
  return {
    ...ports,
    source: options.binary.source,
    version: options.binary.version,
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

interface ServingAt {
  readonly url: string;
  readonly monitorUrl: string;
}

async function untilServing(server: OwnedProcess, portsDir: string, tail: readonly string[]): Promise<ServingAt> {
  const deadline = Date.now() + START_MS;
  while (server.running) {
    const at = await readPorts(portsDir);
    if (at && (await isHealthy(at.monitorUrl))) return at;
    if (Date.now() > deadline) {
      await server.stop(0);
      throw new Error(`Cannot start nats-server: not healthy after "${START_MS / 1000}" seconds\n${tail.join('\n')}`);
    }
    await sleep(POLL_MS);
  }
  throw new Error(`Cannot start nats-server: it ended\n${tail.join('\n')}`);
}

/** nats-server writes one file, named by its binary and pid, once it listens; it may be read half written. */
async function readPorts(portsDir: string): Promise<ServingAt | undefined> {
  try {
    const [file] = await readdir(portsDir);
    if (file === undefined) return undefined;
    const ports: unknown = JSON.parse(await readFile(join(portsDir, file), 'utf8'));
    const url = firstUrl(ports, 'nats');
    const monitorUrl = firstUrl(ports, 'monitoring');
    return url === undefined || monitorUrl === undefined ? undefined : { url, monitorUrl };
  } catch {
    return undefined;
  }
}

function firstUrl(ports: unknown, name: string): string | undefined {
  if (typeof ports !== 'object' || ports === null) return undefined;
  const urls: unknown = Object.entries(ports).find(([key]) => key === name)?.[1];
  const first: unknown = Array.isArray(urls) ? urls[0] : undefined;
  return typeof first === 'string' ? first : undefined;
}

async function isHealthy(monitorUrl: string): Promise<boolean> {
  try {
    const response = await fetch(`${monitorUrl}/healthz`, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
