/** Servers and processes of the soak: a Kafka, a nats-server and a schema registry of its own, and bridges. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { SchemaRegistry } from '../../../shared/avro/schema-registry.ts';
import { connectLog, type JetStreamLog } from '../../../shared/log/jetstream-log.ts';
import { provisionMesh } from '../../../shared/log/provision.ts';
import type { MemberRecord } from '../../../shared/runtime/status.ts';
import { withKafkaAdmin } from '../../../shared/testing/kafka-admin.ts';
import { startTestKafka, startTestNats, type TestKafka, type TestNats } from '../../../shared/testing/servers.ts';
import { randomFreePort } from '../../embedded/free-port.ts';
import { MeshProcess } from '../mesh-process.ts';
import { readMembers } from '../read-members.ts';
import { until } from '../until.ts';
import { SOAK_MIRROR, SOAK_TOPICS } from './soak-topics.ts';

const CATCH_UP_MS = 120_000;

export class SoakMesh implements AsyncDisposable {
  readonly nats: TestNats;
  readonly kafka: TestKafka;
  readonly log: JetStreamLog;
  readonly routesFile: string;
  readonly #stack: AsyncDisposableStack;
  readonly #registryPort: number;
  readonly #bridges = new Map<string, MeshProcess>();
  #registry: MeshProcess | undefined;

  private constructor(
    stack: AsyncDisposableStack,
    parts: Pick<SoakMesh, 'nats' | 'kafka' | 'log' | 'routesFile'> & { readonly registryPort: number },
  ) {
    this.#stack = stack;
    this.nats = parts.nats;
    this.kafka = parts.kafka;
    this.log = parts.log;
    this.routesFile = parts.routesFile;
    this.#registryPort = parts.registryPort;
  }

  static async create(): Promise<SoakMesh> {
    await using stack = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), 'weir-soak-'));
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    const [nats, kafka] = await Promise.all([startTestNats(), startTestKafka()]);
    stack.use(nats);
    stack.use(kafka);
    const log = stack.use(await connectLog({ servers: nats.url, name: 'soak' }));
    await provisionMesh(log);
    const routesFile = join(folder, 'routes.json');
    const routes = [
      ...SOAK_TOPICS.map(({ topic, route }) => ({ topic, ...route })),
      { topic: SOAK_MIRROR, decoder: 'raw' },
    ];
    await writeFile(routesFile, JSON.stringify({ routes }));
    const registryPort = await randomFreePort(new Set());
    return new SoakMesh(stack.move(), { nats, kafka, log, routesFile, registryPort });
  }

  get registryUrl(): string {
    return `http://127.0.0.1:${this.#registryPort}`;
  }

  /** What a process of this mesh, or a tool, finds in its environment. */
  env(instance: string): Record<string, string> {
    return {
      NATS_URL: this.nats.url,
      KAFKA_BOOTSTRAP_SERVERS: this.kafka.brokers.join(','),
      SCHEMA_REGISTRY_URL: this.registryUrl,
      WEIR_SCHEMA_REGISTRY_PORT: String(this.#registryPort),
      WEIR_ROUTES: this.routesFile,
      WEIR_KAFKA_GROUP: 'soak',
      WEIR_INSTANCE: instance,
      WEIR_HTTP_PORT: '0',
      WEIR_LOG_LEVEL: 'info',
      OTEL_EXPORTER_OTLP_ENDPOINT: '',
    };
  }

  startRegistry(): void {
    this.#registry = new MeshProcess('schema-registry', 'registry', this.env('registry'));
  }

  async killRegistry(): Promise<void> {
    await this.#registry?.kill9();
  }

  /** Registers the schemas of all topics; by topic their ids. */
  async registerSchemas(): Promise<Map<string, number>> {
    const registry = new SchemaRegistry({ urls: this.registryUrl });
    const ids = new Map<string, number>();
    for (const { topic, schema } of SOAK_TOPICS)
      if (schema)
        ids.set(
          topic,
          await until(`the registry takes the schema of ${topic}`, () =>
            registry.register(schema.subject, JSON.parse(schema.text)).catch(() => undefined),
          ),
        );
    return ids;
  }

  startBridge(name: string): void {
    this.#bridges.set(name, new MeshProcess('bridge', name, this.env(name)));
  }

  async killBridge(name: string): Promise<void> {
    await this.#bridges.get(name)?.kill9();
    this.#bridges.delete(name);
  }

  /** As an operator would; it must have drained. */
  async stopBridge(name: string): Promise<void> {
    const bridge = this.#bridges.get(name);
    this.#bridges.delete(name);
    const code = await bridge?.stop();
    if (code !== 0) throw new Error(`Not drained: ${name}\n${bridge?.lines.slice(-20).join('\n')}`);
  }

  /** What `npm run bridge -- verify` says of everything. */
  async verify(): Promise<{ readonly code: number | null; readonly text: string }> {
    const tool = new MeshProcess('verify', 'verify', this.env('verify'));
    return { code: await tool.end(), text: tool.lines.join('\n') };
  }

  /** Every member that runs. */
  members(): Promise<MemberRecord[]> {
    return readMembers(this.log);
  }

  /** Up to which offset each Kafka partition (`topic/partition`) is settled, as the running bridges say. */
  async settled(): Promise<Map<string, number>> {
    const offsets = new Map<string, number>();
    for (const { bridge = [] } of await this.members())
      for (const { topic, partition, offset } of bridge)
        if (offset !== undefined) offsets.set(`${topic}/${partition}`, offset);
    return offsets;
  }

  /** Resolves when every Kafka partition is settled up to its end as of now. */
  async catchUp(what: string): Promise<void> {
    // A broker that has just started is not the leader of everything yet.
    const ends = await until(`${what}: Kafka tells its ends`, () => this.#ends().catch(() => undefined));
    let behind = '';
    await until(
      () => `${what}: all is settled; behind are ${behind}\n${this.tails()}`,
      async () => {
        const settled = await this.settled().catch(() => new Map<string, number>());
        const open = [...ends].filter(([partition, end]) => (settled.get(partition) ?? -1) < end - 1);
        behind = open.map(([partition, end]) => `${partition} (${settled.get(partition)} of ${end})`).join(', ');
        return open.length === 0;
      },
      CATCH_UP_MS,
    );
  }

  /** The next offset of each Kafka partition. */
  async #ends(): Promise<Map<string, number>> {
    const ends = new Map<string, number>();
    const topics = [...SOAK_TOPICS.map(({ topic }) => topic), SOAK_MIRROR];
    const kafka = new Kafka({ brokers: [...this.kafka.brokers], logLevel: logLevel.NOTHING, retry: { retries: 50 } });
    await withKafkaAdmin(kafka, async (admin) => {
      for (const topic of topics)
        for (const { partition, high } of await admin.fetchTopicOffsets(topic))
          ends.set(`${topic}/${partition}`, Number(high));
    });
    return ends;
  }

  tails(): string {
    return [...this.#bridges.values()]
      .map(({ name, lines }) => `--- ${name}\n${lines.slice(-10).join('\n')}`)
      .join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#bridges.values()].map((bridge) => bridge.kill9()));
    await this.killRegistry();
    await this.#stack.disposeAsync();
  }
}
