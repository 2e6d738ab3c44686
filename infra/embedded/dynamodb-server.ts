/**
 * An embedded DynamoDB Local: starts it, waits until it answers, ends it.
 * It does not find the jars and does not choose between this and an endpoint of the user's.
 * 1. All clients see the same tables, whatever region and credentials they name.
 * 2. It sends no telemetry.
 * It listens on every interface, and takes anyone: it has no setting for either.
 * Measured on 2 busy cores: up in 2 to 5 s, 170 MB resident; 5 items a request, 32 requests at once: 750 items/s with the
 * tables in memory, 400 in files on tmpfs, 43 on a disk, for it syncs each item.
 */
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Jars } from './maven-jars.ts';
import { OwnedProcess } from './owned-process.ts';
import type { ProcessGuard } from './process-guard.ts';
import type { Report } from './run-tool.ts';
import type { RunningServer } from './server-source.ts';
import { DYNAMODB_LOCAL } from './versions.ts';

export interface DynamoDbOptions {
  readonly java: string;
  readonly jars: Jars;
  readonly dataDir: string;
  /** Default: in memory, gone when it ends. */
  readonly tables?: 'memory' | 'disk';
  readonly port: number;
  readonly guard?: ProcessGuard;
  readonly onLine?: Report;
}

export interface EmbeddedDynamoDb extends RunningServer {
  readonly pid: number;
  /** SIGKILL, as a crash would. */
  kill9(): Promise<void>;
}

const MAIN = 'software.amazon.dynamodb.services.local.main.ServerRunner';
const START_MS = 60_000;
const STOP_MS = 10_000;
const POLL_MS = 100;
/** Local takes any signature; the key of it must be there, and letters and digits only. */
const ANYBODY =
  'AWS4-HMAC-SHA256 Credential=local/20200101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0';

export async function startDynamoDb(options: DynamoDbOptions): Promise<EmbeddedDynamoDb> {
  const { dataDir, port } = options;
  const store = options.tables === 'disk' ? ['-dbPath', join(dataDir, 'tables')] : ['-inMemory'];
  await mkdir(join(dataDir, 'tables'), { recursive: true });
  const tail: string[] = [];
  const server = new OwnedProcess({
    command: options.java,
    args: javaArgs(options.jars.folder, await nativeFolder(options.jars.folder, dataDir), port, store),
    onLine: (line) => {
      tail.push(line);
      if (tail.length > 20) tail.shift();
      options.onLine?.(line);
    },
  });
  options.guard?.watch('server', 'dynamodb', server);
  const url = `http://127.0.0.1:${port}`;
  await untilServing(server, url, tail);
  return {
    url,
    source: options.jars.source,
    version: DYNAMODB_LOCAL.version,
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

/** Where SQLite is: beside the jars. The loader knows no Apple silicon and asks for the name of Intel's: it gets that. */
async function nativeFolder(jars: string, dataDir: string): Promise<string> {
  const appleSilicon = (await readdir(jars)).find((name) => name.startsWith('libsqlite4java-osx-aarch64'));
  if (appleSilicon === undefined) return jars;
  const folder = join(dataDir, 'native');
  await mkdir(folder, { recursive: true });
  await copyFile(join(jars, appleSilicon), join(folder, 'libsqlite4java-osx.dylib'));
  return folder;
}

function javaArgs(jars: string, native: string, port: number, store: readonly string[]): string[] {
  return [
    ...['-Xms64m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:-UsePerfData'],
    `-Djava.library.path=${native}`,
    ...['-cp', join(jars, '*'), MAIN],
    ...['-port', String(port), ...store, '-sharedDb', '-disableTelemetry'],
  ];
}

async function untilServing(server: OwnedProcess, url: string, tail: readonly string[]): Promise<void> {
  const deadline = Date.now() + START_MS;
  while (server.running) {
    if (await answers(url)) return;
    if (Date.now() > deadline) {
      await server.stop(0);
      throw new Error(`Cannot start DynamoDB Local: no answer after "${START_MS / 1000}" seconds\n${tail.join('\n')}`);
    }
    await sleep(POLL_MS);
  }
  throw new Error(`Cannot start DynamoDB Local: it ended\n${tail.join('\n')}`);
}

/** True when it lists its tables: it accepts connections before it can. */
async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'DynamoDB_20120810.ListTables',
        authorization: ANYBODY,
      },
      body: '{}',
      signal: AbortSignal.timeout(2_000),
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
