/** An egress on a real Kafka and a real nats-server, with topics of its own, for the tests of this folder. */
import { randomUUID } from 'node:crypto';
import { type Kafka, Kafka as KafkaClient, logLevel } from 'kafkajs';
import { connectLog, type JetStreamLog } from '../../shared/log/jetstream-log.ts';
import { logStream, logSubject } from '../../shared/log/names.ts';
import { provisionMesh, provisionService } from '../../shared/log/provision.ts';
import type { KafkaRecord } from '../../shared/kafka/record.ts';
import { createLogger } from '../../shared/telemetry/logger.ts';
import { sharedServers, startTestNats, type TestNats } from '../../shared/testing/servers.ts';
import { type EgressOptions, EgressRunner } from './egress-runner.ts';
import { parsePosition } from './position.ts';
import { readBack } from './read-back.ts';
import type { EgressSettings } from './settings.ts';

export class EgressBench implements AsyncDisposable {
  readonly nats: TestNats;
  readonly log: JetStreamLog;
  readonly kafka: Kafka;
  readonly group = `test-${randomUUID().slice(0, 8)}`;
  readonly settings: EgressSettings;
  readonly brokers: readonly string[];

  private constructor(nats: TestNats, log: JetStreamLog, brokers: readonly string[], services: readonly string[]) {
    this.nats = nats;
    this.log = log;
    this.brokers = brokers;
    this.kafka = new KafkaClient({ clientId: 'egress-test', brokers: [...brokers], logLevel: logLevel.NOTHING });
    this.settings = {
      services,
      topics: {
        analytics: `${this.group}.analytics`,
        aggregations: `${this.group}.aggregations`,
        anomalies: `${this.group}.anomalies`,
        positions: `${this.group}.positions`,
      },
      holdMs: 3_600_000,
      stallMs: 60_000,
    };
  }

  /** `brokers`: of a Kafka of the test's own; the shared one by default. */
  static async start(
    brokers: readonly string[] = sharedServers().brokers,
    services: readonly string[] = ['sales'],
  ): Promise<EgressBench> {
    const nats = await startTestNats();
    const log = await connectLog({ servers: nats.url, name: 'egress-test' });
    await provisionMesh(log);
    for (const service of services) await provisionService(log, service);
    return new EgressBench(nats, log, brokers, services);
  }

  runner(changes: Partial<EgressOptions> = {}): EgressRunner {
    const { log, kafka, group, settings } = this;
    const logger = createLogger('egress', 'error');
    return new EgressRunner({ log, kafka, logger, settings, group, service: 'sales', ...changes });
  }

  /** What a process of its own needs to be an egress of this bench. */
  environment(): NodeJS.ProcessEnv {
    const { analytics, aggregations, anomalies, positions } = this.settings.topics;
    return {
      ...process.env,
      NODE_OPTIONS: '--disable-warning=TimeoutNegativeWarning',
      NATS_URL: this.nats.url,
      KAFKA_BOOTSTRAP_SERVERS: this.brokers.join(','),
      WEIR_KAFKA_GROUP: this.group,
      WEIR_LOG_LEVEL: 'error',
      WEIR_EGRESS_SERVICES: this.settings.services.join(','),
      WEIR_EGRESS_TOPIC_ANALYTICS: analytics,
      WEIR_EGRESS_TOPIC_AGGREGATIONS: aggregations,
      WEIR_EGRESS_TOPIC_ANOMALIES: anomalies,
      WEIR_EGRESS_TOPIC_POSITIONS: positions,
    };
  }

  /** A commit of `sales p00` in which these customers' hours became final; returns its sequence. */
  async commit(n: number, ...customers: string[]): Promise<number> {
    return this.append(finalHours(n, customers));
  }

  async append(commit: string): Promise<number> {
    const appended = await this.log.append(logSubject('sales', 'p00'), commit);
    if (appended.kind !== 'stored') throw new Error('Cannot append a commit');
    return appended.seq;
  }

  async remakeLog(): Promise<void> {
    await this.log.manager.streams.delete(logStream('sales'));
    await provisionService(this.log, 'sales');
  }

  /** All committed records of a topic; or all that are there. */
  async records(topic: string, uncommitted = false): Promise<KafkaRecord[]> {
    const found: KafkaRecord[] = [];
    const { signal } = new AbortController();
    await readBack({ kafka: this.kafka, topic, from: () => 0, signal, uncommitted }, (record) => found.push(record));
    return found;
  }

  /** Customer ids in `analytics`, in the order of each partition. */
  async customers(uncommitted = false): Promise<string[]> {
    return (await this.#stats(uncommitted)).map(({ customer_id }) => String(customer_id));
  }

  /** What `orders` was of each customer, in the order of Kafka. */
  async ordersByCustomer(): Promise<Record<string, number[]>> {
    const found: Record<string, number[]> = {};
    for (const { customer_id, orders } of await this.#stats(false)) {
      const customer = String(customer_id);
      found[customer] = [...(found[customer] ?? []), orders];
    }
    return found;
  }

  /** The committed position. */
  async position(): Promise<number> {
    const records = await this.records(this.settings.topics.positions);
    return parsePosition(String(records.at(-1)?.value)).seq;
  }

  async #stats(uncommitted: boolean): Promise<{ customer_id: unknown; orders: number }[]> {
    const records = await this.records(this.settings.topics.analytics, uncommitted);
    return records.map(({ value }) => JSON.parse(String(value)) as { customer_id: unknown; orders: number });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.log[Symbol.asyncDispose]();
    await this.nats[Symbol.asyncDispose]();
  }
}

export function finalHours(n: number, customers: readonly string[], orders = 1): string {
  const head = JSON.stringify({ pos: n, wm: Date.parse('2024-06-01T01:00:00Z'), epoch: 1, n, emits: 0, late: 0 });
  return [head, ...customers.map((customer) => finalHour(customer, orders))].join('\n');
}

function finalHour(customer: string, orders: number): string {
  const value = {
    customer_id: customer,
    window_start: '2024-06-01T00:00:00Z',
    orders,
    total_spent: '12.50',
    final: true,
  };
  return JSON.stringify({ put: `customer-hour.${customer}.20240601T000000Z`, v: { ...value, panes: { 0: orders } } });
}

export async function until(what: string, isSo: () => boolean | Promise<boolean>, ms = 60_000): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`Waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
