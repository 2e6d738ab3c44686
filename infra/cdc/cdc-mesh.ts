/**
 * A mesh of a test's own on real change data capture: PostgreSQL with the shop's tables, Kafka Connect with Debezium that
 * the test kills, the run's Kafka, a nats-server, the bridge and the services as processes. Owns and ends all of them.
 * Does not own what is written to the tables (trade.ts) nor what must come out (recount.ts).
 */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import postgres, { type Sql } from 'postgres';
import { clientOptions } from '../../shared/config/database-address.ts';
import { ALL, PARTITIONS } from '../../shared/events/partition.ts';
import { connectLog, type JetStreamLog } from '../../shared/log/jetstream-log.ts';
import { provisionMesh, provisionService } from '../../shared/log/provision.ts';
import { withKafkaAdmin } from '../../shared/testing/kafka-admin.ts';
import { sharedServers, startTestNats } from '../../shared/testing/servers.ts';
import type { Decimals } from '../embedded/connect-config.ts';
import { findConnectJars } from '../embedded/connect-jars.ts';
import { type ConnectOptions, type EmbeddedConnect, startConnect } from '../embedded/connect-server.ts';
import { randomFreePort } from '../embedded/free-port.ts';
import { findJava } from '../embedded/kafka-jars.ts';
import { findPostgresBinaries } from '../embedded/postgres-binaries.ts';
import { startPostgres } from '../embedded/postgres-server.ts';
import { ProcessGuard } from '../embedded/process-guard.ts';
import { cacheFolder } from '../embedded/versions.ts';
import { MeshProcess, type Role } from '../faults/mesh-process.ts';
import { readHeads } from '../faults/read-back.ts';
import { until } from '../faults/until.ts';
import { makeShop, SHOP_TABLES } from './shop-schema.ts';

export interface CdcMeshOptions {
  readonly decimals: Decimals;
  readonly schemas: boolean;
  /** Of every route. */
  readonly route: Readonly<Record<string, unknown>>;
}

const KAFKA_PARTITIONS = 3;
const SERVICES = ['rfm', 'sales'] as const;
const KINDS = { 'public.orders': 'order', 'public.products': 'product', 'public.order_items': 'orderItem' } as const;

let guard: ProcessGuard | undefined;
let made = 0;

export class CdcMesh implements AsyncDisposable {
  readonly sql: Sql;
  readonly log: JetStreamLog;
  readonly kafka: Kafka;
  readonly #resources: AsyncDisposableStack;
  readonly #prefix: string;
  readonly #connectOptions: ConnectOptions;
  readonly #workers: readonly MeshProcess[];
  #connect: EmbeddedConnect | undefined;

  private constructor(
    resources: AsyncDisposableStack,
    parts: Pick<CdcMesh, 'sql' | 'log' | 'kafka'>,
    prefix: string,
    connectOptions: ConnectOptions,
    workers: readonly MeshProcess[],
  ) {
    this.sql = parts.sql;
    this.log = parts.log;
    this.kafka = parts.kafka;
    this.#resources = resources;
    this.#prefix = prefix;
    this.#connectOptions = connectOptions;
    this.#workers = workers;
  }

  /** Everything but Kafka Connect runs when it resolves: rows written before startConnect() are its snapshot. */
  static async create(options: CdcMeshOptions): Promise<CdcMesh> {
    guard ??= new ProcessGuard();
    await using stack = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), 'weir-cdc-'));
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    await chmod(folder, 0o755); // PostgreSQL may run as another user
    const prefix = `cdc-${Date.now().toString(36)}-${process.pid}-${++made}`;
    const kafka = new Kafka({ brokers: [...sharedServers().brokers], logLevel: logLevel.NOTHING });
    stack.defer(() => deleteTopics(kafka, prefix));
    const database = await startPostgres({
      binaries: await findPostgresBinaries(),
      dataDir: join(folder, 'postgres'),
      port: await randomFreePort(),
      database: 'shop',
      guard,
    });
    stack.defer(() => database.close());
    await makeShop(database.address);
    const sql = postgres({ ...clientOptions(database.address), max: 8 });
    stack.defer(() => sql.end());
    const nats = stack.use(await startTestNats());
    const log = stack.use(await connectLog({ servers: nats.url, name: 'cdc-test' }));
    await provisionMesh(log);
    for (const service of SERVICES) await provisionService(log, service);
    const routesFile = join(folder, 'routes.json');
    await writeFile(routesFile, JSON.stringify({ routes: routesOf(prefix, options.route) }));
    const workers = (['bridge', 'sales', 'rfm'] as const).map((role) =>
      startWorker(role, nats.url, routesFile, prefix),
    );
    stack.defer(() => Promise.all(workers.map((worker) => worker.kill9())).then(() => undefined));
    const connectOptions: ConnectOptions = {
      java: await findJava(),
      jars: await findConnectJars(cacheFolder(), (line) => process.stderr.write(`[test servers] ${line}\n`)),
      dataDir: join(folder, 'connect'),
      port: await randomFreePort(),
      brokers: sharedServers().brokers.join(','),
      schemas: options.schemas,
      capture: {
        database: database.address,
        topicPrefix: prefix,
        tables: SHOP_TABLES,
        decimals: options.decimals,
        slot: 'weir_cdc',
        partitions: KAFKA_PARTITIONS,
      },
      guard,
    };
    return new CdcMesh(stack.move(), { sql, log, kafka }, prefix, connectOptions, workers);
  }

  topic(table: (typeof SHOP_TABLES)[number]): string {
    return `${this.#prefix}.${table}`;
  }

  async startConnect(): Promise<void> {
    this.#connect = await startConnect(this.#connectOptions);
  }

  async killConnect(): Promise<void> {
    await this.#connect?.kill9();
  }

  /** As an operator would. */
  async stopConnect(): Promise<void> {
    await this.#connect?.close();
  }

  /** Resolves when both services have folded everything before this watermark. */
  async reach(watermark: number): Promise<void> {
    for (const service of SERVICES) {
      let seen: number | undefined;
      const what = () => `${service} reaches watermark ${watermark}, it is at ${seen}\n${this.#tails()}`;
      await until(
        what,
        async () => {
          const heads = await readHeads(this.log, service);
          seen = Math.min(...[...PARTITIONS, ALL].map((one) => heads?.get(one)?.wm ?? Number.NEGATIVE_INFINITY));
          return seen >= watermark;
        },
        120_000,
      );
    }
  }

  /** Ends the workers as an operator would; each must have drained. */
  async drain(): Promise<void> {
    const codes = await Promise.all(this.#workers.map((worker) => worker.stop()));
    if (codes.some((code) => code !== 0)) throw new Error(`Cannot drain the workers: ${codes}\n${this.#tails()}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connect?.close();
    await this.#resources[Symbol.asyncDispose]();
  }

  #tails(): string {
    return this.#workers.map(({ name, lines }) => `--- ${name}\n${lines.slice(-8).join('\n')}`).join('\n');
  }
}

function routesOf(prefix: string, route: CdcMeshOptions['route']): object[] {
  return Object.entries(KINDS).map(([table, kind]) => ({
    topic: `${prefix}.${table}`,
    decoder: 'debezium-json',
    kind,
    ...route,
  }));
}

function startWorker(role: Role, natsUrl: string, routesFile: string, group: string): MeshProcess {
  return new MeshProcess(role, role, {
    NATS_URL: natsUrl,
    KAFKA_BOOTSTRAP_SERVERS: sharedServers().brokers.join(','),
    WEIR_ROUTES: routesFile,
    WEIR_KAFKA_GROUP: group,
    WEIR_INSTANCE: role,
    WEIR_HTTP_PORT: '0',
    OTEL_EXPORTER_OTLP_ENDPOINT: '',
  });
}

async function deleteTopics(kafka: Kafka, prefix: string): Promise<void> {
  await withKafkaAdmin(kafka, async (admin) => {
    const topics = (await admin.listTopics()).filter((topic) => topic.includes(prefix));
    if (topics.length > 0) await admin.deleteTopics({ topics });
  });
}
