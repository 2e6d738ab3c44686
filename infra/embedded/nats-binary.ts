/** Finds nats-server: on PATH when new enough, in the cache, or built by Go into the cache. Starts nothing. */
import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withCacheLock } from './cache-lock.ts';
import { missing } from './missing-tool.ts';
import { type Report, runTool } from './run-tool.ts';
import { isAtLeast } from './semantic-version.ts';
import { NATS_SERVER } from './versions.ts';

export interface NatsBinary {
  readonly path: string;
  readonly version: string;
  readonly source: 'PATH' | 'cache' | 'go install';
}

/** The ways to get it, in the order they are tried; each answers undefined when it has none. */
export interface NatsBinarySources {
  onPath(): Promise<NatsBinary | undefined>;
  inCache(): Promise<NatsBinary | undefined>;
  build(): Promise<NatsBinary>;
}

export async function findNatsBinary(cache: string, report: Report, signal?: AbortSignal): Promise<NatsBinary> {
  return firstNatsBinary(natsBinarySources(cache, report, signal));
}

export async function firstNatsBinary(sources: NatsBinarySources): Promise<NatsBinary> {
  return (await sources.onPath()) ?? (await sources.inCache()) ?? (await sources.build());
}

function natsBinarySources(cache: string, report: Report, signal?: AbortSignal): NatsBinarySources {
  const name = `nats-server-${NATS_SERVER.version}-${process.platform}-${process.arch}`;
  const cached = join(cache, name);
  const inCache = async (): Promise<NatsBinary | undefined> =>
    (await exists(cached)) ? { path: cached, version: NATS_SERVER.version, source: 'cache' } : undefined;
  return {
    async onPath() {
      const version = await versionOf('nats-server');
      if (version === undefined) return undefined;
      if (isAtLeast(version, NATS_SERVER.oldest)) return { path: 'nats-server', version, source: 'PATH' };
      report(`nats-server on PATH is ${version}, older than ${NATS_SERVER.oldest}: not used`);
      return undefined;
    },
    inCache,
    build: () =>
      withCacheLock(
        cache,
        name,
        () => report('waiting for another launcher that builds nats-server ...'),
        async () => (await inCache()) ?? (await build(cache, cached, report, signal)),
      ),
  };
}

async function build(cache: string, target: string, report: Report, signal?: AbortSignal): Promise<NatsBinary> {
  await mkdir(cache, { recursive: true });
  const scratch = await mkdtemp(join(cache, 'building-'));
  try {
    await runTool('go', ['install', `${NATS_SERVER.module}@v${NATS_SERVER.version}`], {
      doing: `building nats-server ${NATS_SERVER.version} with Go (once)`,
      report,
      signal,
      env: { GOBIN: scratch, GOOS: '', GOARCH: '' },
      missing: missing.go,
    });
    await rename(join(scratch, process.platform === 'win32' ? 'nats-server.exe' : 'nats-server'), target);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return { path: target, version: NATS_SERVER.version, source: 'go install' };
}

async function versionOf(binary: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(binary, ['--version']);
    return /v(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
