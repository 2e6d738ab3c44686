/** A gateway on the memory log, with one of everything in its stores: what the unit tests ask questions of. */
import { DEFAULT_ROUTES } from '../../shared/config/routes.ts';
import type { DemoRecord } from '../../shared/demo/demo-record.ts';
import { encodeId } from '../../shared/events/id.ts';
import { PARTITIONS, partitionName, partitionOf } from '../../shared/events/partition.ts';
import { compactTime, formatTime } from '../../shared/event-time/time-text.ts';
import type { RedriveResult } from '../../shared/dead-letters/redrive.ts';
import type { Log } from '../../shared/log/log.ts';
import { MemoryLog } from '../../shared/log/memory-log.ts';
import { keySubject, MEMBERS } from '../../shared/log/names.ts';
import type { BridgeStatus, MemberRecord, StageStatus } from '../../shared/runtime/status.ts';
import { createLogger } from '../../shared/telemetry/logger.ts';
import { createMetrics } from '../../shared/telemetry/metrics.ts';
import type { RedriveChoice } from './dead-letters/redriver.ts';
import { createGateway } from './gateway.ts';
import { LiveStreams } from './stream/live-streams.ts';
import { DEFAULT_STREAM_SETTINGS, type StreamSettings } from './stream/stream-settings.ts';
import type { Peer } from './http/client-address.ts';
import type { HttpPolicy } from './http/policy.ts';
import { openViews } from './views/views.ts';

export const NOON = Date.UTC(2024, 5, 1, 12);
export const HOUR_MS = 3_600_000;
const SLIDE_MS = 300_000;

export interface Stores {
  put(bucket: string, key: string, value: unknown): Promise<void>;
}

export interface Fixture extends Stores, AsyncDisposable {
  readonly log: Log;
  readonly lines: string[];
  readonly metrics: ReturnType<typeof createMetrics>;
  readonly streams: LiveStreams;
  connected: boolean;
  /** Demo records that were sent to Kafka. */
  readonly demo: DemoRecord[];
  /** Sending them fails with this. */
  demoError?: Error;
  /** Redrives that were asked for. */
  readonly redrives: RedriveChoice[];
  /** They fail with this. */
  redriveError?: Error;
  /** Letters that they keep. */
  readonly kept: Set<number>;
  /** `peer`: the other end of the connection. */
  get(path: string, init?: RequestInit, peer?: Peer): Promise<Response>;
  /** Waits until a path answers 200. */
  until200(path: string): Promise<void>;
}

export async function openFixture(
  log: Log = new MemoryLog().client(),
  policy?: HttpPolicy,
  streaming: Partial<StreamSettings> = {},
): Promise<Fixture> {
  const lines: string[] = [];
  const logger = createLogger('gateway', 'debug', (line) => lines.push(line));
  const metrics = createMetrics({ component: 'gateway', instance: 'gateway-1' });
  const views = openViews({ log, logger, retryMs: 1 });
  const streams = new LiveStreams({ log, logger, metrics, settings: { ...DEFAULT_STREAM_SETTINGS, ...streaming } });
  const sendDemo = async (records: readonly DemoRecord[]) => {
    if (fixture.demoError) throw fixture.demoError;
    fixture.demo.push(...records);
  };
  const redrive = async (choice: RedriveChoice) => {
    if (fixture.redriveError) throw fixture.redriveError;
    fixture.redrives.push(choice);
    return choice.seqs.map((seq) => redriven(seq, choice, fixture.kept.has(seq)));
  };
  const kafka = { sendDemo, redrive };
  const routes = async () => DEFAULT_ROUTES;
  const connected = () => fixture.connected;
  const app = createGateway(
    { log, ...views, streams, ...kafka, routes, connected, logger, metrics, now: () => NOON },
    policy,
  );
  const fixture: Fixture = {
    log,
    lines,
    metrics,
    connected: true,
    demo: [],
    redrives: [],
    kept: new Set(),
    get: async (path, init, peer) => app.request(path, init, peer),
    async put(bucket, key, value) {
      await log.append(keySubject(bucket, key), JSON.stringify(value));
    },
    async until200(path) {
      while ((await app.request(path)).status !== 200) await new Promise((resolve) => setImmediate(resolve));
    },
    streams,
    [Symbol.asyncDispose]: async () => {
      await streams[Symbol.asyncDispose]();
      await views[Symbol.asyncDispose]();
    },
  };
  return fixture;
}

/** What a redrive says of a letter. */
function redriven(seq: number, { dryRun }: RedriveChoice, isKept: boolean): RedriveResult {
  const of = { seq, subject: 'dlq.orders.bad-amount', from: { topic: 'orders', partition: 2, offset: 4711 } };
  if (isKept) return { ...of, status: 'kept', why: 'it would be a dead letter again (bad-amount)' };
  const to = { topic: 'orders', partition: 2 };
  const outlook = { outcome: 'counted', lines: ['{"kind":"order","id":"1007"}'] };
  return { ...of, to, status: dryRun ? 'would-send' : 'sent', outlook };
}

/** 20 final and 3 live windows, 5 final hours and a live one, customer 42, the summary, and three members. */
export async function fillStores(fixture: Stores): Promise<void> {
  for (let n = 0; n < 23; n++) {
    const start = NOON - n * SLIDE_MS;
    await fixture.put('sales', `all.window.1h.${compactTime(start)}`, salesWindow(start, n >= 3));
  }
  for (let n = 0; n < 6; n++) {
    const start = NOON - n * HOUR_MS;
    await fixture.put('sales', `all.hourly.${compactTime(start)}`, hourlySales(start, n >= 1));
  }
  await putCustomer(fixture, '42');
  await fixture.put('rfm', 'all.summary', {
    segments: { VIP: { customers: 1, monetary_value: '812.50' }, New: { customers: 0, monetary_value: '0.00' } },
    customers: 1,
    as_of: formatTime(NOON),
  });
  await fixture.put(
    MEMBERS,
    'bridge-1',
    member('bridge-1', { kind: 'bridge', services: [], bridge: [bridgeStatus()] }),
  );
  for (const service of ['sales', 'rfm']) {
    const stages = PARTITIONS.map((partition) => stageStatus(service, partition));
    await fixture.put(MEMBERS, `${service}-1`, member(`${service}-1`, { services: [service], stages }));
  }
}

export async function putCustomer(fixture: Stores, id: string, segment = 'VIP'): Promise<void> {
  const partition = partitionName(partitionOf(id));
  await fixture.put('rfm', `${partition}.customer.${encodeId(id)}`, {
    customer_id: id,
    segment,
    recency_days: 3,
    frequency: 7,
    monetary_value: '812.50',
    first_order: '2024-01-05T10:00:00Z',
    last_order: '2024-06-01T09:30:00Z',
  });
  await putCustomerHours(fixture, id);
}

export async function putCustomerHours(fixture: Stores, id: string): Promise<void> {
  const partition = partitionName(partitionOf(id));
  for (const start of [NOON - 2 * HOUR_MS, NOON]) {
    await fixture.put('sales', `${partition}.customer-hour.${encodeId(id)}.${compactTime(start)}`, {
      customer_id: id,
      window_start: formatTime(start),
      orders: 3,
      total_spent: '450.75',
      final: start < NOON,
    });
  }
}

export function salesWindow(start: number, final = true): Record<string, unknown> {
  return {
    window_start: formatTime(start),
    window_end: formatTime(start + HOUR_MS),
    revenue: '1250.50',
    order_count: 4,
    avg_order_value: '312.63',
    unique_customers: 3,
    revision: 0,
    final,
  };
}

export function hourlySales(start: number, final = true): Record<string, unknown> {
  return {
    window_start: formatTime(start),
    window_end: formatTime(start + HOUR_MS),
    total_sales: '1250.50',
    average_order_value: '312.63',
    order_count: 4,
    revision: 0,
    final,
  };
}

export function member(instance: string, over: Partial<MemberRecord> = {}): MemberRecord {
  return {
    instance,
    kind: 'worker',
    services: [],
    pid: 7,
    runtime: 'node 24.21.0',
    startedAt: '2024-06-01T11:00:00Z',
    health: 'http://127.0.0.1:1',
    ready: true,
    alarms: [],
    rssBytes: 80_000_000,
    ...over,
  };
}

export function stageStatus(service: string, partition: string, over: Partial<StageStatus> = {}): StageStatus {
  return {
    service,
    partition,
    state: 'running',
    epoch: 1,
    position: 100,
    watermark: NOON,
    lagFrames: 1,
    lagSeconds: 0.5,
    events: 10,
    commits: 5,
    late: 0,
    dirtyKeys: 0,
    applied: 5,
    ...over,
  };
}

export function bridgeStatus(over: Partial<BridgeStatus> = {}): BridgeStatus {
  return {
    topic: 'dbserver1.public.orders',
    partition: 0,
    state: 'running',
    offset: 99,
    highWatermark: 110,
    lagRecords: 10,
    lagSeconds: 1.5,
    stalledSeconds: 0,
    watermark: NOON,
    idle: false,
    counts: { events: 99, dead: 1 },
    ...over,
  };
}
