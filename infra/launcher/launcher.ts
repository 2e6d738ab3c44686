/**
 * A running mesh: servers, workers, control socket, state file, in the order they need each other, and back.
 * The command line, signals and exit codes are main.ts's; what each part does is its own file's.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomFreePort } from '../embedded/free-port.ts';
import { ProcessGuard } from '../embedded/process-guard.ts';
import { processIdentity } from '../embedded/process-identity.ts';
import type { Environment } from '../../shared/config/environment.ts';
import type { StartOptions } from './arguments.ts';
import { compileCache } from './compile-cache.ts';
import { banner } from './banner.ts';
import { readCheckout } from './checkout.ts';
import type { Console } from './console.ts';
import type { ControlAnswer, ControlRequest, LauncherReport } from './control-protocol.ts';
import { serveControl } from './control-server.ts';
import { bringUpEdges, type EdgeServers } from './edge-servers.ts';
import { LogFile } from './log-file.ts';
import { MeshWorkers } from './mesh-workers.ts';
import { planGroups, type WorkerGroup } from './plan.ts';
import { askReadiness, untilReady } from './readiness.ts';
import { bringUpServers, serverRow, type Servers, type ServersOptions, shortPath } from './servers.ts';
import { deleteState, type LauncherState, writeState } from './state-file.ts';
import { Worker } from './worker.ts';
import { workerCommand } from './worker-command.ts';

export interface LauncherOptions {
  readonly root: string;
  readonly dataDir: string;
  readonly env: Environment;
  readonly start: StartOptions;
  readonly console: Console;
  readonly stop: AbortSignal;
  requestStop(reason: string): void;
  /** Given the way to end every process at once, for who cannot wait. */
  onWorkers(killAll: () => void): void;
}

const READY_REMINDER_MS = 10_000;
const RESTART_READY_MS = 30_000;

/** Runs until `stop` aborts; everything it started has ended when it returns. */
export async function runMesh(options: LauncherOptions): Promise<void> {
  const { console, dataDir, stop } = options;
  const startedAt = new Date().toISOString();
  let control: LauncherState['control'];
  const save = () => {
    const identity = processIdentity(process.pid) ?? '';
    const state = { pid: process.pid, identity, startedAt, processes: guard.running };
    writeState(dataDir, control ? { ...state, control } : state);
  };
  const guard = new ProcessGuard(save);
  await using stack = new AsyncDisposableStack();
  stack.defer(() => deleteState(dataDir));
  stack.use(guard);
  options.onWorkers(() => {
    for (const { pid } of guard.running) process.kill(pid, 'SIGKILL');
  });
  save();
  const logs = openLogs(join(dataDir, 'logs'));
  const say = (line: string) => console.say(line);
  const serversOptions: ServersOptions = {
    dataDir,
    env: options.env,
    guard,
    stop,
    say,
    onLine: (name, line) => logs(name).append(line),
  };
  const servers = stack.use(await bringUpServers(serversOptions));
  const edges = stack.use(await bringUpEdges(options.start, serversOptions, servers));
  stack.defer(() => say('stopping the servers ...'));
  stop.throwIfAborted();
  const workers = startWorkers(options, servers, edges, guard, logs);
  stack.defer(() => workers.stopAll(say));
  const report = () => describe(options, servers, edges, workers, startedAt);
  const controlServer = stack.use(await serveControl((request) => answer(request, workers, report, options)));
  control = { url: controlServer.url, token: controlServer.token };
  save();
  if (await untilMeshReady(workers, console, stop)) console.text(banner(await report(), shortPath(dataDir)));
  await aborted(stop);
}

function openLogs(folder: string): (name: string) => LogFile {
  const files = new Map<string, LogFile>();
  return (name) => {
    const file = files.get(name) ?? new LogFile(folder, name);
    files.set(name, file);
    return file;
  };
}

function startWorkers(
  options: LauncherOptions,
  servers: Servers,
  edges: EdgeServers,
  guard: ProcessGuard,
  logs: (name: string) => LogFile,
): MeshWorkers {
  const { console, root, start, env, dataDir, stop } = options;
  const groups = planGroups(readCheckout(root), start, {
    ownKafka: !env.KAFKA_BOOTSTRAP_SERVERS,
    ownShop: !(start.cdc && env.DATABASE_URL),
    ownRegistry: !env.SCHEMA_REGISTRY_URL,
    stores: edges.stores,
  });
  const registry = registryRow(options, servers);
  const taken = new Set<number>();
  const startWorker = (group: WorkerGroup, name: string) =>
    new Worker({
      name,
      group: group.name,
      command: workerCommand(start.runtime, join(root, group.entry), group.args),
      cwd: root,
      guard,
      say: (line) => console.say(line),
      onLine: (line) => {
        console.line(name, line);
        logs(name).append(line);
      },
      async environment() {
        const port = await randomFreePort(taken);
        const addresses = { NATS_URL: servers.nats.current.url, KAFKA_BOOTSTRAP_SERVERS: servers.kafka.current.url };
        return {
          health: `http://127.0.0.1:${port}`,
          env: {
            ...addresses,
            ...(registry && { SCHEMA_REGISTRY_URL: registry.url }),
            WEIR_SCHEMA_REGISTRY_PORT: String(servers.schemaRegistryPort),
            WEIR_DATA_DIR: dataDir,
            WEIR_GATEWAY_PORT: String(servers.gatewayPort),
            WEIR_HTTP_PORT: String(port),
            WEIR_INSTANCE: name,
            ...edges.environmentOf(group.name),
            ...compileCache(),
          },
        };
      },
    });
  return new MeshWorkers(groups, startWorker, (worker) => untilReady(worker, RESTART_READY_MS, stop));
}

async function answer(
  request: ControlRequest,
  workers: MeshWorkers,
  report: () => Promise<LauncherReport>,
  options: LauncherOptions,
): Promise<ControlAnswer> {
  switch (request.kind) {
    case 'status':
      return { ok: true, message: 'running', report: await report() };
    case 'scale':
      return { ok: true, message: await workers.scale(request.group, request.count) };
    case 'restart':
      return { ok: true, message: await workers.restart(request.target) };
    case 'stop':
      setImmediate(() => options.requestStop('`mesh stop`'));
      return { ok: true, message: 'stopping' };
    default:
      return request satisfies never;
  }
}

async function describe(
  options: LauncherOptions,
  servers: Servers,
  edges: EdgeServers,
  workers: MeshWorkers,
  startedAt: string,
): Promise<LauncherReport> {
  const { nats, kafka, gatewayPort } = servers;
  const { monitorUrl } = nats.current;
  const registry = registryRow(options, servers);
  return {
    pid: process.pid,
    startedAt,
    dataDir: options.dataDir,
    gatewayUrl: `http://${options.env.WEIR_GATEWAY_HOST || '127.0.0.1'}:${gatewayPort}`,
    servers: [
      serverRow('NATS', nats.current),
      ...(monitorUrl ? [{ name: 'NATS monitor', url: monitorUrl, version: '', source: '' }] : []),
      serverRow('Kafka', kafka.current),
      ...(registry ? [registry] : []),
      ...edges.rows,
    ],
    workers: await Promise.all(workers.all.map(describeWorker)),
  };
}

/** The user's schema registry, or ours; undefined when this checkout has none. */
function registryRow({ env, root }: LauncherOptions, { schemaRegistryPort }: Servers) {
  const row = { name: 'Schema registry', version: 'unknown' };
  const given = env.SCHEMA_REGISTRY_URL;
  if (given) return { ...row, url: given, source: 'environment SCHEMA_REGISTRY_URL' };
  if (!readCheckout(root).hasSchemaRegistry) return undefined;
  return {
    ...row,
    url: `http://127.0.0.1:${schemaRegistryPort}`,
    source: 'this checkout, kept in KV bucket "schemas"',
  };
}

async function describeWorker(worker: Worker): Promise<LauncherReport['workers'][number]> {
  const { ready, reasons } = await askReadiness(worker);
  const { name, pid, state, restarts, startedAt } = worker;
  return {
    name,
    state: state === 'running' ? (ready ? 'ready' : 'not ready') : state,
    ...(pid === undefined ? {} : { pid }),
    restarts,
    uptimeMs: pid === undefined ? 0 : Date.now() - startedAt,
    reasons: ready ? [] : reasons,
  };
}

/** False when it was stopped before. Says now and then what it waits for. */
async function untilMeshReady(workers: MeshWorkers, console: Console, stop: AbortSignal): Promise<boolean> {
  for (;;) {
    const ready = await Promise.all(workers.all.map((worker) => untilReady(worker, READY_REMINDER_MS, stop)));
    if (stop.aborted) return false;
    if (ready.every(Boolean)) return true;
    for (const worker of workers.all) {
      const { ready, reasons } = await askReadiness(worker);
      if (!ready) console.say(`waiting for ${worker.name}: ${reasons.join('; ')}`);
    }
    await sleep(0);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
