/**
 * Brings up what the mesh stands on: NATS and Kafka, each the user's or ours, side by side; names the ports it had to change.
 * It owns the servers it started until they are disposed.
 */
import { join, relative } from 'node:path';
import { useKafka, useNats } from '../embedded/existing-server.ts';
import { nextFreePort } from '../embedded/free-port.ts';
import { findJava, findKafkaJars } from '../embedded/kafka-jars.ts';
import { startKafka } from '../embedded/kafka-server.ts';
import { findNatsBinary } from '../embedded/nats-binary.ts';
import { startNats } from '../embedded/nats-server.ts';
import type { ProcessGuard } from '../embedded/process-guard.ts';
import type { RunningServer } from '../embedded/server-source.ts';
import type { Environment } from '../../shared/config/environment.ts';
import { cacheFolder, natsSync, type Ports, readPorts } from '../embedded/versions.ts';
import type { ServerReport } from './control-protocol.ts';
import { type KeptServer, keepServer } from './kept-server.ts';

export interface Servers extends AsyncDisposable {
  readonly nats: KeptServer;
  readonly kafka: KeptServer;
  readonly gatewayPort: number;
  /** Where our own schema registry is to listen. */
  readonly schemaRegistryPort: number;
}

export interface ServersOptions {
  readonly dataDir: string;
  readonly env: Environment;
  readonly guard: ProcessGuard;
  readonly stop: AbortSignal;
  say(line: string): void;
  /** A line that the server printed. */
  onLine(server: string, line: string): void;
}

export async function bringUpServers(options: ServersOptions): Promise<Servers> {
  const ports = await choosePorts(readPorts(options.env), options);
  const stack = new AsyncDisposableStack();
  const [nats, kafka] = await Promise.allSettled([keepNats(ports, options), keepKafka(ports, options)]);
  for (const result of [nats, kafka]) if (result.status === 'fulfilled') stack.use(result.value);
  if (nats.status === 'rejected' || kafka.status === 'rejected') {
    await stack.disposeAsync();
    options.stop.throwIfAborted();
    throw combine([nats, kafka].flatMap((result) => (result.status === 'rejected' ? [result.reason] : [])));
  }
  return {
    nats: nats.value,
    kafka: kafka.value,
    gatewayPort: ports.gateway,
    schemaRegistryPort: ports.schemaRegistry,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Only the ports of what we start. */
async function choosePorts(wanted: Ports, { env, say }: ServersOptions): Promise<Ports> {
  const taken = new Set<number>();
  const choose = (what: string, port: number) => choosePort(what, port, taken, say);
  const { nats, natsMonitor, kafka, kafkaController } = wanted;
  const gateway = await choose('the gateway', wanted.gateway);
  const ownNats = env.NATS_URL ? {} : { nats: await choose('NATS', nats) };
  const ownMonitor = env.NATS_URL ? {} : { natsMonitor: await choose("NATS's monitoring", natsMonitor) };
  const ownKafka = env.KAFKA_BOOTSTRAP_SERVERS ? {} : { kafka: await choose('Kafka', kafka) };
  const ownController = env.KAFKA_BOOTSTRAP_SERVERS
    ? {}
    : { kafkaController: await choose("Kafka's controller", kafkaController) };
  const ownRegistry = env.SCHEMA_REGISTRY_URL
    ? {}
    : { schemaRegistry: await choose('the schema registry', wanted.schemaRegistry) };
  return { ...wanted, gateway, ...ownRegistry, ...ownNats, ...ownMonitor, ...ownKafka, ...ownController };
}

/** `wanted`, or the next free one, which is said; `taken` are given away but not listened on yet. */
export async function choosePort(
  what: string,
  wanted: number,
  taken: Set<number>,
  say: (line: string) => void,
): Promise<number> {
  const free = await nextFreePort(wanted, taken);
  if (free !== wanted) say(`port ${wanted} is busy: ${what} takes ${free}`);
  return free;
}

async function keepNats(ports: Ports, options: ServersOptions): Promise<KeptServer> {
  const { env, guard, say, stop } = options;
  const name = 'nats-server';
  const given = env.NATS_URL;
  if (given) return keepServer({ name, say, start: () => useNats(given) });
  const binary = await findNatsBinary(cacheFolder(env), say, stop);
  const settings = {
    binary,
    guard,
    sync: natsSync(env),
    dataDir: join(options.dataDir, 'nats'),
    port: ports.nats,
    monitorPort: ports.natsMonitor,
    onLine: (line: string) => options.onLine(name, line),
  };
  return keepServer({ name, say, start: () => announced(() => startNats(settings), name, options) });
}

async function keepKafka(ports: Ports, options: ServersOptions): Promise<KeptServer> {
  const { env, guard, say, stop } = options;
  const name = 'kafka';
  const given = env.KAFKA_BOOTSTRAP_SERVERS;
  if (given) return keepServer({ name, say, start: () => useKafka(given, env) });
  const java = await findJava(env);
  const jars = await findKafkaJars(cacheFolder(env), say, stop);
  const settings = {
    java,
    jars,
    guard,
    dataDir: join(options.dataDir, 'kafka'),
    port: ports.kafka,
    controllerPort: ports.kafkaController,
    onLine: (line: string) => options.onLine(name, line),
  };
  return keepServer({ name, say, start: () => announced(() => startKafka(settings), name, options) });
}

export async function announced(
  start: () => Promise<RunningServer>,
  name: string,
  { say, stop }: ServersOptions,
): Promise<RunningServer> {
  stop.throwIfAborted();
  const began = Date.now();
  say(`starting ${name} ...`);
  const server = await start();
  say(`${name} ${server.version} (${server.source}) is up at ${server.url} after ${Date.now() - began} ms`);
  return server;
}

function combine(errors: readonly unknown[]): unknown {
  const messages = errors.map((error) => (error instanceof Error ? error.message : String(error)));
  return errors.length === 1 ? errors[0] : new AggregateError(errors, messages.join('\n'));
}

export function serverRow(name: string, { url, version, source, pid }: RunningServer): ServerReport {
  return { name, url, version, source, ...(pid === undefined ? {} : { pid }) };
}

/** `.weir` rather than its absolute path, when it is in the checkout. */
export function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' || short.startsWith('..') ? path : short;
}
