/**
 * Row `latency`: from Kafka to a customer's value on its way into KV (or, with a sink, to the store that shows it: sinks.ts), order by
 * order, at a steady rate.
 * Kafka's ack ends the append; counted from the ack a latency may be below what the order took, never above.
 */
import { availableParallelism } from 'node:os';
import { keySubject } from '../../../shared/log/names.ts';
import type { BenchMesh } from '../bench-mesh.ts';
import type { BenchWorker, WorkerPlan } from '../bench-worker.ts';
import { LATENCY_MS } from '../budgets.ts';
import { makeTopic } from '../kafka-topic.ts';
import { clockMs, type Sent } from '../latency-load.ts';
import { latencyFigures } from '../percentiles.ts';
import { otherLoad, takeUsage } from '../process-usage.ts';
import type { LatencyResult, Result } from '../result.ts';
import { waitUntil } from '../wait-until.ts';
import { BRIDGE, pidOf } from './bridge-run.ts';
import { stageWorker, untilRunning } from './stage-workers.ts';

export interface LatencyOptions {
  readonly perSecond: number;
  readonly seconds: number;
}

/** What looks for the orders at the end of their way. */
export interface Followed {
  /** When each customer was first seen, ms since the epoch. */
  readonly seen: ReadonlyMap<number, number>;
  /** Only these are looked for. */
  isWanted(customer: number): boolean;
  sent(one: Sent): void;
  end(): Promise<void>;
}

export interface LatencyPath {
  /** Services, by process. */
  readonly groups: readonly (readonly string[])[];
  readonly others: readonly WorkerPlan[];
  /** Where the orders' customers are looked for. */
  readonly to: string;
  readonly budget: LatencyResult['budget'];
  follow(): Followed;
}

/** Sent first and not counted: the code is not compiled yet. */
const WARM_UP_S = 5;
const GIVE_UP_MS = 15_000;

export async function benchLatency(mesh: BenchMesh, options: LatencyOptions): Promise<Result[]> {
  const toKv = { others: [], to: 'KV', budget: LATENCY_MS, follow: () => followBucket(mesh) };
  return [
    await runLatency(mesh, options, { ...toKv, groups: [['sales'], ['rfm']] }),
    await runLatency(mesh, options, { ...toKv, groups: [['sales', 'rfm']] }),
  ];
}

export async function runLatency(
  mesh: BenchMesh,
  { perSecond, seconds }: LatencyOptions,
  { groups, others, to, budget, follow }: LatencyPath,
): Promise<Result> {
  const names = ['bridge', ...groups.map((services) => services.join('+')), ...others.map(({ name }) => name)];
  await mesh.clear();
  const topic = `bench.latency.${names.join('.').replaceAll('+', '-')}.${Date.now()}`;
  const route = { topic, decoder: 'debezium-json' };
  await makeTopic(await mesh.kafka(), topic);
  const workers = [];
  for (const services of groups)
    workers.push({ services, worker: await mesh.startWorker(stageWorker(services), route) });
  const stages = await untilRunning(mesh, workers);
  const bridge = await mesh.startWorker(BRIDGE, route);
  const further = new Map<string, number>();
  for (const plan of others) further.set(plan.name, await pidOf(mesh, await mesh.startWorker(plan)));
  const pids = new Map<string, number>([
    ...stages,
    ...mesh.serverPids(),
    ['bridge', await pidOf(mesh, bridge)],
    ...further,
    ['bench', process.pid],
  ]);
  await untilBridging(mesh, bridge);
  const followed = follow();
  const before = takeUsage(pids);
  const sent = await sendOrders(mesh, topic, { perSecond, seconds: WARM_UP_S + seconds }, followed);
  const total = customersOf(sent).filter((customer) => followed.isWanted(customer)).length;
  const what = `the last orders to be seen in ${to}`;
  await waitUntil(() => followed.seen.size >= total, { what, signal: mesh.signal, atMostMs: GIVE_UP_MS }).catch(
    (error) => {
      mesh.signal.throwIfAborted();
      mesh.progress.say(error instanceof Error ? error.message : String(error));
    },
  );
  const loadUs = Math.max(0, ...sent.map(({ cpuUs }) => cpuUs));
  await followed.end();
  const otherWork = otherLoad(before, takeUsage(pids), availableParallelism(), loadUs);
  mesh.noteMeasured(names, before, takeUsage(pids));
  await mesh.stopWorkers();
  const row = `latency: ${names.join(', ')}`;
  const result = { ...compare(sent, followed), kind: 'latency' as const, row, perSecond, to, budget };
  return otherWork === undefined ? result : { ...result, otherLoad: otherWork };
}

async function untilBridging(mesh: BenchMesh, bridge: BenchWorker): Promise<void> {
  const isBridging = async () => {
    const partitions = (await bridge.ask())?.bridge ?? [];
    return partitions.length > 0 && partitions.every(({ state }) => state === 'running');
  };
  await waitUntil(isBridging, { what: 'the bridge', signal: mesh.signal, check: () => mesh.checkAlive() });
}

/** What the service puts into its bucket is told to everybody who listens. */
function followBucket(mesh: BenchMesh): Followed {
  const seen = new Map<number, number>();
  const listening = mesh.log.connection.subscribe(keySubject('rfm', '*.customer.*'), {
    callback: (_error, { subject }) => {
      const customer = Number(subject.slice(subject.lastIndexOf('.') + 1));
      if (!seen.has(customer)) seen.set(customer, clockMs());
    },
  });
  return {
    seen,
    isWanted: () => true,
    sent: () => undefined,
    end: async () => listening.unsubscribe(),
  };
}

async function sendOrders(
  mesh: BenchMesh,
  topic: string,
  { perSecond, seconds }: LatencyOptions,
  followed: Followed,
): Promise<Sent[]> {
  const sent: Sent[] = [];
  const startedMs = performance.now();
  let count = 0;
  await mesh.run('infra/bench/latency-load.ts', [await mesh.brokers(), topic, `${perSecond}`, `${seconds}`], (line) => {
    const one = JSON.parse(line) as Sent;
    sent.push(one);
    followed.sent(one);
    count += one.count;
    mesh.progress.show('latency', count, perSecond * seconds, startedMs);
  });
  return sent;
}

function customersOf(sent: readonly Sent[]): number[] {
  return sent.flatMap(({ first, count }) => Array.from({ length: count }, (_, at) => first + at));
}

function compare(sent: readonly Sent[], { seen, isWanted }: Followed) {
  const counted = sent
    .toSorted((a, b) => a.first - b.first)
    .filter(({ sentMs }, _, [first]) => {
      return first !== undefined && sentMs >= first.sentMs + WARM_UP_S * 1000;
    });
  const orders = counted.flatMap((one) =>
    customersOf([one])
      .filter(isWanted)
      .map((customer) => ({ sentMs: one.sentMs, ackedMs: one.ackedMs, seenMs: seen.get(customer) })),
  );
  const found = orders.flatMap(({ sentMs, ackedMs, seenMs }) =>
    seenMs === undefined ? [] : { sentMs, ackedMs, seenMs },
  );
  return {
    events: orders.length,
    missing: orders.length - found.length,
    fromAckMs: latencyFigures(found.map(({ seenMs, ackedMs }) => Math.max(0, seenMs - ackedMs))),
    fromSendMs: latencyFigures(found.map(({ seenMs, sentMs }) => seenMs - sentMs)),
  };
}
