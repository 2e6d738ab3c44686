/**
 * What the rows run on: our own nats-server and Kafka on free ports, with data in a folder of their own, and the workers
 * a row starts. Owns all of it: nothing is left when it is disposed, and the guard ends the processes if we are killed.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { connectLog, type JetStreamLog } from '../../shared/log/jetstream-log.ts';
import { randomFreePort } from '../embedded/free-port.ts';
import { findJava, findKafkaJars } from '../embedded/kafka-jars.ts';
import { type EmbeddedKafka, startKafka } from '../embedded/kafka-server.ts';
import { findNatsBinary } from '../embedded/nats-binary.ts';
import { type EmbeddedNats, startNats } from '../embedded/nats-server.ts';
import { OwnedProcess } from '../embedded/owned-process.ts';
import { ProcessGuard } from '../embedded/process-guard.ts';
import { cacheFolder, natsSync } from '../embedded/versions.ts';
import { compileCache } from '../launcher/compile-cache.ts';
import type { Runtime } from '../launcher/arguments.ts';
import { ROOT } from '../launcher/checkout.ts';
import { workerCommand } from '../launcher/worker-command.ts';
import { BenchWorker, type WorkerPlan } from './bench-worker.ts';
import { type SchemaServer, serveSchemas } from './formats/schema-server.ts';
import type { UsageSnapshot } from './process-usage.ts';
import type { Profiles } from './profiles.ts';
import type { Progress } from './progress.ts';
import { waitUntil } from './wait-until.ts';

/** Of a process that failed, for the error. */
const TAIL_LINES = 20;

export interface MeshOptions {
  readonly runtime: Runtime;
  /** Where the workers' CPU profiles go; absent: none are taken. */
  readonly profiles: Profiles | undefined;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

export interface BenchRoute {
  readonly topic: string;
  readonly [member: string]: unknown;
}

export class BenchMesh implements AsyncDisposable {
  readonly signal: AbortSignal;
  readonly progress: Progress;
  readonly runtime: Runtime;
  readonly log: JetStreamLog;
  readonly #options: MeshOptions;
  readonly dataDir: string;
  /** Ends what a row starts when we are killed. */
  readonly guard: ProcessGuard;
  readonly #nats: EmbeddedNats;
  readonly #stack: AsyncDisposableStack;
  readonly #workers = new Set<BenchWorker>();
  #kafka: Promise<EmbeddedKafka> | undefined;
  #kafkaPid: number | undefined;
  #schemas: SchemaServer | undefined;
  #groups = 0;

  private constructor(
    options: MeshOptions,
    parts: { dataDir: string; guard: ProcessGuard; nats: EmbeddedNats; log: JetStreamLog; stack: AsyncDisposableStack },
  ) {
    this.#options = options;
    this.signal = options.signal;
    this.progress = options.progress;
    this.runtime = options.runtime;
    this.log = parts.log;
    this.dataDir = parts.dataDir;
    this.guard = parts.guard;
    this.#nats = parts.nats;
    this.#stack = parts.stack;
  }

  static async start(options: MeshOptions): Promise<BenchMesh> {
    await using stack = new AsyncDisposableStack();
    const { progress, signal } = options;
    const guard = stack.use(new ProcessGuard());
    const dataDir = await mkdtemp(join(tmpdir(), 'weir-bench-'));
    stack.defer(() => rm(dataDir, { recursive: true, force: true }));
    const binary = await findNatsBinary(cacheFolder(), (line) => progress.say(line), signal);
    const data = { dataDir: join(dataDir, 'nats'), sync: natsSync() };
    const nats = await startNats({ binary, guard, port: 0, monitorPort: 0, ...data });
    stack.defer(() => nats.close());
    const log = stack.use(await connectLog({ servers: nats.url, name: 'bench' }));
    progress.say(`nats-server ${nats.version} (${nats.source}) at ${nats.url}`);
    return new BenchMesh(options, { dataDir, guard, nats, log, stack: stack.move() });
  }

  /** A client of Kafka, which is started at the first call. */
  async kafka(): Promise<Kafka> {
    this.#kafka ??= this.#startKafka();
    const { url } = await this.#kafka;
    return new Kafka({ clientId: 'weir-bench', brokers: [url], logLevel: logLevel.NOTHING });
  }

  async brokers(): Promise<string> {
    await this.kafka();
    return (await this.#kafka)?.url ?? '';
  }

  /** `route`: as in a routes file, when it is not the built-in ones. */
  async startWorker(plan: WorkerPlan, route?: BenchRoute): Promise<BenchWorker> {
    const env: Record<string, string> = {
      ...compileCache(),
      NATS_URL: this.#nats.url,
      KAFKA_BOOTSTRAP_SERVERS: this.#kafka ? await this.brokers() : '127.0.0.1:1',
      WEIR_KAFKA_GROUP: `bench-${++this.#groups}`,
      WEIR_INSTANCE: `${plan.name}-${this.#groups}`,
      WEIR_HTTP_PORT: '0',
      WEIR_LOG_LEVEL: 'info',
      WEIR_ROUTES: route === undefined ? '' : await this.#writeRoutes(route),
      SCHEMA_REGISTRY_URL: this.#schemas?.url ?? '',
      OTEL_EXPORTER_OTLP_ENDPOINT: '',
      ...plan.env,
    };
    this.signal.throwIfAborted();
    const { runtime, profiles } = this.#options;
    const worker = new BenchWorker(plan, {
      log: this.log,
      guard: this.guard,
      runtime,
      env,
      profileDir: profiles?.folder,
    });
    this.#workers.add(worker);
    return worker;
  }

  /** From now on workers know a schema registry. */
  async serveSchemas(): Promise<void> {
    this.#schemas ??= this.#stack.use(await serveSchemas());
  }

  /** Runs one of our own modules, on Node, until it ends. */
  async run(entry: string, args: readonly string[], onLine: (line: string) => void): Promise<void> {
    const { command, args: all } = workerCommand('node', join(ROOT, entry), args);
    const tail: string[] = [];
    const keep = (line: string) => {
      onLine(line);
      if (tail.push(line) > TAIL_LINES) tail.shift();
    };
    const child = new OwnedProcess({ command, args: all, cwd: ROOT, onLine: keep });
    this.guard.watch('worker', entry, child);
    const stop = () => child.signal('SIGKILL');
    this.signal.addEventListener('abort', stop, { once: true });
    const { code } = await child.ended;
    this.signal.removeEventListener('abort', stop);
    this.signal.throwIfAborted();
    if (code !== 0) throw new Error(`Cannot go on: "${entry}" ended with "${code}"\n${tail.join('\n')}`);
  }

  /** Throws when a worker or server is no more. */
  checkAlive(): void {
    for (const worker of this.#workers) worker.checkAlive();
  }

  /** Lets the workers drain, in the order they were started, and forgets them. */
  async stopWorkers(): Promise<void> {
    const workers = [...this.#workers];
    this.#workers.clear();
    for (const worker of workers) await worker[Symbol.asyncDispose]();
  }

  /** Deletes what was stored, all of it but the streams named. Workers must be stopped. */
  async clear(...keep: readonly string[]): Promise<void> {
    const { streams } = this.log.manager;
    const names: string[] = [];
    for await (const name of streams.names()) names.push(name);
    for (const name of names) if (!keep.includes(name)) await streams.delete(name);
  }

  /** Deletes what Kafka has of these topics. Workers must be stopped. */
  async forgetTopics(topics: readonly string[]): Promise<void> {
    const admin = (await this.kafka()).admin();
    await admin.connect();
    try {
      const known = await admin.listTopics();
      await admin.deleteTopics({ topics: topics.filter((topic) => known.includes(topic)) });
      const areGone = async () => !(await admin.listTopics()).some((topic) => topics.includes(topic));
      await waitUntil(areGone, { what: 'the end of the topics', signal: this.signal, atMostMs: 30_000 });
    } finally {
      await admin.disconnect();
    }
  }

  /** For measuring: the servers beside the workers. */
  serverPids(): ReadonlyMap<'nats-server' | 'Kafka', number> {
    const pids = new Map<'nats-server' | 'Kafka', number>([['nats-server', this.#nats.pid]]);
    if (this.#kafkaPid !== undefined) pids.set('Kafka', this.#kafkaPid);
    return pids;
  }

  /** To be told of every measurement: a profile is cut to it. */
  noteMeasured(processes: Iterable<string>, before: UsageSnapshot, after: UsageSnapshot): void {
    this.#options.profiles?.note(processes, before, after);
  }

  /** Looks out for a message on one of these subjects from now on; the answer resolves when there was one. */
  lookOut(subject: string): () => Promise<void> {
    let isSeen = false;
    this.log.connection.subscribe(subject, {
      max: 1,
      callback: () => {
        isSeen = true;
      },
    });
    const what = `the first message on "${subject}"`;
    const check = () => this.checkAlive();
    return () => waitUntil(() => isSeen, { what, signal: this.signal, everyMs: 2, atMostMs: 120_000, check });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const workers = [...this.#workers];
    this.#workers.clear();
    await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()));
    await this.#stack.disposeAsync();
  }

  async #startKafka(): Promise<EmbeddedKafka> {
    const { progress, signal } = this;
    const java = await findJava();
    const jars = await findKafkaJars(cacheFolder(), (line) => progress.say(line), signal);
    const taken = new Set<number>();
    const ports = { port: await randomFreePort(taken), controllerPort: await randomFreePort(taken) };
    const kafka = await startKafka({
      java,
      jars,
      guard: this.guard,
      dataDir: join(this.dataDir, 'kafka'),
      ...ports,
    });
    this.#stack.defer(() => kafka.close());
    this.#kafkaPid = kafka.pid;
    progress.say(`Kafka ${kafka.version} (${kafka.source}) at ${kafka.url}`);
    return kafka;
  }

  async #writeRoutes(route: BenchRoute): Promise<string> {
    const file = join(this.dataDir, `routes-${route.topic}.json`);
    await writeFile(file, JSON.stringify({ routes: [route] }));
    return file;
  }
}
