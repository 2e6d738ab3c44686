/**
 * A whole mesh of a test's own: a nats-server, a topic on the run's Kafka, and processes that the test kills.
 * Owns all of them and ends them. Does not own what goes in (order-load.ts) and what must come out (straight-fold.ts).
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ALL, PARTITIONS } from '../../shared/events/partition.ts';
import type { Progress } from '../../shared/log/frame.ts';
import { connectLog, type JetStreamLog } from '../../shared/log/jetstream-log.ts';
import { bucketStream, EVENTS, keySubject, LEASES, progressSubject } from '../../shared/log/names.ts';
import { provisionMesh, provisionService } from '../../shared/log/provision.ts';
import type { MemberRecord } from '../../shared/runtime/status.ts';
import { entryText, isDeleteMarker } from '../../shared/store/entry.ts';
import { sharedServers, startTestNats, type TestNats } from '../../shared/testing/servers.ts';
import { KafkaTopic } from './kafka-topic.ts';
import { MeshProcess, type Role, type ServiceName } from './mesh-process.ts';
import { readHeads } from './read-back.ts';
import { readMembers } from './read-members.ts';
import { until } from './until.ts';

export interface MeshOptions {
  readonly label: string;
  readonly kafkaPartitions: number;
  readonly topicSettings?: Readonly<Record<string, string>>;
  /** Of the topic's route, as a routes file has it; beside `topic`. */
  readonly route: Readonly<Record<string, unknown>>;
  /** Whose stores and logs are made. */
  readonly services?: readonly ServiceName[];
}

export const SERVICES = ['rfm', 'sales'] as const satisfies readonly ServiceName[];

export class TestMesh implements AsyncDisposable {
  readonly nats: TestNats;
  readonly log: JetStreamLog;
  readonly topic: KafkaTopic;
  readonly services: readonly ServiceName[];
  readonly #resources: AsyncDisposableStack;
  readonly #folder: string;
  readonly #processes = new Set<MeshProcess>();
  #groups = 0;

  private constructor(
    resources: AsyncDisposableStack,
    folder: string,
    parts: Pick<TestMesh, 'nats' | 'log' | 'topic' | 'services'>,
  ) {
    this.#resources = resources;
    this.#folder = folder;
    this.nats = parts.nats;
    this.log = parts.log;
    this.topic = parts.topic;
    this.services = parts.services;
  }

  static async create({
    label,
    kafkaPartitions,
    topicSettings,
    route,
    services = SERVICES,
  }: MeshOptions): Promise<TestMesh> {
    await using stack = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), 'weir-mesh-'));
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    const nats = stack.use(await startTestNats());
    const topic = stack.use(await KafkaTopic.create(label, kafkaPartitions, topicSettings));
    const log = stack.use(await connectLog({ servers: nats.url, name: 'mesh-test' }));
    await provisionMesh(log);
    for (const service of services) await provisionService(log, service);
    await writeFile(join(folder, 'routes.json'), JSON.stringify({ routes: [{ topic: topic.name, ...route }] }));
    return new TestMesh(stack.move(), folder, { nats, log, topic, services });
  }

  /** A Kafka group that was never used, so that nobody waits until Kafka has given up on a killed bridge. */
  newGroup(): string {
    return `${this.topic.name}-${++this.#groups}`;
  }

  /** `env`: what only this role reads, or instead of what all get. */
  start(role: Role, name: string, group?: string, env?: Readonly<Record<string, string>>): MeshProcess {
    const started = new MeshProcess(role, name, {
      NATS_URL: this.nats.url,
      KAFKA_BOOTSTRAP_SERVERS: sharedServers().brokers.join(','),
      WEIR_ROUTES: join(this.#folder, 'routes.json'),
      WEIR_KAFKA_GROUP: group ?? this.newGroup(),
      WEIR_INSTANCE: name,
      WEIR_HTTP_PORT: '0',
      WEIR_LOG_LEVEL: 'debug',
      OTEL_EXPORTER_OTLP_ENDPOINT: '',
      ...env,
    });
    this.#processes.add(started);
    return started;
  }

  async restartNats(): Promise<void> {
    await this.nats.kill9();
    await this.nats.restart();
  }

  /** The lowest watermark that a service's partitions have committed, its second stage among them. */
  async watermark(service: string): Promise<number | undefined> {
    const heads = await readHeads(this.log, service);
    if (!heads) return undefined;
    const watermarks = [...PARTITIONS, ALL].map((partition) => heads.get(partition)?.wm ?? Number.NEGATIVE_INFINITY);
    return Math.min(...watermarks);
  }

  /** Resolves when the services have folded everything before this watermark, and every window up to it is closed. */
  async reach(watermark: number, patienceMs?: number): Promise<void> {
    for (const service of this.services) {
      let seen: number | undefined;
      const what = () => `${service} reaches watermark ${watermark}, it is at ${seen}\n${this.#tails()}`;
      await until(
        what,
        async () => {
          seen = await this.watermark(service);
          return seen !== undefined && seen >= watermark;
        },
        patienceMs,
      );
    }
  }

  /** What the bridge said last of each Kafka partition; undefined while the log is away. */
  async progress(): Promise<Progress[] | undefined> {
    try {
      const last = await this.log.lastOfEach(EVENTS, [progressSubject(this.topic.name, '*')]);
      return last.map((message) => JSON.parse(entryText(message)) as Progress);
    } catch {
      return undefined;
    }
  }

  members(): Promise<MemberRecord[]> {
    return readMembers(this.log);
  }

  /** Who says that it runs each partition of a service, and who holds its lease. */
  async owners(
    service: string,
  ): Promise<Map<string, { readonly running: string[]; readonly lease: string | undefined }>> {
    const members = await this.members();
    const leases = await this.log.lastOfEach(bucketStream(LEASES), [keySubject(LEASES, `${service}.*`)]);
    const leaseOf = (partition: string) => {
      const lease = leases.find(({ subject }) => subject.endsWith(`.${partition}`));
      return lease && !isDeleteMarker(lease) ? (JSON.parse(entryText(lease)) as { owner: string }).owner : undefined;
    };
    const runs = ({ stages = [] }: MemberRecord, partition: string) =>
      stages.some((stage) => stage.service === service && stage.partition === partition && stage.state === 'running');
    return new Map(
      [...PARTITIONS, ALL].map((partition) => {
        const running = members.filter((member) => runs(member, partition)).map(({ instance }) => instance);
        return [partition, { running, lease: leaseOf(partition) }];
      }),
    );
  }

  /** Resolves when every partition of a service has exactly one owner and each of these instances, and no other, owns some. */
  async settle(service: string, instances: readonly string[]): Promise<void> {
    let seen = '';
    await until(
      () => `${service} is settled on ${instances.join(', ')}; it is ${seen}\n${this.#tails()}`,
      async () => {
        const owners = await this.owners(service);
        seen = JSON.stringify([...owners]);
        const isSingle = [...owners.values()].every(
          ({ running, lease }) => running.length === 1 && running[0] === lease,
        );
        const owning = new Set([...owners.values()].flatMap(({ running }) => running));
        return isSingle && [...owning].sort().join() === [...instances].sort().join();
      },
    );
  }

  /** Ends every process that runs as an operator would; each must have drained. */
  async stop(): Promise<void> {
    const running = [...this.#processes].filter((process) => process.running);
    const codes = await Promise.all(running.map((process) => process.stop()));
    const failed = running.filter((_, at) => codes[at] !== 0);
    if (failed.length > 0)
      throw new Error(`Not drained: ${failed.map(({ name }) => name).join(', ')}\n${this.#tails(failed)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#processes].map((process) => process.kill9()));
    await this.#resources[Symbol.asyncDispose]();
  }

  #tails(processes: Iterable<MeshProcess> = this.#processes): string {
    return [...processes].map(({ name, lines }) => `--- ${name}\n${lines.slice(-8).join('\n')}`).join('\n');
  }
}
